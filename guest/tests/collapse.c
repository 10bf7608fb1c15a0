// SPDX-License-Identifier: GPL-2.0
/*
 * MADV_COLLAPSE and khugepaged replace base pages by a THP: with a deposit
 * the PTE table stays beside it, without it is freed.
 */
#include <sys/mman.h>
#include <time.h>

#include "../lib/test.h"

#define THPS		4
#define KHUGEPAGED	"/sys/kernel/mm/transparent_hugepage/khugepaged/"

static void advise(struct region *r, int advice)
{
	if (madvise(r->base, r->thps * thp_size(), advice))
		fatal("madvise");
}

static struct region base_pages(uint64_t seed)
{
	struct region r = region_reserve(THPS);

	region_map(&r, 0, THPS);
	advise(&r, MADV_NOHUGEPAGE);
	region_fill(&r, seed);
	if (region_huge(&r))
		fatal("huge too early");
	return r;
}

static void check_collapsed(struct region *r, const struct tables *before)
{
	report(region_huge(r) == THPS, "huge");
	report(region_intact(r), "contents");
	report_tables(before, -tables_if_split(THPS), "collapsed");
	advise(r, MADV_DONTNEED);
	report_tables(before, -THPS, "discarded");
}

static void by_request(void)
{
	struct region r = base_pages(1);
	struct tables before = tables_read(0);

	advise(&r, MADV_HUGEPAGE);
	advise(&r, MADV_COLLAPSE);
	check_collapsed(&r, &before);
}

static void by_khugepaged(void)
{
	const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
	struct region r = base_pages(2);
	struct tables before = tables_read(0);

	advise(&r, MADV_HUGEPAGE);
	file_must_write(KHUGEPAGED "pages_to_scan", "100000");
	file_must_write(KHUGEPAGED "alloc_sleep_millisecs", "10");
	file_must_write(KHUGEPAGED "scan_sleep_millisecs", "10");
	for (int i = 0; region_huge(&r) < THPS && i < 400; i++)
		nanosleep(&pause, NULL);
	file_must_write(KHUGEPAGED "scan_sleep_millisecs", "4000000000");
	check_collapsed(&r, &before);
}

static void again_after_a_split(void)
{
	struct region r = region_of_thps(THPS, 3);
	struct tables before = tables_read(0);

	for (size_t i = 0; i < THPS; i++)
		split_pmd(&r, i);
	report_tables(&before, tables_if_split(THPS), "split");
	advise(&r, MADV_COLLAPSE);
	report(region_huge(&r) == THPS, "huge again");
	report(region_intact(&r), "contents");
	report_tables(&before, 0, "collapsed");
}

static void with_holes(void)
{
	struct region r = region_reserve(1);
	struct tables before = tables_read(0);

	region_map(&r, 0, 1);
	advise(&r, MADV_NOHUGEPAGE);
	pattern_fill(region_page(&r, 7), 1, 4, 7);
	report_tables(&before, 1, "1 base page");
	advise(&r, MADV_HUGEPAGE);
	advise(&r, MADV_COLLAPSE);
	report(region_huge(&r) == 1, "huge");
	report(pattern_holds(region_page(&r, 7), 1, 4, 7) &&
	       pattern_zero(r.base, 7) &&
	       pattern_zero(region_page(&r, 8), thp_pages() - 8), "contents");
	report_tables(&before, tables_if_huge(1), "collapsed");
}

TEST("collapse")
{
	CASE(by_request);
	CASE(by_khugepaged);
	CASE(again_after_a_split);
	CASE(with_holes);
}
