// SPDX-License-Identifier: GPL-2.0
/* Split of folios by debugfs, each mapped by 1, 2, or 8 processes. */
#include <unistd.h>

#include "bench.h"

static const char *missing(void)
{
	return access("/sys/kernel/debug/split_huge_pages", W_OK) ?
	       "debugfs has no split_huge_pages, or it may not be written" : NULL;
}

static void mapped_by_1(const struct work *w)
{
	work_populate(w);
}

static void mapped_by_2(const struct work *w)
{
	work_populate(w);
	sharers_start(1);
}

static void mapped_by_8(const struct work *w)
{
	work_populate(w);
	sharers_start(7);
}

static void split(const struct work *w)
{
	split_folios(w->at, w->size);
}

static void undo(const struct work *w)
{
	sharers_end();
	huge_release(w->at, w->size);
}

BENCH(folio_split_1, .thps = 16, .prepare = mapped_by_1, .op = split,
      .check = check_split, .undo = undo, .missing = missing)
BENCH(folio_split_2, .thps = 16, .prepare = mapped_by_2, .op = split,
      .check = check_split, .undo = undo, .missing = missing)
BENCH(folio_split_8, .thps = 8, .prepare = mapped_by_8, .op = split,
      .check = check_split, .undo = undo, .missing = missing)
