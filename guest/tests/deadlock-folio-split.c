// SPDX-License-Identifier: GPL-2.0
/*
 * A folio is split while the memory cgroup is at the limit. A PTE table that
 * is charged under the anon_vma's lock would enter reclaim, whose shrinker of
 * the deferred split list waits for that same lock: the task would hang.
 */
#include "../lib/test.h"

static void folio_split_at_the_limit(void)
{
	pressure_run(split_folio);
}

TEST("deadlock-folio-split")
{
	if (!cgroup_make_for_tables())
		return;
	CASE(folio_split_at_the_limit);
	cgroup_remove();
}
