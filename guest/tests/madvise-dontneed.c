// SPDX-License-Identifier: GPL-2.0
/*
 * MADV_DONTNEED discards what it was asked to discard, which reads zero from
 * then on, and nothing else; of a part it splits the PMD.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS 4

static void discard(void *addr, size_t size)
{
	if (madvise(addr, size, MADV_DONTNEED))
		fatal("MADV_DONTNEED");
}

static void whole(void)
{
	struct region r = region_of_thps(THPS, 1);
	struct tables before = tables_read(0);

	discard(r.base, THPS * thp_size());
	report_tables(&before, tables_if_huge(-THPS), "discarded");
	report(pattern_zero(r.base, THPS * thp_pages()), "reads zero");
	/* The zero page, which older kernels split when it is written to. */
	discard(r.base, THPS * thp_size());
	region_fill(&r, 2);
	report(region_intact(&r), "new contents");
	report(region_huge(&r) == THPS, "huge again");
	report_tables(&before, 0, "filled again");
}

static void one_of_several(void)
{
	struct region r = region_of_thps(THPS, 3);
	struct tables before = tables_read(0);

	discard(region_thp(&r, 2), thp_size());
	report_tables(&before, tables_if_huge(-1), "1 of 4 THPs discarded");
	report(region_holds(&r, 0, 2 * thp_pages()) &&
	       region_holds(&r, 3 * thp_pages(), thp_pages()),
	       "the others are intact");
	report(region_huge(&r) == THPS - 1, "the others stay huge");
	report(pattern_zero(region_thp(&r, 2), thp_pages()), "it reads zero");
}

static void part(size_t first, size_t pages)
{
	struct region r = region_of_thps(1, 4);
	struct tables before = tables_read(0);
	size_t end = first + pages;

	discard(region_page(&r, first), pages * page_size());
	report_tables(&before, tables_if_split(1), "split");
	report(region_huge(&r) == 0, "no longer huge");
	report(pattern_zero(region_page(&r, first), pages),
	       "the part reads zero");
	report(region_holds(&r, 0, first) &&
	       region_holds(&r, end, thp_pages() - end), "the rest is intact");
	report_tables(&before, tables_if_split(1), "still split");
}

static void first_page(void)
{
	part(0, 1);
}

static void last_page(void)
{
	part(thp_pages() - 1, 1);
}

static void all_but_one_page(void)
{
	part(1, thp_pages() - 1);
}

static void end_of_one_and_start_of_the_next(void)
{
	struct region r = region_of_thps(2, 5);
	struct tables before = tables_read(0);
	size_t half = thp_pages() / 2;

	discard(region_page(&r, half), thp_size());
	report_tables(&before, tables_if_split(2), "both split");
	report(pattern_zero(region_page(&r, half), thp_pages()),
	       "the part reads zero");
	report(region_holds(&r, 0, half) && region_holds(&r, 3 * half, half),
	       "the rest is intact");
}

TEST("madvise-dontneed")
{
	CASE(whole);
	CASE(one_of_several);
	CASE(first_page);
	CASE(last_page);
	CASE(all_but_one_page);
	CASE(end_of_one_and_start_of_the_next);
}
