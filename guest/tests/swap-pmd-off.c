// SPDX-License-Identifier: GPL-2.0
/*
 * swapoff() brings back THPs that were swapped out by their PMDs: whole while
 * there are huge pages, page by page otherwise, and none of it is lost where
 * memory fails.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS		4
#define SWAP_SIZE	(16 * THPS * thp_size())

static void whole(void)
{
	struct region r = region_of_thps(THPS, 1);
	long in = vmstat("thp_swpin_pmd");
	struct tables before = tables_read(0);

	swap_out_by_pmd(&r);
	report(swap_leave(), "swapoff");
	report(region_huge(&r) == THPS, "all is huge");
	report(vmstat("thp_swpin_pmd") - in == THPS, "mapped by PMDs");
	report_tables(&before, 0, "in again");
	report(region_intact(&r), "contents");
	region_fill(&r, 2);
	report(region_intact(&r), "what is written then");
	swap_return();
}

static void sharer(struct child *me, void *arg)
{
	struct region *r = arg;

	child_pause(me);
	report(region_intact(r), "contents in a child");
	report(region_huge(r) == THPS, "huge in a child");
	memset(r->base, 1, thp_size());
	child_pause(me);
}

static void shared(void)
{
	struct region r = region_of_thps(THPS, 3);
	struct child c;

	swap_out_by_pmd(&r);
	c = child_start(sharer, &r);
	child_wait_pause(&c);
	report(swap_leave(), "swapoff");
	child_go(&c);
	child_wait_pause(&c);
	report(region_intact(&r), "contents");
	child_go(&c);
	child_end(&c);
	swap_return();
}

static void without_huge_pages(void)
{
	struct region r = region_of_thps(THPS, 4);

	swap_out_by_pmd(&r);
	fail_huge(true);
	report(swap_leave(), "swapoff");
	fail_huge(false);
	report(region_huge(&r) == 0, "nothing is huge");
	report(region_intact(&r), "contents");
	swap_return();
}

static void with_THP_off(void)
{
	struct region r = region_of_thps(THPS, 5);

	swap_out_by_pmd(&r);
	if (madvise(r.base, THPS * thp_size(), MADV_NOHUGEPAGE))
		fatal("MADV_NOHUGEPAGE");
	report(swap_leave(), "swapoff");
	report(region_huge(&r) == 0, "nothing is huge");
	report(region_intact(&r), "contents");
	swap_return();
}

static void without_memory(void)
{
	struct region r = region_of_thps(THPS, 6);
	long free = swap_free();
	int ret;

	swap_out_by_pmd(&r);
	fail_aim(FAIL_INSIDE, "swap_cache_alloc_folio");
	fail_me(true);
	fail_always(100, false);
	ret = swap_leave() ? 0 : -1;
	fail_always(0, false);
	fail_me(false);
	fail_aim(FAIL_ANY, NULL);
	report(ret && errno == ENOMEM, "swapoff: ENOMEM");
	report(region_intact(&r), "contents");
	report(swap_free() == free, "all slots are free");
}

TEST("swap-pmd-off")
{
	if (!swap_on_by_pmd(SWAP_SIZE))
		return;
	CASE(whole);
	CASE(shared);
	CASE(with_THP_off);
	if (fail_possible()) {
		CASE(without_huge_pages);
		CASE(without_memory);
	} else {
		report_skip("this kernel fails no allocations on demand");
	}
	swap_off();
}
