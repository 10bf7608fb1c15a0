// SPDX-License-Identifier: GPL-2.0
/*
 * Memory failure takes one page out of a THP: where the folio cannot be split,
 * the process is told by a signal, the call says EHWPOISON, and all is mapped and
 * intact.
 */
#include <errno.h>
#include <string.h>

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

static struct scene scene_of_one(void)
{
	struct scene s = { .r = region_of_thps(1, 1) };

	s.at = region_page(&s.r, thp_pages() / 2);
	scene_poison_ready(&s);
	fail_aim(FAIL_INSIDE, SPLIT_OF_FOLIO);
	return s;
}

static void another_table_is_had(void)
{
	struct scene s = scene_of_one();
	bool failed;
	int error;

	fail_nth(1);
	error = scene_poison(&s);
	failed = fail_nth_end();
	fail_aim(FAIL_ANY, NULL);
	report(failed, "the first one failed");
	if (!report(!error, "succeeds"))
		report_note("%s", strerror(error));
	report(scene_poisoned(&s), "no more than the page is lost");
}

static void no_table_can_be_had(void)
{
	struct scene s = scene_of_one();
	int error;

	fail_me(true);
	fail_always(100, false);
	error = scene_poison(&s);
	fail_always(0, false);
	fail_me(false);
	fail_aim(FAIL_ANY, NULL);
	if (!report(error == EHWPOISON, "EHWPOISON"))
		report_note("%s", strerror(error));
	report(scene_poison_told(), "the process is told by a signal");
	report(pagemap_is_huge(s.r.base), "still huge");
	report(region_intact(&s.r), "contents");
}

TEST("fail-hwpoison")
{
	const char *missing = poison_missing();

	if (missing) {
		report_skip("%s", missing);
		return;
	}
	sweeps_run(SPLIT_OF_FOLIO, sweeps, sizeof(sweeps) / sizeof(*sweeps));
	if (aimed_possible()) {
		CASE(another_table_is_had);
		CASE(no_table_can_be_had);
	}
}
