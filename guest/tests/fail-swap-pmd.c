// SPDX-License-Identifier: GPL-2.0
/*
 * A THP that is swapped out by its PMD, and a call that must split that: where it
 * cannot, nothing is lost, and what the call says is true.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"

#define SWAP_SIZE	(64 * thp_size())

/* What the disk takes for a request. */
#define DISK_NSEC	10000

/* Of 512 pages that are read one by one, so many are made to fail. */
#define MOST_SITES	40

static const char knob[] = "/sys/kernel/mm/transparent_hugepage/pmd_swap";

static void swap_out(struct scene *s)
{
	swap_out_by_pmd(&s->r);
}

/* Nothing of it stays in the swap cache. */
static void swap_out_to_disk(struct scene *s)
{
	swap_out(s);
	swap_cache_forget();
}

/* Swap-in is page by page. */
static void swap_out_only(struct scene *s)
{
	swap_out_by_pmd(&s->r);
	file_must_write(knob, "out");
}

static void swap_out_only_to_disk(struct scene *s)
{
	swap_out_to_disk(s);
	file_must_write(knob, "out");
}

static void switch_on(struct scene *s)
{
	(void)s;
	file_must_write(knob, "always");
}

static int touch_by_read(struct scene *s)
{
	return *(volatile char *)s->at, 0;
}

static int call_populate(struct scene *s)
{
	return madvise(s->at, page_size(), MADV_POPULATE_READ) ? errno : 0;
}

static int call_dontneed(struct scene *s)
{
	return madvise(s->at, page_size(), MADV_DONTNEED) ? errno : 0;
}

static int call_free(struct scene *s)
{
	return madvise(s->at, page_size(), MADV_FREE) ? errno : 0;
}

/* Free or not, but nothing else. */
static bool may_be_zero(struct scene *s)
{
	return scene_rest_intact(s) && (scene_zero(s) || region_intact(&s->r));
}

/* MREMAP_FIXED unmaps what was there: let nothing be. */
static void clear_target(struct scene *s)
{
	if (munmap(s->target, 2 * thp_size()))
		fatal("munmap");
	swap_out(s);
}

static int call_move(struct scene *s)
{
	return mremap(s->at, page_size(), page_size(),
		      MREMAP_MAYMOVE | MREMAP_FIXED, s->target) == MAP_FAILED ?
		errno : 0;
}

static bool moved(struct scene *s)
{
	size_t page = (s->at - s->r.base) / page_size();

	return pattern_holds(s->target, 1, s->r.seed, page) &&
	       scene_rest_intact(s);
}

static void watch_target(struct scene *s)
{
	struct region target = { .base = s->target, .thps = 1 };

	s->fd = uffd_open(UFFD_FEATURE_MOVE);
	if (s->fd < 0)
		fatal("userfaultfd");
	region_map(&target, 0, 1);
	uffd_register(s->fd, s->target, thp_size(),
		      UFFDIO_REGISTER_MODE_MISSING);
	swap_out(s);
}

static int call_uffd_move(struct scene *s)
{
	return uffd_move(s->fd, s->target, s->at, page_size()) ==
	       (long)page_size() ? 0 : errno;
}

static void unwatch(struct scene *s)
{
	close(s->fd);
}

static int call_collapse(struct scene *s)
{
	return madvise(s->r.base, thp_size(), MADV_COLLAPSE) ? errno : 0;
}

static int call_swapoff(struct scene *s)
{
	(void)s;
	return swap_leave() ? 0 : errno;
}

static void swap_on_again(struct scene *s)
{
	(void)s;
	swap_return();
}

static bool intact(struct scene *s)
{
	return region_intact(&s->r);
}

