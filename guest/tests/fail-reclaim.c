// SPDX-License-Identifier: GPL-2.0
/*
 * Reclaim of a memory cgroup by a process outside of it: THPs for whose PTE
 * tables there is no memory stay mapped and intact, and are swapped out once
 * there is.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS		4
#define SWAP_SIZE	(16 * THPS * thp_size())

/* Far more than the allocations of THPS splits: a page and its lock each. */
#define MOST_NTHS	(10 * THPS)

static void reclaim_all(const struct region *r)
{
	(void)r;
	reclaimer_run(0);
}

static void run(struct region *r, size_t sharers)
{
	const struct aimed all = {
		.name = sharers ?
			"memory.reclaim from outside, THPs of two processes" :
			"memory.reclaim from outside of the cgroup",
		.inside = SPLIT_OF_FOLIO, .act = reclaim_all,
		.tried = "thp_split_pmd_failed", .splits = AIMED_SOME,
		.done = region_is_swapped, .tables = tables_if_split(THPS),
		.sharers = sharers,
	};

	aimed_run(&all, r);
	reclaimer_end();
}

static void of_THPs(void)
{
	struct region r;

	reclaimer_start();
	cgroup_join();
	r = region_of_thps(THPS, 1);
	run(&r, 0);
}

static void of_shared_THPs(void)
{
	struct region r;
	struct child c;

	reclaimer_start();
	cgroup_join();
	r = region_of_thps(THPS, 2);
	c = child_start(family_split_too, &r);
	child_wait_pause(&c);
	run(&r, 1);
	child_go(&c);
	child_end(&c);
}

/*
 * Reclaims until allocation @nth of a split fails, or all is swapped out. Tables
 * that are not to be had in one way may be had in another: then no split fails.
 */
static bool fail_one(unsigned int nth, long *sum, bool *well)
{
	struct region r = region_of_thps(THPS, 3);
	long tables = tables_process(0);
	long count = vmstat("thp_split_pmd_failed");
	bool failed = false;
	long splits;

	fail_aim(FAIL_INSIDE, SPLIT_OF_FOLIO);
	for (int i = 0; !failed && !region_is_swapped(&r) && i < RECLAIM_MOST; i++)
		failed = reclaimer_run(nth);
	fail_aim(FAIL_ANY, NULL);
	splits = vmstat("thp_split_pmd_failed") - count;
	*sum += splits;
	tables = (tables_process(0) - tables) / (long)table_size();
	if (splits < 0 || splits > failed ||
	    tables != THPS - (long)region_huge(&r) || !region_intact(&r)) {
		report_note("allocation %u, %sreached: %ld splits failed, "
			    "%zu THPs are huge, VmPTE %+ld tables", nth,
			    failed ? "" : "not ", splits, region_huge(&r),
			    tables);
		*well = false;
	}
	if (munmap(r.base, THPS * thp_size()))
		fatal("munmap");
	return failed;
}

static void one_at_a_time(void)
{
	unsigned int nth = 1;
	long splits = 0;
	bool well = true;

	reclaimer_start();
	cgroup_join();
	while (fail_one(nth, &splits, &well) && nth < MOST_NTHS)
		nth++;
	reclaimer_end();
	report_note("%u allocations, %ld splits failed", nth - 1, splits);
	report(nth < MOST_NTHS, "reclaim ends without a failure");
	report(splits >= THPS, "splits fail one at a time");
	report(well, "each counts once, tables add up, contents stay");
}

TEST("fail-reclaim")
{
	if (!aimed_possible())
		return;
	if (!cgroup_make_or_skip())
		return;
	if (swap_on_by_pte(SWAP_SIZE)) {
		CASE(of_THPs);
		CASE(of_shared_THPs);
		CASE(one_at_a_time);
		swap_off();
	} else {
		report_skip("this kernel has no zram");
	}
	cgroup_remove();
}
