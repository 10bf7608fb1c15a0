// SPDX-License-Identifier: GPL-2.0
/*
 * Walks over all processes that map a folio (split of the folio, reclaim,
 * migration, soft offlining): what cannot be split stays mapped and intact.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"

#define SWAP_SIZE	(64 * thp_size())

static void share(struct scene *s)
{
	scene_share(s, 1);
}

static void share_with_three(struct scene *s)
{
	scene_share(s, 3);
}

static int call_split(struct scene *s)
{
	static const char file[] = "/sys/kernel/debug/split_huge_pages";
	char text[96];
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	int error = 0;
	int len;

	if (fd < 0)
		return errno;
	len = snprintf(text, sizeof(text), "%d,%p,%p", getpid(),
		       (void *)s->r.base, (void *)region_thp(&s->r, 1));
	if (write(fd, text, len) != len)
		error = errno;
	close(fd);
	return error;
}

static int call_pageout(struct scene *s)
{
	return madvise(s->r.base, thp_size(), MADV_PAGEOUT) ? errno : 0;
}

static int call_soft_offline(struct scene *s)
{
	return madvise(s->at, page_size(), MADV_SOFT_OFFLINE) ? errno : 0;
}

/* The THP as base pages, ready to be collapsed. */
static void base_pages(struct scene *s)
{
	if (mprotect(s->at, page_size(), PROT_READ) ||
	    mprotect(s->at, page_size(), PROT_READ | PROT_WRITE))
		fatal("mprotect");
}

static int call_collapse(struct scene *s)
{
	return madvise(s->r.base, thp_size(), MADV_COLLAPSE) ? errno : 0;
}

static bool collapsed(struct scene *s)
{
	return region_huge(&s->r) == 1 && region_intact(&s->r);
}

static int call_move(struct scene *s)
{
	int node = node_move(s->r.base, !node_of(s->r.base));

	return node < 0 ? -node : 0;
}

static const char *second_node_missing(void)
{
	return node_two() ? NULL : "this machine has one node";
}

static const struct sweep sweeps[] = {
	{ "split of a folio", .advice = true, .call = call_split },
	{ "split of a folio of two processes", .advice = true,
	  .set_up = share, .call = call_split },
	{ "split of a folio of four processes", .advice = true,
	  .set_up = share_with_three, .call = call_split },
	{ "MADV_PAGEOUT of a THP", .advice = true, .most = 40,
	  .call = call_pageout },
	{ "MADV_SOFT_OFFLINE of a page", .split_error = EBUSY,
	  .splits_again = true,
	  .missing = poison_missing, .call = call_soft_offline },
	{ "MADV_COLLAPSE", .charges = true, .never_splits = true, .split_error = EAGAIN,
	  .set_up = base_pages, .call = call_collapse, .done = collapsed },
	{ "move_pages of a THP", .advice = true, .never_splits = true,
	  .split_error = EAGAIN, .missing = second_node_missing,
	  .call = call_move },
};

SWEEPS_AT_LIMIT("fail-folio", sweeps)

TEST("fail-folio")
{
	if (!swap_on_by_pte(SWAP_SIZE)) {
		report_skip("this kernel has no zram");
		return;
	}
	sweeps_run(SPLIT_OF_FOLIO, sweeps, sizeof(sweeps) / sizeof(*sweeps));
	swap_off();
}
