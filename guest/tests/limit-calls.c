// SPDX-License-Identifier: GPL-2.0
/*
 * Whatever splits a THP, a memory cgroup at its limit is no reason that it
 * fails, that a process is killed, or that it is not done: the table was charged
 * when the THP was mapped, or is charged without asking.
 */
#include "../lib/test.h"

TEST("limit-calls")
{
	if (!cgroup_make()) {
		report_skip("this kernel has no memory cgroups");
		return;
	}
	sweeps_at_limit();
	cgroup_remove();
}
