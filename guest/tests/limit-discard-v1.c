// SPDX-License-Identifier: GPL-2.0
/*
 * limit-discard in a memory cgroup of v1 that must not kill: a charge that is
 * refused there waits for ever. In a boot of its own, since what a cgroup of v2
 * was charged for is uncharged wrongly once the controller is one of v1.
 */
#include "../lib/test.h"

TEST("limit-discard-v1")
{
	if (!cgroup_turn_to_v1()) {
		report_skip("this kernel has no memory cgroups of v1");
		return;
	}
	if (!cgroup_make() || cgroup_write("memory.oom_control", "1"))
		fatal("a cgroup without OOM killer");
	sweeps_at_limit("fail-zap", LIMIT_CALLER);
	sweeps_at_limit("limit-discard", LIMIT_CALLER);
	cgroup_remove();
}
