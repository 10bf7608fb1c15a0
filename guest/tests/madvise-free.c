// SPDX-License-Identifier: GPL-2.0
/*
 * MADV_FREE lets reclaim discard memory later: until then it is as it was,
 * afterwards it reads zero. Of a part it splits the folio.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS 4

static void lazyfree(void *addr, size_t size)
{
	cpu_stay();
	if (madvise(addr, size, MADV_FREE))
		fatal("MADV_FREE");
}

static void whole_without_reclaim(void)
{
	struct region r = region_of_thps(THPS, 1);
	struct tables before = tables_read(0);

	lazyfree(r.base, THPS * thp_size());
	report(region_huge(&r) == THPS, "still huge");
	report(region_intact(&r), "contents");
	report_tables(&before, 0, "freed lazily");
	region_fill(&r, 2);
	report(region_intact(&r), "new contents");
	report_tables(&before, 0, "written to again");
}

static void whole_with_reclaim(void)
{
	struct region r = region_of_thps(THPS, 3);
	struct tables before = tables_read(0);
	long splits = vmstat("thp_split_pmd");

	lazyfree(r.base, THPS * thp_size());
	reclaim_range(r.base, THPS * thp_size());
	splits = vmstat("thp_split_pmd") - splits;
	report(region_huge(&r) == 0, "no longer huge");
	report(!splits || splits == THPS, "all or none split first");
	report_tables(&before, splits ? tables_if_split(THPS) :
		      tables_if_huge(-THPS), "discarded");
	report(pattern_zero(r.base, THPS * thp_pages()), "reads zero");
}

/* What is written to after MADV_FREE is not discarded, split or whole. */
static void written_before_reclaim(void)
{
	struct region r = region_of_thps(2, 4);
	struct tables before = tables_read(0);
	long splits = vmstat("thp_split_pmd");

	lazyfree(r.base, 2 * thp_size());
	pattern_fill(region_thp(&r, 1), thp_pages(), r.seed, thp_pages());
	reclaim_range(r.base, 2 * thp_size());
	splits = vmstat("thp_split_pmd") - splits;
	report(region_holds(&r, thp_pages(), thp_pages()),
	       "what was written is intact");
	report(pattern_zero(r.base, thp_pages()), "what was not reads zero");
	report_tables(&before, splits ? tables_if_split(2) : 0,
		      "the one discarded, the other kept");
}

static void half(bool then_reclaim)
{
	struct region r = region_of_thps(1, 5);
	struct tables before = tables_read(0);
	size_t half = thp_pages() / 2;

	lazyfree(r.base, half * page_size());
	report_tables(&before, tables_if_split(1), "split");
	report(region_huge(&r) == 0, "no longer huge");
	if (then_reclaim) {
		reclaim_range(r.base, half * page_size());
		report(pattern_zero(r.base, half), "the part reads zero");
		report(region_holds(&r, half, half), "the rest is intact");
	} else {
		report(region_intact(&r), "contents");
	}
	report_tables(&before, tables_if_split(1), "still split");
}

static void half_without_reclaim(void)
{
	half(false);
}

static void half_with_reclaim(void)
{
	half(true);
}

TEST("madvise-free")
{
	CASE(whole_without_reclaim);
	CASE(whole_with_reclaim);
	CASE(written_before_reclaim);
	CASE(half_without_reclaim);
	CASE(half_with_reclaim);
}
