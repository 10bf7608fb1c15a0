// SPDX-License-Identifier: GPL-2.0
/*
 * Memory failure takes one page out of a THP: where the folio cannot be split,
 * the process is told by a signal, the call says EHWPOISON, and all is mapped and
 * intact.
 */
#include <errno.h>

#include "../lib/test.h"

static bool told_and_mapped(struct scene *s)
{
	return (scene_poison_told() || s->other_failed) && can_write(s->at);
}

static const struct sweep sweeps[] = {
	{ "MADV_HWPOISON of a page", .split_error = EHWPOISON,
	  .splits_again = true,
	  .set_up = scene_poison_ready, .call = scene_poison,
	  .done = scene_poisoned, .undone = told_and_mapped },
};

SWEEPS_AT_LIMIT("fail-hwpoison", sweeps)

TEST("fail-hwpoison")
{
	const char *missing = poison_missing();

	if (missing) {
		report_skip("%s", missing);
		return;
	}
	sweeps_run(SPLIT_OF_FOLIO, sweeps, sizeof(sweeps) / sizeof(*sweeps));
}
