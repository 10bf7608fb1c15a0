// SPDX-License-Identifier: GPL-2.0
/*
 * userfaultfd and PAGEMAP_SCAN on a part of a THP: when its PMD cannot be
 * split, the ioctl says so, and no page is moved or protected.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"

static void watch(struct scene *s, uint64_t features)
{
	s->fd = uffd_open(features);
	if (s->fd < 0)
		fatal("userfaultfd");
	uffd_register(s->fd, s->r.base, s->r.thps * thp_size(),
		      UFFDIO_REGISTER_MODE_WP);
}

static void unwatch(struct scene *s)
{
	close(s->fd);
}

static void watch_writes(struct scene *s)
{
	watch(s, UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_SIGBUS);
}

static void watch_and_protect(struct scene *s)
{
	watch_writes(s);
	if (uffd_protect(s->fd, s->r.base, thp_size(), 1))
		fatal("UFFDIO_WRITEPROTECT");
}

static int call_protect(struct scene *s)
{
	return uffd_protect(s->fd, s->at, page_size(), 1) ? errno : 0;
}

static bool page_protected(struct scene *s)
{
	return !can_write(s->at) && can_write(s->at + page_size()) &&
	       can_write(s->at - 1) && region_intact(&s->r);
}

/* From the middle of THP 0 to the middle of THP 1: two splits. */
static int call_protect_two(struct scene *s)
{
	return uffd_protect(s->fd, s->at, thp_size(), 1) ? errno : 0;
}

static bool two_protected(struct scene *s)
{
	char *end = s->at + thp_size();

	return can_write(s->at - 1) && !can_write(s->at) &&
	       !can_write(end - 1) && can_write(end) && region_intact(&s->r);
}

static bool none_protected(struct scene *s)
{
	return can_write(s->at) && can_write(s->at + thp_size() - 1);
}

static int call_unprotect(struct scene *s)
{
	return uffd_protect(s->fd, s->at, page_size(), 0) ? errno : 0;
}

static bool page_unprotected(struct scene *s)
{
	return can_write(s->at) && !can_write(s->at + page_size()) &&
	       !can_write(s->at - 1) && region_intact(&s->r);
}

static bool all_protected(struct scene *s)
{
	return !can_write(s->r.base) &&
	       !can_write(s->r.base + thp_size() - 1);
}

static void open_only(struct scene *s)
{
	s->fd = uffd_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	if (s->fd < 0)
		fatal("userfaultfd");
}

static bool page_protected_too(struct scene *s)
{
	return all_protected(s) && !can_write(s->at);
}

/* Protection is lifted before the VMA is split, which may fail by itself. */
static bool rest_protected(struct scene *s)
{
	return all_protected(s) && (s->other_failed || !can_write(s->at));
}

static int call_register(struct scene *s)
{
	struct uffdio_register reg = {
		.range = { .start = (uintptr_t)s->at, .len = page_size() },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};

	return ioctl(s->fd, UFFDIO_REGISTER, &reg) ? errno : 0;
}

static int call_unregister(struct scene *s)
{
	struct uffdio_range range = {
		.start = (uintptr_t)s->at,
		.len = page_size(),
	};

	return ioctl(s->fd, UFFDIO_UNREGISTER, &range) ? errno : 0;
}

/* Two VMAs, of which the second is to be cut in THP 1. */
static void watch_and_protect_two(struct scene *s)
{
	watch_writes(s);
	if (madvise(region_thp(&s->r, 1), thp_size(), MADV_DONTFORK) ||
	    uffd_protect(s->fd, s->r.base, 2 * thp_size(), 1))
		fatal("two VMAs");
}

static int call_unregister_two(struct scene *s)
{
	struct uffdio_range range = {
		.start = (uintptr_t)s->r.base,
		.len = s->at + thp_size() - s->r.base,
	};

	return ioctl(s->fd, UFFDIO_UNREGISTER, &range) ? errno : 0;
}

static bool two_unprotected(struct scene *s)
{
	char *end = s->at + thp_size();

	return can_write(s->r.base) && can_write(end - 1) && !can_write(end) &&
	       region_intact(&s->r);
}

/* One VMA after the other, where it is not for a split. */
static bool both_protected(struct scene *s)
{
	return region_intact(&s->r) &&
	       (s->other_failed || (all_protected(s) && !can_write(s->at) &&
				    !can_write(s->at + thp_size())));
}

static void watch_target(struct scene *s)
{
	s->fd = uffd_open(UFFD_FEATURE_MOVE);
	if (s->fd < 0)
		fatal("userfaultfd");
	if (mmap(s->target, thp_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE |
		 MAP_ANONYMOUS | MAP_FIXED, -1, 0) != s->target)
		fatal("mapping the target");
	uffd_register(s->fd, s->target, thp_size(),
		      UFFDIO_REGISTER_MODE_MISSING);
}

static int call_move(struct scene *s)
{
	return uffd_move(s->fd, s->target, s->at, page_size()) ==
	       (long)page_size() ? 0 : errno;
}

static bool moved(struct scene *s)
{
	size_t page = (s->at - s->r.base) / page_size();

	return pattern_holds(s->target, 1, s->r.seed, page) &&
	       !(pagemap_entry(s->at) & PAGEMAP_PRESENT) &&
	       scene_rest_intact(s);
}

