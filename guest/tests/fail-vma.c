// SPDX-License-Identifier: GPL-2.0
/*
 * Whatever changes the bounds of a VMA in the middle of a THP must split its
 * PMD first: when that fails, the call fails and nothing has changed.
 */
#include <errno.h>
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../lib/test.h"

static int result(long ret)
{
	return ret < 0 ? errno : 0;
}

static int call_map_fixed(struct scene *s)
{
	void *at = mmap(s->at, page_size(), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	return at == MAP_FAILED ? errno : 0;
}

static int call_mprotect_none(struct scene *s)
{
	return result(mprotect(s->at, page_size(), PROT_NONE));
}

/* The page and what follows it go over to the next VMA. */
static void next_read_only(struct scene *s)
{
	if (mprotect(region_thp(&s->r, 1), thp_size(), PROT_READ))
		fatal("mprotect");
}

static int call_merge_next(struct scene *s)
{
	return result(mprotect(s->at, region_thp(&s->r, 1) - s->at, PROT_READ));
}

static bool merged_next(struct scene *s)
{
	return !can_write(s->at) && !can_write(region_thp(&s->r, 1) - 1) &&
	       can_write(s->at - 1) && region_intact(&s->r);
}

/* The first half of THP 1 goes over to the VMA before. */
static void first_read_only(struct scene *s)
{
	if (mprotect(s->r.base, thp_size(), PROT_READ))
		fatal("mprotect");
}

static int call_merge_before(struct scene *s)
{
	return result(mprotect(region_thp(&s->r, 1), thp_size() / 2,
			       PROT_READ));
}

static bool merged_before(struct scene *s)
{
	char *half = region_thp(&s->r, 1) + thp_size() / 2;

	return !can_write(half - 1) && !can_write(region_thp(&s->r, 1)) &&
	       can_write(half) && region_intact(&s->r);
}

static bool second_writable(struct scene *s)
{
	return can_write(region_thp(&s->r, 1)) && !can_write(s->at);
}

static int call_mlock(struct scene *s)
{
	return result(mlock(s->at, page_size()));
}

static void lock_all(struct scene *s)
{
	if (mlock(s->r.base, thp_size()))
		fatal("mlock");
}

static int call_munlock(struct scene *s)
{
	return result(munlock(s->at, page_size()));
}

static int call_dontfork(struct scene *s)
{
	return result(madvise(s->at, page_size(), MADV_DONTFORK));
}

static int call_wipeonfork(struct scene *s)
{
	return result(madvise(s->at, page_size(), MADV_WIPEONFORK));
}

/* The child must neither read the page nor lose the others. */
static bool child_reads(struct scene *s, bool (*holds)(struct scene *s))
{
	pid_t pid = fork();

	if (pid < 0)
		fatal("fork");
	if (!pid)
		_exit(holds(s) ? 0 : 1);
	return !child_reap(pid, 30) && region_intact(&s->r);
}

static bool child_has_no_page(struct scene *s)
{
	return child_reads(s, scene_gone);
}

static bool child_reads_zero(struct scene *s)
{
	return child_reads(s, scene_zero);
}

static int call_nohugepage(struct scene *s)
{
	return result(madvise(s->at, page_size(), MADV_NOHUGEPAGE));
}

static int call_dontdump(struct scene *s)
{
	return result(madvise(s->at, page_size(), MADV_DONTDUMP));
}

static int call_mergeable(struct scene *s)
{
	return result(madvise(s->at, page_size(), MADV_MERGEABLE));
}

static int call_mbind(struct scene *s)
{
	unsigned long mask = 1;

	return result(syscall(SYS_mbind, s->at, page_size(), MPOL_BIND, &mask,
			      sizeof(mask) * 8, 0));
}

static const char *mbind_missing(void)
{
	return syscall(SYS_get_mempolicy, NULL, NULL, 0, NULL, 0) && errno == ENOSYS ?
		"this kernel has no memory policies" : NULL;
}

static int call_shrink(struct scene *s)
{
	void *at = mremap(s->r.base, thp_size(), s->at - s->r.base, 0);

	return at == MAP_FAILED ? errno : 0;
}

static bool shrunk(struct scene *s)
{
	return !can_read(s->at) &&
	       region_holds(&s->r, 0, (s->at - s->r.base) / page_size());
}

/* MREMAP_FIXED unmaps what was there: let nothing be. */
static void clear_target(struct scene *s)
{
	if (munmap(s->target, (s->r.thps + 1) * thp_size()))
		fatal("munmap");
}

static int move(char *from, size_t size, char *to)
{
	void *at = mremap(from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to);

	return at == MAP_FAILED ? errno : 0;
}

static int call_move_page(struct scene *s)
{
	return move(s->at, page_size(), s->target);
}

static bool page_moved(struct scene *s)
{
	size_t page = (s->at - s->r.base) / page_size();

	/* The page is moved before the source is unmapped, which may fail. */
	if (s->other_failed && can_read(s->at) && !pattern_zero(s->at, 1))
		return false;
	return (s->other_failed || !can_read(s->at)) &&
	       scene_rest_intact(s) &&
	       pattern_holds(s->target, 1, s->r.seed, page);
}

static int call_move_misaligned(struct scene *s)
{
	return move(s->r.base, s->r.thps * thp_size(),
		    s->target + page_size());
}

static bool all_moved(struct scene *s)
{
	return !can_read(s->r.base) &&
	       pattern_holds(s->target + page_size(),
			     s->r.thps * thp_pages(), s->r.seed, 0);
}

static const struct sweep sweeps[] = {
	{ "munmap of a page", .split_error = ENOMEM, .call = scene_munmap,
	  .done = scene_gone },
	{ "MAP_FIXED over a page", .split_error = ENOMEM,
	  .may_lose = true, .call = call_map_fixed, .done = scene_zero },
	{ "mprotect of a page to read", .split_error = ENOMEM,
	  .call = scene_mprotect, .done = scene_read_only },
	{ "mprotect of a page to none", .split_error = ENOMEM,
	  .call = call_mprotect_none, .done = scene_gone },
	{ "mprotect that merges with the next VMA", .thps = 2,
	  .split_error = ENOMEM, .set_up = next_read_only,
	  .call = call_merge_next, .done = merged_next },
	{ "mprotect that merges with the VMA before", .thps = 2,
	  .split_error = ENOMEM, .set_up = first_read_only,
	  .call = call_merge_before, .done = merged_before,
	  .undone = second_writable },
	{ "mlock of a page", .split_error = ENOMEM, .call = call_mlock },
	{ "munlock of a page", .split_error = ENOMEM, .set_up = lock_all,
	  .call = call_munlock },
	{ "MADV_DONTFORK of a page", .split_error = EAGAIN,
	  .call = call_dontfork, .done = child_has_no_page },
	{ "MADV_WIPEONFORK of a page", .split_error = EAGAIN,
	  .call = call_wipeonfork, .done = child_reads_zero },
	{ "MADV_NOHUGEPAGE of a page", .split_error = EAGAIN,
	  .call = call_nohugepage },
	{ "MADV_DONTDUMP of a page", .split_error = EAGAIN,
	  .call = call_dontdump },
	{ "MADV_MERGEABLE of a page", .split_error = EAGAIN,
	  .call = call_mergeable },
	{ "mbind of a page", .missing = mbind_missing,
	  .split_error = ENOMEM, .call = call_mbind },
	{ "mremap to half the size", .split_error = ENOMEM,
	  .call = call_shrink, .done = shrunk },
	{ "mremap of a page away", .split_error = ENOMEM, .may_keep = 1,
	  .charges = true,
	  .set_up = clear_target, .call = call_move_page, .done = page_moved },
	{ "mremap to a misaligned place", .thps = 2, .split_error = ENOMEM,
	  .may_keep = 3, .charges = true, .set_up = clear_target,
	  .call = call_move_misaligned, .done = all_moved },
};

SWEEPS_AT_LIMIT("fail-vma", sweeps)
SWEEPS("fail-vma", SPLIT_OF_PMD, sweeps)
