// SPDX-License-Identifier: GPL-2.0
/*
 * PAGEMAP_SCAN protects a THP and a hole, whose markers take page tables, while each
 * of its allocations fails once. What it says it has found it has protected, and the
 * next scan finds the rest: no page is found twice, none never.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"

#define HOLES		2	/* THPs of them */
#define THPS		(1 + HOLES)
#define SIZE		(THPS * thp_size())

/* More than the allocations of a scan. */
#define MOST_NTHS	50

static int pagemap;

/* Pages that were found written, and are protected since; -1: errno. */
static long scan(const struct region *r, unsigned long *walk_end)
{
	struct page_region found[4];
	struct pm_scan_arg arg = {
		.size = sizeof(arg),
		.flags = PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC,
		.start = (uintptr_t)r->base,
		.end = (uintptr_t)r->base + SIZE,
		.vec = (uintptr_t)found,
		.vec_len = sizeof(found) / sizeof(found[0]),
		.category_mask = PAGE_IS_WRITTEN,
		.return_mask = PAGE_IS_WRITTEN,
	};
	int ranges = ioctl(pagemap, PAGEMAP_SCAN, &arg);
	long pages = 0;

	for (int i = 0; i < ranges; i++)
		pages += (found[i].end - found[i].start) / page_size();
	*walk_end = arg.walk_end;
	return ranges < 0 ? -1 : pages;
}

/* Whether an allocation did fail. */
static bool scan_and_fail(unsigned int nth)
{
	struct region r = region_reserve(THPS);
	int uffd = uffd_open(UFFD_FEATURE_WP_ASYNC);
	unsigned long walk_end, end;
	long first, then;
	bool failed;
	int error;

	if (uffd < 0)
		fatal("userfaultfd");
	region_map(&r, 0, THPS);
	memset(r.base, 1, thp_size());
	uffd_register(uffd, r.base, SIZE, UFFDIO_REGISTER_MODE_WP);

	fail_nth(nth);
	first = scan(&r, &walk_end);
	error = errno;
	failed = fail_nth_end();
	report_prefix_push(failed ? "a failure" : "none");
	if (first < 0)
		report(failed && error == ENOMEM, "ENOMEM");
	else if (first < (long)(SIZE / page_size()))
		report(failed && walk_end == (uintptr_t)r.base + first * page_size(),
		       "walk_end is where it ended");
	then = scan(&r, &end);
	if (!report(then >= 0 && (first < 0 ? 0 : first) + then == (long)(SIZE / page_size()),
		    "each page is found once"))
		report_note("allocation %u: %ld pages, then %ld, of %zu", nth, first, then,
			    SIZE / page_size());
	report(scan(&r, &end) == 0, "none was written since");
	report_prefix_pop();
	close(uffd);
	munmap(r.base, SIZE);
	return failed;
}

static void each_allocation_fails(void)
{
	unsigned int nth = 1;

	pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		fatal("pagemap");
	while (nth < MOST_NTHS && scan_and_fail(nth))
		nth++;
	report(nth > HOLES && nth < MOST_NTHS, "the tables of the holes were among them");
	report_note("%u allocations", nth - 1);
}

TEST("pagemap-scan-hole")
{
	const char *missing = fail_missing();

	if (!missing)
		missing = uffd_protect_missing();
	if (missing) {
		report_skip("%s", missing);
		return;
	}
	fail_aim(FAIL_ANY, NULL);
	CASE(each_allocation_fails);
}
