// SPDX-License-Identifier: GPL-2.0
/* All of a THP's life with a split in it: map, write, split, unmap. */
#include "bench.h"

static void live(const struct work *w)
{
	huge_map(w->at, w->size);
	huge_write_each(w->at, w->size);
	huge_split_each(w->at, w->size);
	huge_unmap(w->at, w->size);
}

BENCH(life_split, .thps = 64, .op = live)
