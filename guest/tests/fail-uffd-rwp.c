// SPDX-License-Identifier: GPL-2.0
/*
 * userfaultfd protection of a part of a THP against reads and writes: when its
 * PMD cannot be split the ioctl says so, and no page is (un)protected.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"

#define FEATURES	(UFFD_FEATURE_RWP | UFFD_FEATURE_SIGBUS)

static int protect(struct scene *s, void *addr, size_t size, uint64_t mode)
{
	struct uffdio_rwprotect rwp = {
		.range = { .start = (uintptr_t)addr, .len = size },
		.mode = mode,
	};

	return ioctl(s->fd, UFFDIO_RWPROTECT, &rwp) ? errno : 0;
}

static void watch(struct scene *s)
{
	s->fd = uffd_open(FEATURES);
	if (s->fd < 0)
		fatal("userfaultfd");
	uffd_register(s->fd, s->r.base, s->r.thps * thp_size(),
		      UFFDIO_REGISTER_MODE_RWP);
}

static void unwatch(struct scene *s)
{
	close(s->fd);
}

static int call_protect(struct scene *s)
{
	return protect(s, s->at, page_size(), UFFDIO_RWPROTECT_MODE_RWP);
}

static bool page_protected(struct scene *s)
{
	return !can_read(s->at) && scene_rest_intact(s);
}

/* From the middle of THP 0 to the middle of THP 1: two splits. */
static int call_protect_two(struct scene *s)
{
	return protect(s, s->at, thp_size(), UFFDIO_RWPROTECT_MODE_RWP);
}

static bool two_protected(struct scene *s)
{
	size_t page = (s->at - s->r.base) / page_size();

	return !can_read(s->at) && !can_read(s->at + thp_size() - 1) &&
	       region_holds(&s->r, 0, page) &&
	       region_holds(&s->r, page + thp_pages(), thp_pages() - page);
}

static bool none_protected(struct scene *s)
{
	return can_read(s->at) && can_read(s->at + thp_size() - 1) &&
	       region_intact(&s->r);
}

static void watch_and_protect(struct scene *s)
{
	watch(s);
	if (protect(s, s->r.base, thp_size(), UFFDIO_RWPROTECT_MODE_RWP))
		fatal("UFFDIO_RWPROTECT");
}

static int call_unprotect(struct scene *s)
{
	return protect(s, s->at, page_size(), 0);
}

static bool rest_protected(struct scene *s)
{
	return !can_read(s->r.base) && !can_read(s->at - 1) &&
	       !can_read(s->at + page_size()) &&
	       !can_read(s->r.base + thp_size() - 1);
}

static bool page_readable(struct scene *s)
{
	size_t page = (s->at - s->r.base) / page_size();

	return rest_protected(s) && can_write(s->at) &&
	       region_holds(&s->r, page, 1);
}

/* Asked while all is protected; then it is lifted to see the contents. */
static bool all_protected(struct scene *s)
{
	return rest_protected(s) && !can_read(s->at) &&
	       !protect(s, s->r.base, thp_size(), 0) && region_intact(&s->r) &&
	       !protect(s, s->r.base, thp_size(), UFFDIO_RWPROTECT_MODE_RWP);
}

static const char *rwp_missing(void)
{
	return uffd_has(FEATURES) ? NULL :
	       "this kernel's userfaultfd has no UFFDIO_RWPROTECT";
}

static const struct sweep sweeps[] = {
	{ "UFFDIO_RWPROTECT of a page", .split_error = ENOMEM,
	  .missing = rwp_missing,
	  .set_up = watch, .call = call_protect, .done = page_protected,
	  .tear_down = unwatch },
	{ "UFFDIO_RWPROTECT of parts of two THPs", .thps = 2,
	  .split_error = ENOMEM, .missing = rwp_missing,
	  .set_up = watch, .call = call_protect_two, .done = two_protected,
	  .partly = none_protected, .tear_down = unwatch },
	{ "UFFDIO_RWPROTECT lifted from a page", .split_error = ENOMEM,
	  .missing = rwp_missing,
	  .set_up = watch_and_protect, .call = call_unprotect,
	  .done = page_readable, .partly = all_protected,
	  .tear_down = unwatch },
};

SWEEPS_AT_LIMIT("fail-uffd-rwp", sweeps)

SWEEPS("fail-uffd-rwp", SPLIT_OF_PMD, sweeps)
