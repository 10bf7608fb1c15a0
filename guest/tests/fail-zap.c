// SPDX-License-Identifier: GPL-2.0
/*
 * What discards a part of a THP must split its PMD, and must not fail: there is
 * nothing that a program can do with memory that it cannot give back.
 */
#include <errno.h>
#include <sys/mman.h>

#include "../lib/test.h"

static int advise(struct scene *s, int advice)
{
	return madvise(s->at, page_size(), advice) ? errno : 0;
}

static int call_dontneed(struct scene *s)
{
	return advise(s, MADV_DONTNEED);
}

static void lock_all(struct scene *s)
{
	if (mlock(s->r.base, thp_size()))
		fatal("mlock");
}

static int call_dontneed_locked(struct scene *s)
{
	return advise(s, MADV_DONTNEED_LOCKED);
}

static int call_guard(struct scene *s)
{
	return advise(s, MADV_GUARD_INSTALL);
}

static bool guarded(struct scene *s)
{
	return !can_read(s->at) && scene_rest_intact(s);
}

/* From the middle of THP 0 to the middle of THP 1: two splits. */
static int call_dontneed_two(struct scene *s)
{
	return madvise(s->at, thp_size(), MADV_DONTNEED) ? errno : 0;
}

static bool zero_until(struct scene *s, size_t end)
{
	size_t at = (s->at - s->r.base) / page_size();

	return region_holds(&s->r, 0, at) && pattern_zero(s->at, end - at) &&
	       region_holds(&s->r, end, 2 * thp_pages() - end);
}

static bool both_zero(struct scene *s)
{
	return zero_until(s, thp_pages() + (s->at - s->r.base) / page_size());
}

static const struct sweep sweeps[] = {
	{ "MADV_DONTNEED of a page", .must_split = true,
	  .call = call_dontneed, .done = scene_zero },
	{ "MADV_DONTNEED of parts of two THPs", .must_split = true, .thps = 2,
	  .call = call_dontneed_two, .done = both_zero },
	{ "MADV_DONTNEED_LOCKED of a page", .must_split = true,
	  .set_up = lock_all, .call = call_dontneed_locked, .done = scene_zero },
	{ "MADV_GUARD_INSTALL of a page", .must_split = true,
	  .missing = guards_missing,
	  .call = call_guard, .done = guarded },
	{ "MADV_DONTNEED of a page of the huge zero page", .must_split = true,
	  .set_up = scene_huge_zero, .call = call_dontneed, .done = scene_zero },
	{ "MADV_GUARD_INSTALL in the huge zero page", .must_split = true,
	  .missing = guards_missing,
	  .set_up = scene_huge_zero, .call = call_guard, .done = guarded },
};

SWEEPS_AT_LIMIT("fail-zap", sweeps)
SWEEPS("fail-zap", SPLIT_OF_PMD, sweeps)
