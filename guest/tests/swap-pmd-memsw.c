// SPDX-License-Identifier: GPL-2.0
/*
 * The memory+swap of a cgroup of v1 counts a THP that is swapped out by its PMD once,
 * wherever it is: also where it was read, and dropped since a child that shares its
 * slots has PTEs there.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS		8
#define SWAP_SIZE	(4 * THPS * thp_size())

/* What the processes have besides, and a CPU may be charged ahead. */
#define SLACK		thp_size()

static long usage(void)
{
	return cgroup_number("memory.memsw.usage_in_bytes");
}

static void report_counted(long before, const char *when)
{
	long now = usage();

	report(labs(now - before) <= (long)SLACK, "%s", when);
	report_note("%ld KiB, before %ld", now >> 10, before >> 10);
}

/* It gives up the first page of each THP, and reads the second. */
static void with_ptes(struct child *me, void *arg)
{
	const struct region *r = arg;

	for (size_t i = 0; i < r->thps; i++)
		if (madvise(region_thp(r, i), page_size(), MADV_DONTNEED))
			fatal("MADV_DONTNEED");
	child_pause(me);
	for (size_t i = 0; i < r->thps; i++)
		if (!region_holds(r, i * thp_pages() + 1, 1))
			report(false, "the child's page of THP %zu", i);
	child_pause(me);
}

static void counted_once(void)
{
	long free = swap_free(), before = usage(), full;
	struct region r = region_of_thps(THPS, 1);
	struct child c;

	full = usage();
	report(full - before >= (long)(THPS * thp_size() - SLACK), "in memory");
	swap_out_by_pmd(&r);
	report_counted(full, "swapped out");
	c = child_start(with_ptes, &r);
	child_wait_pause(&c);
	if (madvise(r.base, THPS * thp_size(), MADV_WILLNEED))
		fatal("MADV_WILLNEED");
	report(swap_cached() >= (long)(THPS * thp_size()), "all was read");
	report_counted(full, "in the swap cache");
	child_go(&c);
	child_wait_pause(&c);
	report(swap_cached() <= (long)(THPS * thp_size() / 2), "most was dropped");
	report_counted(full, "dropped");
	child_go(&c);
	child_end(&c);
	report(region_intact(&r), "contents");
	report_counted(full, "read again");
	munmap(r.base, THPS * thp_size());
	report_counted(before, "unmapped");
	report(swap_free() == free, "all slots are free");
}

TEST("swap-pmd-memsw")
{
	if (!cgroup_turn_to_v1()) {
		report_skip("this kernel has no memory cgroups of v1");
		return;
	}
	if (!swap_on_by_pmd(SWAP_SIZE))
		return;
	if (!cgroup_make())
		fatal("a cgroup of v1");
	cgroup_join();
	counted_once();
	cgroup_leave();
	swap_off();
	cgroup_remove();
}