/* From the middle of THP 0 to the middle of THP 1, on where it ended before. */
static int call_move_two(struct scene *s)
{
	struct uffdio_move move = {
		.dst = (uintptr_t)s->target + s->value,
		.src = (uintptr_t)s->at + s->value,
		.len = thp_size() - s->value,
	};
	int error = ioctl(s->fd, UFFDIO_MOVE, &move) ? errno : 0;

	if (move.move > 0)
		s->value += move.move;
	return error;
}

/* As many bytes as it said are at the target, and no more. */
static bool so_much_moved(struct scene *s)
{
	size_t at = (s->at - s->r.base) / page_size();
	size_t pages = s->value / page_size();

	return region_holds(&s->r, 0, at) &&
	       pattern_holds(s->target, pages, s->r.seed, at) &&
	       !pagemap_count(s->at, pages, PAGEMAP_PRESENT) &&
	       !pagemap_count(s->target + s->value, thp_pages() - pages,
			      PAGEMAP_PRESENT) &&
	       region_holds(&s->r, at + pages,
			    2 * thp_pages() - at - pages);
}

static bool all_moved(struct scene *s)
{
	return s->value == (long)thp_size() && so_much_moved(s);
}

static void watch_async(struct scene *s)
{
	watch(s, UFFD_FEATURE_WP_ASYNC);
	s->value = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (s->value < 0)
		fatal("opening pagemap");
}

static int call_scan(struct scene *s)
{
	struct page_region region[8];
	struct pm_scan_arg arg = {
		.size = sizeof(arg),
		.flags = PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC,
		.start = (uintptr_t)s->at,
		.end = (uintptr_t)s->at + page_size(),
		.vec = (uintptr_t)region,
		.vec_len = sizeof(region) / sizeof(region[0]),
		.category_mask = PAGE_IS_WRITTEN,
		.return_mask = PAGE_IS_WRITTEN,
	};
	int ranges = ioctl(s->value, PAGEMAP_SCAN, &arg);

	if (ranges < 0)
		return errno;
	return ranges == 1 && region[0].start == arg.start &&
	       region[0].end == arg.end ? 0 : ENODATA;
}

static bool scanned(struct scene *s)
{
	return pagemap_written(s->r.base, thp_size(), false) ==
	       (long)thp_pages() - 1 && region_intact(&s->r);
}

static bool not_scanned(struct scene *s)
{
	return pagemap_written(s->r.base, thp_size(), false) ==
	       (long)thp_pages();
}

static void unwatch_async(struct scene *s)
{
	close(s->value);
	close(s->fd);
}

static const struct sweep sweeps[] = {
	{ "UFFDIO_WRITEPROTECT of a page", .split_error = ENOMEM,
	  .missing = uffd_protect_missing,
	  .set_up = watch_writes, .call = call_protect,
	  .done = page_protected, .tear_down = unwatch },
	{ "UFFDIO_WRITEPROTECT of parts of two THPs", .thps = 2,
	  .split_error = ENOMEM, .missing = uffd_protect_missing,
	  .set_up = watch_writes, .call = call_protect_two,
	  .done = two_protected, .undone = none_protected,
	  .tear_down = unwatch },
	{ "UFFDIO_WRITEPROTECT lifted from a page", .split_error = ENOMEM,
	  .missing = uffd_protect_missing,
	  .set_up = watch_and_protect, .call = call_unprotect,
	  .done = page_unprotected, .undone = page_protected_too,
	  .tear_down = unwatch },
	{ "UFFDIO_REGISTER of a page", .split_error = ENOMEM,
	  .missing = uffd_protect_missing,
	  .set_up = open_only, .call = call_register, .tear_down = unwatch },
	{ "UFFDIO_UNREGISTER of a page", .split_error = ENOMEM,
	  .missing = uffd_protect_missing,
	  .set_up = watch_and_protect, .call = call_unregister,
	  .done = page_unprotected, .undone = rest_protected,
	  .tear_down = unwatch },
	{ "UFFDIO_UNREGISTER of two VMAs", .thps = 2, .split_error = ENOMEM,
	  .missing = uffd_protect_missing,
	  .set_up = watch_and_protect_two, .call = call_unregister_two,
	  .done = two_unprotected, .partly = both_protected,
	  .tear_down = unwatch },
	{ "UFFDIO_MOVE of a page", .split_error = ENOMEM, .may_keep = 1,
	  .charges = true,
	  .set_up = watch_target, .call = call_move, .done = moved,
	  .tear_down = unwatch },
	{ "UFFDIO_MOVE of parts of two THPs", .thps = 2,
	  .split_error = ENOMEM, .part_error = EAGAIN, .may_keep = 1,
	  .charges = true,
	  .set_up = watch_target, .call = call_move_two, .done = all_moved,
	  .partly = so_much_moved, .tear_down = unwatch },
	{ "PAGEMAP_SCAN that protects a page", .split_error = ENOMEM,
	  .missing = uffd_protect_missing,
	  .set_up = watch_async, .call = call_scan, .done = scanned,
	  .undone = not_scanned, .tear_down = unwatch_async },
};

SWEEPS_AT_LIMIT("fail-uffd", sweeps)
SWEEPS("fail-uffd", SPLIT_OF_PMD, sweeps)
