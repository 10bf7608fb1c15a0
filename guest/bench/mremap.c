// SPDX-License-Identifier: GPL-2.0
/*
 * mremap() of THPs: to an aligned place, which moves the PMDs, and to one that
 * is a base page off, which splits them and moves the PTEs.
 */
#include "bench.h"

static void move(const struct work *w, char *to)
{
	if (mremap(w->at, w->size, w->size, MREMAP_MAYMOVE | MREMAP_FIXED,
		   to) != to)
		fatal("mremap");
}

static void aligned(const struct work *w)
{
	move(w, w->to);
}

static void misaligned(const struct work *w)
{
	move(w, w->to + page_size());
}

static void check(const struct work *w)
{
	if (huge_count(w->to, w->size) != w->thps)
		fatal("not huge after the move");
}

static void undo(const struct work *w)
{
	huge_release(w->at, w->size);
	huge_release(w->to, w->size + thp_size());
}

BENCH(mremap, .thps = 64, .prepare = work_populate, .op = aligned,
      .check = check)
BENCH(split_mremap, .thps = 32, .prepare = work_populate, .op = misaligned,
      .undo = undo)
