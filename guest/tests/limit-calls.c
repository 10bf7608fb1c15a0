// SPDX-License-Identifier: GPL-2.0
/*
 * Whatever splits a THP, a memory cgroup at its limit is no reason that it
 * fails, that a process is killed, or that it is not done: the table was charged
 * when the THP was mapped, or is charged without asking.
 */
#include "../lib/test.h"

static const char *const tables[] = {
	"fail-vma", "fail-advice", "fail-fault", "fail-uffd", "fail-uffd-rwp",
	"fail-folio",
};

TEST("limit-calls")
{
	if (!cgroup_make()) {
		report_skip("this kernel has no memory cgroups");
		return;
	}
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		sweeps_at_limit(tables[i], LIMIT_NOBODY);
	cgroup_remove();
}
