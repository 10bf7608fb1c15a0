// SPDX-License-Identifier: GPL-2.0
/* The first write to a THP: allocates, clears and maps it. */
#include "bench.h"

static void write_each(const struct work *w)
{
	huge_write_each(w->at, w->size);
}

BENCH(write_fault, .thps = 64, .prepare = work_map, .op = write_each,
      .check = check_huge)
