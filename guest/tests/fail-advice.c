// SPDX-License-Identifier: GPL-2.0
/*
 * Advice about a part of a THP is dropped when the folio cannot be split:
 * memory is intact and the call says success.
 */
#include <errno.h>
#include <sys/mman.h>

#include "../lib/test.h"

#define SWAP_SIZE	(64 * thp_size())

static int advise(struct scene *s, int advice)
{
	return madvise(s->at, page_size(), advice) ? errno : 0;
}

static int call_free(struct scene *s)
{
	return advise(s, MADV_FREE);
}

static int call_cold(struct scene *s)
{
	return advise(s, MADV_COLD);
}

static int call_pageout(struct scene *s)
{
	return advise(s, MADV_PAGEOUT);
}

static const struct sweep sweeps[] = {
	{ "MADV_FREE of a page", .advice = true, .call = call_free },
	{ "MADV_COLD of a page", .advice = true, .call = call_cold },
	{ "MADV_PAGEOUT of a page", .advice = true, .call = call_pageout },
};

SWEEPS_AT_LIMIT("fail-advice", sweeps)

TEST("fail-advice")
{
	bool swap = swap_on(SWAP_SIZE);

	if (!swap)
		report_skip("no zram: MADV_PAGEOUT goes nowhere");
	sweeps_run(SPLIT_OF_FOLIO, sweeps, sizeof(sweeps) / sizeof(*sweeps));
	if (swap)
		swap_off();
}
