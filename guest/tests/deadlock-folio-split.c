// SPDX-License-Identifier: GPL-2.0
/*
 * A folio is split while the memory cgroup is at the limit. A PTE table that
 * is charged under the anon_vma's lock would enter reclaim, whose shrinker of
 * the deferred split list waits for that same lock: the task would hang.
 */
#include "../lib/test.h"

static void split_folio(const struct region *r, size_t thp)
{
	split_folios(region_thp(r, thp), thp_size());
}

static void folio_split_at_the_limit(void)
{
	pressure_run(split_folio);
}

TEST("deadlock-folio-split")
{
	if (!kernel_deposits() && tables_share_pages()) {
		report_skip("tables share pages here: most splits charge nothing");
		return;
	}
	if (!cgroup_make()) {
		report_skip("this kernel has no memory cgroups");
		return;
	}
	CASE(folio_split_at_the_limit);
	cgroup_remove();
}
