// SPDX-License-Identifier: GPL-2.0
/*
 * Page faults that split a PMD: when that fails, the fault is taken again and
 * ends once there is memory.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"

#define SWAP_SIZE	(64 * thp_size())

/* Writes what is there. */
static int touch(struct scene *s)
{
	volatile char *at = s->at;

	*at = *at;
	return 0;
}

static int touch_by_read(struct scene *s)
{
	return *(volatile char *)s->at, 0;
}

static void share(struct scene *s)
{
	scene_share(s, 1);
}

static void share_with_three(struct scene *s)
{
	scene_share(s, 3);
}

static const char *zero_page_is_split(void)
{
	return huge_zero_is_replaced_whole() ? NULL :
	       "this kernel splits its PMD";
}

static const char *zero_page_is_replaced(void)
{
	return huge_zero_is_replaced_whole() ?
	       "this kernel maps a THP in its place" : NULL;
}

static void swap_out(struct scene *s)
{
	reclaim_range(s->r.base, thp_size());
}

static const struct sweep sweeps[] = {
	{ "write to a shared THP", .charges = true, .set_up = share, .call = touch,
	  .fault = true },
	{ "write to a THP of four processes", .charges = true,
	  .set_up = share_with_three,
	  .call = touch, .fault = true },
	{ "write to a THP protected by userfaultfd",
	  .missing = uffd_protect_missing, .set_up = scene_watch_writes,
	  .call = touch, .fault = true, .tear_down = scene_unwatch },
	{ "write to the huge zero page", .never_splits = true,
	  .charges = true,
	  .missing = zero_page_is_split,
	  .set_up = scene_huge_zero, .call = touch, .fault = true },
	{ "write to a page of the huge zero page", .charges = true,
	  .missing = zero_page_is_replaced,
	  .set_up = scene_huge_zero, .call = touch, .fault = true },
	{ "read of a swapped out THP", .never_splits = true,
	  .charges = true,
	  .set_up = swap_out, .call = touch_by_read, .fault = true },
};

SWEEPS_AT_LIMIT("fail-fault", sweeps)

TEST("fail-fault")
{
	if (!swap_on_by_pte(SWAP_SIZE)) {
		report_skip("this kernel has no zram");
		return;
	}
	sweeps_run(SPLIT_OF_PMD, sweeps, sizeof(sweeps) / sizeof(*sweeps));
	swap_off();
}
