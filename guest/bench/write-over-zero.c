// SPDX-License-Identifier: GPL-2.0
/*
 * A write where the huge zero page is mapped: a THP takes its place or, on older
 * kernels, the PMD is split and a base page takes the place of one.
 */
#include "bench.h"

static void write_each(const struct work *w)
{
	huge_write_each(w->at, w->size);
}

static void check_replaced(const struct work *w)
{
	if (huge_zero_is_replaced_whole())
		check_huge(w);
	else
		check_split(w);
}

BENCH(write_over_zero, .thps = 64, .prepare = work_populate_zero,
      .op = write_each, .check = check_replaced,
      .missing = zero_page_missing)
