// SPDX-License-Identifier: GPL-2.0
/* mprotect() of one base page of each THP: splits the VMA and the PMD. */
#include "bench.h"

static void protect_each(const struct work *w)
{
	for (size_t i = 0; i < w->size; i += thp_size())
		if (mprotect(w->at + i + page_size(), page_size(), PROT_READ))
			fatal("mprotect");
}

BENCH(split_mprotect, .thps = 64, .prepare = work_populate,
      .op = protect_each, .check = check_split)
