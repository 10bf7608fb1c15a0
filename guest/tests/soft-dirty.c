// SPDX-License-Identifier: GPL-2.0
/*
 * Soft-dirty tracks a THP as one: clearing it splits nothing, and a write to
 * one byte marks all of that THP and nothing else.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS 4

static size_t dirty(const struct region *r, size_t thp)
{
	return pagemap_count(region_thp(r, thp), thp_pages(),
			     PAGEMAP_SOFT_DIRTY);
}

static void a_write_marks_its_huge_page(void)
{
	struct region r = region_of_thps(THPS, 1);
	struct tables before = tables_read(0);

	file_must_write("/proc/self/clear_refs", "4");
	for (size_t i = 0; i < THPS; i++)
		report(dirty(&r, i) == 0, "THP %zu is clean", i);
	report(region_huge(&r) == THPS, "all huge after clearing");
	report(region_intact(&r), "contents");
	report(can_write(region_thp(&r, 2)), "written to");
	for (size_t i = 0; i < THPS; i++)
		report(dirty(&r, i) == (i == 2 ? thp_pages() : 0),
		       "THP %zu is %s", i, i == 2 ? "dirty" : "clean");
	report(region_huge(&r) == THPS, "all huge");
	report(region_intact(&r), "contents at the end");
	report_tables(&before, 0, "no split");
}

/* After a split each page is tracked by itself. */
static void a_write_marks_its_base_page_after_a_split(void)
{
	struct region r = region_of_thps(1, 2);
	struct tables before = tables_read(0);

	file_must_write("/proc/self/clear_refs", "4");
	split_folios(r.base, thp_size());
	report_tables(&before, tables_if_split(1), "split");
	report(dirty(&r, 0) == 0, "the split leaves all clean");
	report(can_write(region_page(&r, 9)), "written to");
	report(dirty(&r, 0) == 1 && pagemap_entry(region_page(&r, 9)) &
	       PAGEMAP_SOFT_DIRTY, "only that page is dirty");
	report(region_intact(&r), "contents");
}

static void a_split_keeps_the_mark(void)
{
	struct region r = region_of_thps(1, 3);

	if (mprotect(r.base, page_size(), PROT_READ))
		fatal("mprotect");
	report(dirty(&r, 0) == thp_pages(), "all dirty");
}

TEST("soft-dirty")
{
	if (!pagemap_knows_soft_dirty()) {
		report_skip("this kernel does not track soft-dirty pages");
		return;
	}
	CASE(a_write_marks_its_huge_page);
	CASE(a_write_marks_its_base_page_after_a_split);
	CASE(a_split_keeps_the_mark);
}
