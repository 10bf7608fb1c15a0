// SPDX-License-Identifier: GPL-2.0
/*
 * mprotect() of whole THPs keeps them huge; of a part it splits the PMD. The
 * CPU enforces exactly what was asked for.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS 4

static void protect(void *addr, size_t size, int prot)
{
	if (mprotect(addr, size, prot))
		fatal("mprotect");
}

static void whole_and_back(void)
{
	struct region r = region_of_thps(THPS, 1);
	struct tables before = tables_read(0);

	protect(r.base, THPS * thp_size(), PROT_READ);
	report(!can_write(r.base) && can_read(r.base), "read-only");
	report(region_intact(&r), "contents while read-only");
	protect(r.base, THPS * thp_size(), PROT_NONE);
	report(!can_read(r.base), "no access");
	protect(r.base, THPS * thp_size(), PROT_READ | PROT_WRITE);
	report(can_write(r.base), "writable again");
	report(region_huge(&r) == THPS, "still huge");
	report(region_intact(&r), "contents");
	report_tables(&before, 0, "no split");
}

/* Whether the CPU lets every page of THP 0 be written but @pages from @first. */
static bool writable_but(const struct region *r, size_t first, size_t pages)
{
	for (size_t i = 0; i < thp_pages(); i++) {
		bool protected = i >= first && i < first + pages;

		if (can_write(region_page(r, i)) == protected) {
			report_note("page %zu is wrong", i);
			return false;
		}
	}
	return true;
}

static void part(size_t first, size_t pages)
{
	struct region r = region_of_thps(1, 2);
	struct tables before = tables_read(0);
	char *at = region_page(&r, first);

	protect(at, pages * page_size(), PROT_READ);
	report_tables(&before, tables_if_split(1), "split");
	report(region_huge(&r) == 0, "no longer huge");
	report(writable_but(&r, first, pages), "only the part is read-only");
	report(region_intact(&r), "contents while read-only");
	protect(at, pages * page_size(), PROT_READ | PROT_WRITE);
	report(writable_but(&r, 0, 0), "all writable again");
	report(region_intact(&r), "contents");
	report_tables(&before, tables_if_split(1), "still split");
}

static void one_page_of_each(void)
{
	struct region r = region_of_thps(THPS, 3);
	struct tables before = tables_read(0);

	for (size_t i = 0; i < THPS; i++)
		protect(region_page(&r, i * thp_pages() + i), page_size(),
			PROT_NONE);
	report_tables(&before, tables_if_split(THPS), "all split");
	for (size_t i = 0; i < THPS; i++)
		protect(region_page(&r, i * thp_pages() + i), page_size(),
			PROT_READ | PROT_WRITE);
	report(region_intact(&r), "contents");
}

TEST("mprotect")
{
	CASE(whole_and_back);
	cases_of_parts(part);
	CASE(one_page_of_each);
}
