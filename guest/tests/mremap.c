// SPDX-License-Identifier: GPL-2.0
/*
 * mremap() moves a huge PMD as it is where source and target are aligned, and
 * splits it where they are not.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS 4

static void move(char *from, size_t size, char *to)
{
	if (mremap(from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		fatal("mremap");
}

static void aligned_to(struct region *r, char *to)
{
	struct tables before = tables_read(0);
	size_t size = THPS * thp_size();
	char *from = r->base;

	move(from, size, to);
	report(!can_read(from) && !can_read(from + size - 1),
	       "nothing is left at the source");
	r->base = to;
	report(region_intact(r), "contents");
	report(region_huge(r) == THPS, "still huge");
	report_tables(&before, 0, "moved");
	if (munmap(to, size))
		fatal("munmap");
	report_tables(&before, tables_if_huge(-THPS), "unmapped");
}

static void aligned_in_one_pmd_table(void)
{
	struct region r = region_of_thps(THPS, 1);

	aligned_to(&r, region_thp(&r, THPS + 1));
}

static void aligned_to_another_pmd_table(void)
{
	struct region r = region_of_thps(THPS, 2);
	struct region target = region_reserve(THPS);

	aligned_to(&r, target.base);
}

/* The target begins one page into a THP, and so ends in one more of them. */
static void misaligned(void)
{
	struct region r = region_of_thps(THPS, 3);
	struct tables before = tables_read(0);
	char *from = r.base;
	char *to = region_thp(&r, THPS + 1) + page_size();

	move(from, THPS * thp_size(), to);
	report_tables(&before, THPS + 1 - tables_if_huge(THPS), "moved");
	report(!can_read(from), "nothing is left at the source");
	r.base = to;
	report(region_intact(&r), "contents");
}

static void one_page_away(void)
{
	struct region r = region_of_thps(1, 4);
	struct tables before = tables_read(0);
	char *from = region_page(&r, 5);
	char *to = region_thp(&r, 2);

	move(from, page_size(), to);
	report_tables(&before, tables_if_split(1) + 1, "split, and a new table");
	report(pattern_holds(to, 1, r.seed, 5), "the page's contents");
	report(!can_read(from), "it is gone from the source");
	report(region_holds(&r, 0, 5) &&
	       region_holds(&r, 6, thp_pages() - 6), "the rest is intact");
}

static void shrunk(void)
{
	struct region r = region_of_thps(2, 5);
	struct tables before = tables_read(0);
	size_t half = thp_pages() / 2;
	size_t size = thp_size() + half * page_size();

	if (mremap(r.base, 2 * thp_size(), size, 0) != r.base)
		fatal("mremap");
	report_tables(&before, tables_if_split(1), "the last one is split");
	report(region_holds(&r, 0, thp_pages() + half), "the rest is intact");
	report(!can_read(r.base + size), "the end is gone");
	report(pagemap_is_huge(r.base), "the first one is huge");
}

static void grown(void)
{
	struct region r = region_of_thps(1, 6);
	struct tables before;
	char *end = region_thp(&r, 1);

	if (munmap(end, thp_size()))
		fatal("munmap");
	before = tables_read(0);
	if (mremap(r.base, thp_size(), 2 * thp_size(), 0) != r.base)
		fatal("mremap");
	report_tables(&before, 0, "grown");
	report(region_intact(&r), "contents");
	*end = 1;
	report(pagemap_is_huge(end), "the new part is huge");
	report_tables(&before, tables_if_huge(1), "written to");
}

TEST("mremap")
{
	CASE(aligned_in_one_pmd_table);
	CASE(aligned_to_another_pmd_table);
	CASE(misaligned);
	CASE(one_page_away);
	CASE(shrunk);
	CASE(grown);
}
