// SPDX-License-Identifier: GPL-2.0
/*
 * A write fault maps a THP with one huge PMD: with a deposit that costs a PTE
 * table, without it costs none.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS 8

static void each_write_fault_maps_a_huge_page(void)
{
	struct region r = region_reserve(THPS);
	struct tables before = tables_read(0);

	region_map(&r, 0, THPS);
	report_tables(&before, 0, "mapped, not touched");
	region_fill(&r, 1);
	report(region_huge(&r) == THPS, "%d THPs are huge", THPS);
	report(region_intact(&r), "contents");
	report_tables(&before, tables_if_huge(THPS), "8 THPs");
}

static void a_fresh_huge_page_is_zero(void)
{
	struct region r = region_reserve(1);
	struct tables before = tables_read(0);

	region_map(&r, 0, 1);
	*region_page(&r, 1) = 1;
	report(pagemap_is_huge(r.base), "one write maps a huge page");
	*region_page(&r, 1) = 0;
	report(pattern_zero(r.base, thp_pages()), "every other byte is zero");
	report_tables(&before, tables_if_huge(1), "1 THP");
}

static void a_fault_outside_a_huge_page_costs_a_table(void)
{
	struct region r = region_reserve(2);
	struct tables before = tables_read(0);

	region_map(&r, 0, 2);
	if (madvise(region_thp(&r, 1), thp_size(), MADV_NOHUGEPAGE))
		fatal("MADV_NOHUGEPAGE");
	*region_thp(&r, 0) = 1;
	*region_thp(&r, 1) = 1;
	report(region_huge(&r) == 1, "only one of two is huge");
	report_tables(&before, tables_if_huge(1) + 1, "1 THP and 1 base page");
}

TEST("anon-fault")
{
	CASE(each_write_fault_maps_a_huge_page);
	CASE(a_fresh_huge_page_is_zero);
	CASE(a_fault_outside_a_huge_page_costs_a_table);
}
