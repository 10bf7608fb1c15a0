// SPDX-License-Identifier: GPL-2.0
/* MADV_DONTNEED of one base page of each THP. */
#include "bench.h"

static void split_each(const struct work *w)
{
	huge_split_each(w->at, w->size);
}

BENCH(split_dontneed, .thps = 64, .prepare = work_populate, .op = split_each,
      .check = check_split)
