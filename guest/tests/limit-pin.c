// SPDX-License-Identifier: GPL-2.0
/*
 * A long-term pin has to take a THP out of ZONE_MOVABLE, and where there is no
 * other THP to migrate it to, as base pages: a memory cgroup at its limit is no
 * reason that it cannot be split for that, nor that a table cannot be had the
 * first time.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/test.h"

#define SEVERAL	4

static const char *movable_zone_missing(void)
{
	static char zones[65536];
	char *zone;
	long present = 0;

	if (file_read("/proc/zoneinfo", zones, sizeof(zones)) < 0)
		fatal("reading /proc/zoneinfo");
	zone = strstr(zones, "Movable\n");
	if (zone)
		zone = strstr(zone, "present");
	if (zone)
		sscanf(zone, "present %ld", &present);
	return present > 0 ? NULL : "this machine has no ZONE_MOVABLE";
}

/* No page of a THP's size is to be had: no target to migrate to. */
static void no_targets(struct scene *s)
{
	s->fd = pin_open();
	s->value = vmstat("thp_migration_split");
	fail_aim(FAIL_ANY, NULL);
	fail_from_order(__builtin_ctzl(thp_pages()));
	fail_always(100, false);
	/* So that its own file and stack are there. */
	fail_me(true);
	fail_me(false);
}

static int call_pin(struct scene *s)
{
	int error;

	fail_me(true);
	error = pin_pages(s->fd, s->at, page_size() +
			  (s->r.thps - 1) * thp_size());
	fail_me(false);
	return error;
}

static void fail_no_more(struct scene *s)
{
	(void)s;
	fail_always(0, false);
	fail_from_order(0);
	fail_aim(FAIL_ANY, NULL);
}

/* Nor is there, the first time, a page for a table: another try finds one. */
static void no_targets_and_no_table(struct scene *s)
{
	s->fd = pin_open();
	s->value = vmstat("thp_migration_split");
	fail_aim(FAIL_INSIDE, "migrate_pages_batch");
	fail_always(100, false);
	fail_me(true);
	fail_me(false);
	/* The target, the table, the target again. */
	fail_pages(kernel_deposits() ? 1 : 3);
}

/* Each was split on its way. */
static bool migrated(struct scene *s)
{
	return vmstat("thp_migration_split") - s->value == (long)s->r.thps &&
	       region_intact(&s->r);
}

static void unpin(struct scene *s)
{
	unpin_pages(s->fd);
	close(s->fd);
}

static const struct sweep pins[] = {
	{ "pin of a page", .set_up = no_targets, .call = call_pin,
	  .finish = fail_no_more, .done = migrated, .tear_down = unpin },
	{ "pin of several THPs", .thps = SEVERAL,
	  .set_up = no_targets, .call = call_pin,
	  .finish = fail_no_more, .done = migrated, .tear_down = unpin },
	{ "pin of a page while a first table cannot be had",
	  .set_up = no_targets_and_no_table, .call = call_pin,
	  .finish = fail_no_more, .done = migrated, .tear_down = unpin },
};

SWEEPS_AT_LIMIT("limit-pin", pins)

TEST("limit-pin")
{
	const char *missing = pin_missing();

	if (!missing)
		missing = fail_missing();
	if (!missing)
		missing = movable_zone_missing();
	if (missing) {
		report_skip("%s", missing);
		return;
	}
	if (!cgroup_make_or_skip())
		return;
	sweeps_at_limit("limit-pin", LIMIT_NOBODY);
	cgroup_remove();
}
