// SPDX-License-Identifier: GPL-2.0
/*
 * Swapping a THP out replaces its huge PMD by a table of swap entries, in
 * every process that maps it; reading brings the contents back.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS		4
#define SWAP_SIZE	(16 * THPS * thp_size())

static void whole_out_and_in(void)
{
	struct region r = region_of_thps(THPS, 1);
	struct tables before = tables_read(0);

	reclaim_range(r.base, THPS * thp_size());
	report(region_is_swapped(&r), "all pages are swapped out");
	report_tables(&before, tables_if_split(THPS), "out");
	report(region_intact(&r), "contents");
	report(region_swapped(&r) == 0, "all pages are back");
	report_tables(&before, tables_if_split(THPS), "in");
}

static void unmapped_while_out(void)
{
	struct region r = region_of_thps(THPS, 2);
	struct tables before = tables_read(0);

	reclaim_range(r.base, THPS * thp_size());
	report(region_is_swapped(&r), "all pages are swapped out");
	if (munmap(r.base, THPS * thp_size()))
		fatal("munmap");
	report_tables(&before, tables_if_huge(-THPS), "unmapped");
}

static void part_out(void)
{
	struct region r = region_of_thps(1, 3);
	struct tables before = tables_read(0);
	size_t half = thp_pages() / 2;

	reclaim_range(region_page(&r, half), half * page_size());
	report(region_swapped(&r) == half, "the part is swapped out");
	report_tables(&before, tables_if_split(1), "split");
	report(region_intact(&r), "contents");
}

static void sharer(struct child *me, void *arg)
{
	family_split_too(me, arg);
	child_pause(me);
}

/* MADV_PAGEOUT leaves shared memory alone; reclaim of the group does not. */
static void shared_by_two_processes(void)
{
	struct region r;
	struct tables before;
	struct child c;

	cgroup_join();
	r = region_of_thps(THPS, 4);
	c = child_start(sharer, &r);
	child_wait_pause(&c);
	before = tables_read(0);
	report(reclaim_region(&r), "all pages are swapped out");
	report_process_tables(&before, tables_if_split(THPS), "parent");
	child_go(&c);
	child_wait_pause(&c);
	report(region_intact(&r), "contents in the parent");
	child_go(&c);
	child_end(&c);
}

TEST("swap")
{
	if (!swap_on_by_pte(SWAP_SIZE)) {
		report_skip("this kernel has no zram");
		return;
	}
	CASE(whole_out_and_in);
	CASE(unmapped_while_out);
	CASE(part_out);
	if (cgroup_make_or_skip()) {
		CASE(shared_by_two_processes);
		cgroup_remove();
	}
	swap_off();
}