static const struct sweep sweeps[] = {
	{ "read", .never_splits = true, .charges = true, .most = MOST_SITES,
	  .set_up = swap_out, .call = touch_by_read, .fault = true },
	{ "read where it is not swapped in whole", .charges = true,
	  .may_keep = 1, .most = MOST_SITES,
	  .set_up = swap_out_only, .call = touch_by_read,
	  .fault = true, .tear_down = switch_on },
	{ "MADV_POPULATE_READ where it is not swapped in whole",
	  .split_error = ENOMEM, .charges = true, .may_keep = 1,
	  .most = MOST_SITES, .set_up = swap_out_only, .call = call_populate,
	  .done = intact, .tear_down = switch_on },
	{ "munmap of a page", .split_error = ENOMEM, .may_keep = 1,
	  .set_up = swap_out, .call = scene_munmap, .done = scene_gone },
	{ "mprotect of a page", .split_error = ENOMEM, .may_keep = 1,
	  .set_up = swap_out, .call = scene_mprotect, .done = scene_read_only },
	{ "mremap of a page", .split_error = ENOMEM, .may_keep = 2,
	  .charges = true, .set_up = clear_target, .call = call_move,
	  .done = moved },
	{ "MADV_DONTNEED of a page", .must_split = true, .set_up = swap_out,
	  .call = call_dontneed, .done = scene_zero },
	{ "MADV_FREE of a page", .set_up = swap_out, .call = call_free,
	  .done = may_be_zero },
	{ "UFFDIO_MOVE of a page", .split_error = ENOMEM, .may_keep = 2,
	  .charges = true, .missing = uffd_move_missing,
	  .set_up = watch_target, .call = call_uffd_move, .done = moved,
	  .tear_down = unwatch },
	{ "MADV_COLLAPSE", .never_splits = true, .split_error = ENOMEM,
	  .part_error = EINVAL, .may_keep = 1, .charges = true,
	  .most = MOST_SITES, .set_up = swap_out, .call = call_collapse,
	  .done = intact, .partly = intact },
	{ "MADV_COLLAPSE where it is not swapped in whole",
	  .split_error = ENOMEM, .part_error = EINVAL, .may_keep = 1,
	  .charges = true, .most = MOST_SITES,
	  .set_up = swap_out_only, .call = call_collapse, .done = intact,
	  .partly = intact, .tear_down = switch_on },
	{ "swapoff", .split_error = ENOMEM, .may_keep = 1, .charges = true,
	  .most = MOST_SITES, .set_up = swap_out_only, .call = call_swapoff,
	  .finish = swap_on_again, .done = intact, .partly = intact,
	  .tear_down = switch_on },
};

/*
 * What reads, from swap that takes requests and is waited for. MADV_COLLAPSE does
 * not wait: on every kernel it says EAGAIN after a few pages.
 */
static const struct sweep disk_sweeps[] = {
	{ "read from a disk", .never_splits = true, .charges = true,
	  .most = MOST_SITES, .set_up = swap_out_to_disk,
	  .call = touch_by_read, .fault = true },
	{ "read from a disk where it is not swapped in whole", .charges = true,
	  .may_keep = 1, .most = MOST_SITES,
	  .set_up = swap_out_only_to_disk, .call = touch_by_read,
	  .fault = true, .tear_down = switch_on },
	{ "swapoff of a disk", .split_error = ENOMEM, .may_keep = 1,
	  .charges = true, .most = MOST_SITES, .set_up = swap_out_only_to_disk,
	  .call = call_swapoff, .finish = swap_on_again, .done = intact,
	  .partly = intact, .tear_down = switch_on },
};

TEST("fail-swap-pmd")
{
	if (!swap_on_by_pmd(SWAP_SIZE))
		return;
	sweeps_run(SPLIT_OF_PMD, sweeps, sizeof(sweeps) / sizeof(*sweeps));
	swap_off();
	if (!cgroup_make_or_skip())
		return;
	if (!swap_on_disk(SWAP_SIZE, DISK_NSEC)) {
		report_skip("this kernel has no null_blk");
		return;
	}
	/* A page that another CPU is about to put on a list is not reclaimed. */
	cpu_stay();
	cgroup_join();
	sweeps_run(SPLIT_OF_PMD, disk_sweeps,
		   sizeof(disk_sweeps) / sizeof(*disk_sweeps));
	swap_off();
}
