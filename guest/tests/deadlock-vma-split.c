// SPDX-License-Identifier: GPL-2.0
/*
 * A VMA is split while its memory cgroup is at the limit. A PTE table that is
 * charged under the anon_vma's lock would enter reclaim, whose shrinker of
 * the deferred split list waits for that same lock: the task would hang.
 */
#include "../lib/test.h"

static void mprotect_at_the_limit(void)
{
	pressure_run(split_vma);
}

TEST("deadlock-vma-split")
{
	if (!cgroup_make_for_tables())
		return;
	CASE(mprotect_at_the_limit);
	cgroup_remove();
}
