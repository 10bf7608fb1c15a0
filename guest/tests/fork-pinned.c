// SPDX-License-Identifier: GPL-2.0
/*
 * A pinned THP cannot be shared: fork() splits the parent's PMD and copies
 * the pages, so that the device goes on to see what the parent writes.
 */
#include "../lib/test.h"

#define THPS	2
#define PINNED	0

static void reader(struct child *me, void *arg)
{
	struct region *r = arg;

	report(region_intact(r), "child reads the parent's contents");
	child_pause(me);
	report(region_intact(r), "and still does when the parent has written");
}

static void child_gets_a_copy(void)
{
	struct region r = region_reserve(THPS);
	struct tables cost = family_cost();
	int pin = pin_open();
	struct tables before;
	struct child c;

	region_map(&r, 0, THPS);
	region_fill(&r, 1);
	before = tables_read(0);
	if (pin_pages(pin, region_page(&r, PINNED + 1), page_size()))
		fatal("pinning");
	report_tables(&before, 0, "pinned");
	c = child_start(reader, &r);
	child_wait_pause(&c);
	cost.pid = c.pid;
	report_process_tables(&cost, 1 + tables_if_huge(1), "child");
	report_process_tables(&before, tables_if_split(1), "parent");
	report(region_intact(&r), "parent's contents");
	report(region_huge(&r) == THPS - 1, "the other one stays huge");
	region_fill(&r, 2);
	report(region_intact(&r), "parent's new contents");
	child_go(&c);
	child_end(&c);
	report_tables(&before, tables_if_split(THPS), "child has exited");
	unpin_pages(pin);
	report(region_intact(&r), "parent's contents at the end");
}

TEST("fork-pinned")
{
	const char *missing = pin_missing();

	if (missing) {
		report_skip("%s", missing);
		return;
	}
	CASE(child_gets_a_copy);
}
