// SPDX-License-Identifier: GPL-2.0
/* The first read from a THP: maps the huge zero page. */
#include "bench.h"

static void read_each(const struct work *w)
{
	huge_read_each(w->at, w->size);
}

BENCH(read_fault, .thps = 256, .prepare = work_map, .op = read_each,
      .check = check_huge, .missing = zero_page_missing)
