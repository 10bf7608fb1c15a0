// SPDX-License-Identifier: GPL-2.0
/*
 * A guard region in a THP splits its PMD and takes exactly the pages that it
 * was asked to.
 */
#include <sys/mman.h>

#include "../lib/test.h"

static void install(void *addr, size_t size)
{
	if (madvise(addr, size, MADV_GUARD_INSTALL))
		fatal("MADV_GUARD_INSTALL");
}

static void part(size_t first, size_t pages)
{
	struct region r = region_of_thps(1, 1);
	struct tables before = tables_read(0);
	size_t end = first + pages;
	char *at = region_page(&r, first);

	install(at, pages * page_size());
	report_tables(&before, tables_if_split(1), "split");
	report(!can_read(at) && !can_read(region_page(&r, end) - 1),
	       "guarded");
	report(region_holds(&r, 0, first) &&
	       region_holds(&r, end, thp_pages() - end), "the rest is intact");
	if (madvise(at, pages * page_size(), MADV_GUARD_REMOVE))
		fatal("MADV_GUARD_REMOVE");
	report(pattern_zero(at, pages), "reads zero without the guard");
	report(region_holds(&r, 0, first) &&
	       region_holds(&r, end, thp_pages() - end),
	       "the rest is intact at the end");
	report_tables(&before, tables_if_split(1), "still split");
}

/* Guards are PTEs: the THP goes, a table of guards takes its place. */
static void whole(void)
{
	struct region r = region_of_thps(2, 2);
	struct tables before = tables_read(0);

	install(r.base, thp_size());
	report(!can_read(r.base) && !can_read(region_thp(&r, 1) - 1),
	       "guarded");
	report(region_holds(&r, thp_pages(), thp_pages()),
	       "the other one is intact");
	report(region_huge(&r) == 1, "the other one stays huge");
	report_tables(&before, 1 - tables_if_huge(1), "1 of 2 guarded");
}

TEST("guard")
{
	const char *missing = guards_missing();

	if (missing) {
		report_skip("%s", missing);
		return;
	}
	cases_of_parts(part);
	CASE(whole);
}
