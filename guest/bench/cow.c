// SPDX-License-Identifier: GPL-2.0
/* A write to a THP that a child shares: splits it and copies one base page. */
#include "bench.h"

static void prepare(const struct work *w)
{
	work_populate(w);
	sharers_start(1);
}

static void write_each(const struct work *w)
{
	huge_write_each(w->at, w->size);
}

static void undo(const struct work *w)
{
	sharers_end();
	huge_release(w->at, w->size);
}

BENCH(cow, .thps = 64, .prepare = prepare, .op = write_each,
      .check = check_split, .undo = undo)
