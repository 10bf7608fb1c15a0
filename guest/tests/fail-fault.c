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

static void zero_page(struct scene *s)
{
	if (madvise(s->r.base, thp_size(), MADV_DONTNEED) ||
	    !can_read(s->r.base) || !pagemap_is_huge_zero(s->r.base))
		fatal("no huge zero page");
	s->r.seed = REGION_ZERO;
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

/* No one is asked: a write splits, and counts as a write. */
static void watch(struct scene *s)
{
	s->fd = uffd_open(UFFD_FEATURE_WP_ASYNC);
	if (s->fd < 0)
		fatal("userfaultfd");
	uffd_register(s->fd, s->r.base, thp_size(), UFFDIO_REGISTER_MODE_WP);
	if (uffd_protect(s->fd, s->r.base, thp_size(), 1))
		fatal("UFFDIO_WRITEPROTECT");
}

static void unwatch(struct scene *s)
{
	close(s->fd);
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
	  .missing = uffd_protect_missing, .set_up = watch,
	  .call = touch, .fault = true, .tear_down = unwatch },
	{ "write to the huge zero page", .never_splits = true,
	  .charges = true,
	  .missing = zero_page_is_split,
	  .set_up = zero_page, .call = touch, .fault = true },
	{ "write to a page of the huge zero page", .charges = true,
	  .missing = zero_page_is_replaced,
	  .set_up = zero_page, .call = touch, .fault = true },
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
