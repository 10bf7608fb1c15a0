// SPDX-License-Identifier: GPL-2.0
/*
 * MADV_DONTFORK and MADV_WIPEONFORK of one page of a THP: the child never
 * reads that page, and reads every other.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define SECRET 3

static void no_page(struct child *me, void *arg)
{
	struct region *r = arg;

	(void)me;
	report(!can_read(region_page(r, SECRET)), "child has no such page");
	report(region_holds(r, 0, SECRET) &&
	       region_holds(r, SECRET + 1, thp_pages() - SECRET - 1),
	       "child has the others");
}

static void zero_page(struct child *me, void *arg)
{
	struct region *r = arg;

	(void)me;
	report(pattern_zero(region_page(r, SECRET), 1), "child reads zero");
	report(region_holds(r, 0, SECRET) &&
	       region_holds(r, SECRET + 1, thp_pages() - SECRET - 1),
	       "child has the others");
}

static void advise(int advice, void (*body)(struct child *me, void *arg))
{
	struct region r = region_of_thps(1, advice);
	struct tables before = tables_read(0);
	struct child c;

	if (madvise(region_page(&r, SECRET), page_size(), advice))
		fatal("madvise");
	report_tables(&before, tables_if_split(1), "split");
	c = child_start(body, &r);
	child_end(&c);
	report(region_intact(&r), "parent's contents");
	report_tables(&before, tables_if_split(1), "child has exited");
}

static void dontfork(void)
{
	advise(MADV_DONTFORK, no_page);
}

static void wipeonfork(void)
{
	advise(MADV_WIPEONFORK, zero_page);
}

TEST("fork-advice")
{
	CASE(dontfork);
	CASE(wipeonfork);
}
