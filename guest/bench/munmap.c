// SPDX-License-Identifier: GPL-2.0
/* munmap() of THPs, of the huge zero page, and, as a control, of base pages. */
#include "bench.h"

static void unmap(const struct work *w)
{
	huge_unmap(w->at, w->size);
}

BENCH(munmap, .thps = 64, .prepare = work_populate, .op = unmap)
BENCH(munmap_zero, .thps = 256, .prepare = work_populate_zero, .op = unmap,
      .missing = zero_page_missing)
BENCH(base_munmap, .thps = 16, .prepare = work_populate_base, .op = unmap)
