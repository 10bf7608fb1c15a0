// SPDX-License-Identifier: GPL-2.0
/* A write where the huge zero page is mapped: a THP takes its place. */
#include "bench.h"

static void write_each(const struct work *w)
{
	huge_write_each(w->at, w->size);
}

BENCH(write_over_zero, .thps = 64, .prepare = work_populate_zero,
      .op = write_each, .check = check_huge)
