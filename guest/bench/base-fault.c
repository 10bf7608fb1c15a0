// SPDX-License-Identifier: GPL-2.0
/* A control: write faults on base pages. */
#include "bench.h"

static void map(const struct work *w)
{
	base_map(w->at, w->size);
}

static void write_each(const struct work *w)
{
	base_write_each(w->at, w->size);
}

BENCH(base_fault, .thps = 16, .prepare = map, .op = write_each)
