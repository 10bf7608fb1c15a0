// SPDX-License-Identifier: GPL-2.0
/*
 * A THP that was swapped out by its PMD comes back by pages where it cannot come
 * back whole, and nothing of it is lost.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/test.h"

#define THPS		4
#define SWAP_SIZE	(32 * THPS * thp_size())

/* Goes of two processes that meet now and then. */
#define MEETINGS	30

/* All of the region, of which @fallbacks THPs are split by a fault. */
static void comes_back(const struct region *r, long in, long fallbacks)
{
	long in_before = vmstat("thp_swpin_pmd");
	long before = vmstat("thp_swpin_pmd_fallback");

	report(region_intact(r), "contents");
	in_before = vmstat("thp_swpin_pmd") - in_before;
	before = vmstat("thp_swpin_pmd_fallback") - before;
	if (!report(in_before == in && before == fallbacks,
		    "%ld THPs whole, %ld by pages", in, fallbacks))
		report_note("%ld whole, %ld by pages", in_before, before);
}

static void no_huge_page(void)
{
	struct region r = region_of_thps(THPS, 1);

	swap_out_by_pmd(&r);
	fail_huge(true);
	comes_back(&r, 0, THPS);
	fail_huge(false);
}

static void THP_off(void)
{
	struct region r = region_of_thps(THPS, 2);

	swap_out_by_pmd(&r);
	if (madvise(r.base, THPS * thp_size(), MADV_NOHUGEPAGE))
		fatal("MADV_NOHUGEPAGE");
	comes_back(&r, 0, THPS);
}

static void userfaultfd(void)
{
	struct region r = region_of_thps(THPS, 3);
	int uffd = uffd_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP);

	if (uffd < 0) {
		report_skip("this kernel has no userfaultfd");
		return;
	}
	swap_out_by_pmd(&r);
	uffd_register(uffd, r.base, THPS * thp_size(),
		      UFFDIO_REGISTER_MODE_WP);
	comes_back(&r, 0, THPS);
}

static void one_page_is_cached(void)
{
	struct region r = region_of_thps(2, 4);

	swap_out_by_pmd(&r);
	if (madvise(r.base, page_size(), MADV_WILLNEED) ||
	    madvise(region_thp(&r, 2) - page_size(), page_size(), MADV_WILLNEED))
		fatal("MADV_WILLNEED");
	comes_back(&r, 0, 2);
}

/* A page that is cached does not keep the others from being read. */
static void the_others_are_needed(void)
{
	struct region r = region_of_thps(1, 7);
	long faults;

	swap_out_by_pmd(&r);
	if (madvise(r.base, page_size(), MADV_WILLNEED) ||
	    madvise(r.base, thp_size(), MADV_WILLNEED))
		fatal("MADV_WILLNEED");
	faults = vmstat("pgmajfault");
	report(region_intact(&r), "contents");
	report(vmstat("pgmajfault") == faults, "all were read before");
}

static void cgroup_limit(void)
{
	struct region r;
	char limit[32];
	long tries = 0;

	cgroup_join();
	r = region_of_thps(THPS, 5);
	swap_out_by_pmd(&r);
	snprintf(limit, sizeof(limit), "%ld",
		 cgroup_field("memory.stat", "anon") +
		 cgroup_field("memory.stat", "kernel") + 3 * (long)thp_size() / 2);
	if (cgroup_write("memory.max", limit))
		fatal("memory.max");
	for (int i = 0; i < 3; i++)
		tries += !region_intact(&r);
	report(!tries, "contents, at the limit");
	report(cgroup_field("memory.events", "oom_kill") == 0, "nobody is killed");
	cgroup_write("memory.max", "max");
}

static void a_child_unmaps(struct child *me, void *arg)
{
	struct region *r = arg;

	if (munmap(region_page(r, 3), page_size()))
		fatal("munmap");
	child_pause(me);
	report(region_holds(r, 0, 3) &&
	       region_holds(r, 4, r->thps * thp_pages() - 4),
	       "contents in the child");
	child_pause(me);
}

/* The slots count differently then; what is in them does not. */
static void counts_differ(void)
{
	struct region r = region_of_thps(2, 6);
	struct child c;

	swap_out_by_pmd(&r);
	c = child_start(a_child_unmaps, &r);
	child_wait_pause(&c);
	comes_back(&r, 2, 0);
	child_go(&c);
	child_wait_pause(&c);
	report(region_intact(&r), "contents in the parent");
	child_go(&c);
	child_end(&c);
}

/* Reads from the other end, by pages of a split entry. */
static void a_child_meets(struct child *me, void *arg)
{
	struct region *r = arg;

	if (mprotect(r->base, page_size(), PROT_READ))
		fatal("mprotect");
	child_pause(me);
	for (size_t page = thp_pages(); page--;)
		if (!region_holds(r, page, 1))
			_exit(1);
}

static void two_meet(void)
{
	long in = vmstat("thp_swpin_pmd");
	long fallbacks = vmstat("thp_swpin_pmd_fallback");
	bool well = true;

	for (int i = 0; i < MEETINGS && well; i++) {
		struct region r = region_of_thps(1, 7 + i);
		struct child c;

		swap_out_by_pmd(&r);
		c = child_start(a_child_meets, &r);
		child_wait_pause(&c);
		child_go(&c);
		for (int j = 0; j < i * 100; j++)
			getpid();
		well = region_intact(&r);
		well &= child_reap(c.pid, 60) == 0;
		child_close(&c);
		munmap(r.base - thp_size(), 2 * thp_size());
	}
	report(well, "contents in both");
	report_note("%ld whole, %ld by pages", vmstat("thp_swpin_pmd") - in,
		    vmstat("thp_swpin_pmd_fallback") - fallbacks);
}

/* The contents in the core file, which is sparse: a hole reads zero. */
static bool in_core(const struct region *r, const char *path)
{
	static char buf[1 << 20];
	size_t want = r->thps * thp_pages();
	size_t found = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		fatal("opening %s", path);
	while (found < want && (len = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t at = 0; at + (ssize_t)page_size() <= len;
		     at += page_size())
			if (!memcmp(buf + at, region_page(r, found),
				    page_size()) && ++found == want)
				break;
	close(fd);
	return found == want;
}

static void core_dump(void)
{
	struct region r = region_of_thps(THPS, 8);
	struct region copy = r;
	char path[] = "/core.swap-pmd";
	int status;

	swap_out_by_pmd(&r);
	status = child_dump(NULL, NULL, path);
	report(WIFSIGNALED(status) && WCOREDUMP(status), "core dumped");
	report(in_core(&copy, path), "all of it is in the core file");
	unlink(path);
}

TEST("swap-pmd-fallback")
{
	if (!swap_on_by_pmd(SWAP_SIZE))
		return;
	if (fail_possible())
		CASE(no_huge_page);
	else
		report_skip("this kernel fails no allocations on demand");
	CASE(THP_off);
	CASE(userfaultfd);
	CASE(one_page_is_cached);
	CASE(the_others_are_needed);
	if (cgroup_make_or_skip()) {
		CASE(cgroup_limit);
		cgroup_remove();
	}
	CASE(counts_differ);
	case_run_for("two_meet", two_meet, 200);
	CASE(core_dump);
	swap_off();
}
