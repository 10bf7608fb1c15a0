// SPDX-License-Identifier: GPL-2.0
/*
 * munmap() of whole THPs zaps them and takes their deposit along; munmap() of
 * a part splits the PMD first.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS 4

static void whole(void)
{
	struct region r = region_reserve(THPS);
	struct tables before = tables_read(0);

	region_map(&r, 0, THPS);
	region_fill(&r, 1);
	report_tables(&before, tables_if_huge(THPS), "mapped");
	if (munmap(r.base, THPS * thp_size()))
		fatal("munmap");
	report_tables(&before, 0, "unmapped");
	report(!can_read(r.base), "the first byte is gone");
	report(!can_read(region_thp(&r, THPS) - 1), "the last byte is gone");
}

static void one_of_several(void)
{
	struct region r = region_of_thps(THPS, 2);
	struct tables before = tables_read(0);

	if (munmap(region_thp(&r, 1), thp_size()))
		fatal("munmap");
	report_tables(&before, tables_if_huge(-1), "1 of 4 THPs unmapped");
	report(region_huge(&r) == THPS - 1, "the others stay huge");
	report(region_holds(&r, 0, thp_pages()) &&
	       region_holds(&r, 2 * thp_pages(), 2 * thp_pages()),
	       "the others hold their contents");
}

/* Unmaps @pages base pages from number @first of the only THP. */
static void unmap_part(size_t first, size_t pages)
{
	struct region r = region_of_thps(1, 3);
	struct tables before = tables_read(0);
	size_t end = first + pages;

	if (munmap(region_page(&r, first), pages * page_size()))
		fatal("munmap");
	report_tables(&before, tables_if_split(1), "split");
	report(region_huge(&r) == 0, "no longer huge");
	report(region_holds(&r, 0, first) &&
	       region_holds(&r, end, thp_pages() - end),
	       "what was not unmapped holds its contents");
	report(!can_read(region_page(&r, first)) &&
	       !can_read(region_page(&r, end) - 1), "what was, is gone");
	if (munmap(r.base, thp_size()))
		fatal("munmap");
	report_tables(&before, tables_if_split(1) - 1, "all unmapped");
}

static void across_two(void)
{
	struct region r = region_of_thps(2, 4);
	struct tables before = tables_read(0);
	size_t half = thp_pages() / 2;

	if (munmap(region_page(&r, half), thp_size()))
		fatal("munmap");
	report_tables(&before, tables_if_split(2), "both split");
	report(region_holds(&r, 0, half) && region_holds(&r, 3 * half, half),
	       "both ends hold their contents");
}

static void mapping_over_a_part(void)
{
	struct region r = region_of_thps(1, 5);
	struct tables before = tables_read(0);
	char *page = region_page(&r, 1);

	if (mmap(page, page_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != page)
		fatal("MAP_FIXED");
	report_tables(&before, tables_if_split(1), "split");
	report(pattern_zero(page, 1), "the new page is zero");
	report(region_holds(&r, 0, 1) &&
	       region_holds(&r, 2, thp_pages() - 2), "the old ones are intact");
}

TEST("munmap")
{
	CASE(whole);
	CASE(one_of_several);
	cases_of_parts(unmap_part);
	CASE(across_two);
	CASE(mapping_over_a_part);
}
