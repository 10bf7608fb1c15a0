// SPDX-License-Identifier: GPL-2.0
/* MADV_DONTNEED of whole THPs. */
#include "bench.h"

static void discard(const struct work *w)
{
	if (madvise(w->at, w->size, MADV_DONTNEED))
		fatal("MADV_DONTNEED");
}

BENCH(dontneed, .thps = 64, .prepare = work_populate, .op = discard)
