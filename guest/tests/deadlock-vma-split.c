// SPDX-License-Identifier: GPL-2.0
/*
 * A VMA is split while its memory cgroup is at the limit. A PTE table that is
 * charged under the anon_vma's lock would enter reclaim, whose shrinker of
 * the deferred split list waits for that same lock: the task would hang.
 */
#include <sys/mman.h>

#include "../lib/test.h"

static void protect_a_page(const struct region *r, size_t thp)
{
	if (mprotect(region_page(r, thp * thp_pages() + 1), page_size(),
		     PROT_READ))
		fatal("mprotect of THP %zu", thp);
}

static void mprotect_at_the_limit(void)
{
	pressure_run(protect_a_page);
}

TEST("deadlock-vma-split")
{
	if (!kernel_deposits() && tables_share_pages()) {
		report_skip("tables share pages here: most splits charge nothing");
		return;
	}
	if (!cgroup_make()) {
		report_skip("this kernel has no memory cgroups");
		return;
	}
	CASE(mprotect_at_the_limit);
	cgroup_remove();
}
