// SPDX-License-Identifier: GPL-2.0
#include <time.h>
#include <unistd.h>

#include "aimed.h"
#include "child.h"
#include "fail.h"
#include "report.h"
#include "size.h"
#include "tables.h"
#include "vmstat.h"

#define FAILED	"thp_split_pmd_failed"

/* Goes of @act, each followed by a pause: some guest seconds. */
#define GOES	300

static void rest(void)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

	nanosleep(&pause, NULL);
}

/* What is tried is tried with every THP before failures end. */
static bool try_in_vain(const struct aimed *a, const struct region *r)
{
	long want;

	if (!a->tried) {
		a->act(r);
		return true;
	}
	want = vmstat(a->tried) + r->thps;
	for (int i = 0; i < GOES; i++) {
		a->act(r);
		rest();
		if (vmstat(a->tried) >= want)
			return true;
	}
	return false;
}

static bool try_until_done(const struct aimed *a, const struct region *r)
{
	for (int i = 0; i < GOES; i++) {
		a->act(r);
		if (a->done(r))
			return true;
		rest();
	}
	return false;
}

static void report_splits(const struct aimed *a, long splits)
{
	if (a->splits == AIMED_SOME)
		report(splits > 0, "splits fail");
	else if (!report(splits == a->splits,
			 "thp_split_pmd_failed counts exactly %ld", a->splits))
		report_note("it moved by %ld", splits);
}

void aimed_run(const struct aimed *a, struct region *r)
{
	struct tables before = tables_read(0);
	size_t huge = region_huge(r);
	long count = vmstat(FAILED);
	long splits;

	fail_aim(FAIL_INSIDE, a->inside);
	fail_always(100, true);
	report(try_in_vain(a, r), "is tried");
	if (a->stop)
		a->stop(r);
	fail_always(0, true);
	fail_aim(FAIL_ANY, NULL);
	splits = vmstat(FAILED) - count;
	report_splits(a, splits);
	report(region_huge(r) == huge, "no PMD changed when it failed");
	report_tables(&before, 0, "failed");
	report(region_intact(r), "contents when it failed");

	count = vmstat(FAILED);
	report(try_until_done(a, r), "is done when nothing fails");
	if (a->stop)
		a->stop(r);
	report_process_tables(&before, a->tables, "done");
	report_system_tables(&before, a->tables * (1 + (long)a->sharers), "done");
	report(region_intact(r), "contents when it is done");
	report(vmstat(FAILED) == count, "no split failed");
	report_note("aimed: %s; inside=%s split_failed=%ld", a->name,
		    a->inside, splits);
}

bool aimed_possible(void)
{
	if (fail_missing()) {
		report_skip("%s", fail_missing());
		return false;
	}
	if (tables_share_pages()) {
		report_skip("tables share pages here: most splits allocate nothing");
		return false;
	}
	return true;
}

bool aimed_huge(const struct region *r)
{
	return region_huge(r) == r->thps;
}
