// SPDX-License-Identifier: GPL-2.0
/*
 * PAGEMAP_SCAN with PM_SCAN_WP_MATCHING finds and write-protects in one step:
 * whole THPs stay huge, a part splits the PMD, and so does a write to a page
 * of a protected THP.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS 2

static void watch(const struct region *r)
{
	int uffd = uffd_open(UFFD_FEATURE_WP_ASYNC);

	if (uffd < 0)
		fatal("userfaultfd");
	uffd_register(uffd, r->base, r->thps * thp_size(),
		      UFFDIO_REGISTER_MODE_WP);
}

static void whole(void)
{
	struct region r = region_of_thps(THPS, 1);
	size_t size = THPS * thp_size();
	struct tables before;

	watch(&r);
	before = tables_read(0);
	report(pagemap_written(r.base, size, true) ==
	       (long)(THPS * thp_pages()), "all were written");
	report(pagemap_written(r.base, size, false) == 0, "none since then");
	report(region_huge(&r) == THPS, "still huge");
	report_tables(&before, 0, "protected");
	report(can_write(region_thp(&r, 1)), "written to");
	report_tables(&before, tables_if_split(1), "a write splits");
	report(pagemap_written(r.base, size, true) == 1,
	       "one page since then");
	report(region_huge(&r) == THPS - 1, "the other one stays huge");
	report(region_intact(&r), "contents");
	report_tables(&before, tables_if_split(1), "protected again");
}

static void part(void)
{
	struct region r = region_of_thps(THPS, 2);
	size_t half = thp_pages() / 2;
	size_t size = half * page_size();
	char *at = region_page(&r, half);
	struct tables before;

	watch(&r);
	before = tables_read(0);
	report(pagemap_written(at, size, true) == (long)half,
	       "half was written");
	report_tables(&before, tables_if_split(1), "split");
	report(region_huge(&r) == THPS - 1, "the other one stays huge");
	report(pagemap_written(at, size, false) == 0, "none since then");
	report(pagemap_written(r.base, thp_size(), false) == (long)half,
	       "the other half counts as written");
	report(can_write(at + page_size()), "written to");
	report(pagemap_written(at, size, true) == 1, "one page since then");
	report(region_intact(&r), "contents");
	report_tables(&before, tables_if_split(1), "still split");
}

TEST("pagemap-scan")
{
	int uffd = uffd_open(UFFD_FEATURE_WP_ASYNC);

	if (uffd < 0) {
		report_skip("this kernel has no asynchronous write-protection");
		return;
	}
	CASE(whole);
	CASE(part);
}
