// SPDX-License-Identifier: GPL-2.0
/*
 * UFFDIO_MOVE moves a huge PMD whole where all of it is asked for, and splits
 * it where a part is.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define SOURCE	0
#define TARGET	3

/* THP SOURCE holds a pattern; THP TARGET is empty and registered. */
static struct region moving_region(int *uffd)
{
	struct region r = region_of_thps(1, 1);

	*uffd = uffd_open(UFFD_FEATURE_MOVE);
	if (*uffd < 0)
		fatal("userfaultfd");
	region_map(&r, TARGET, 1);
	uffd_register(*uffd, region_thp(&r, TARGET), thp_size(),
		      UFFDIO_REGISTER_MODE_MISSING);
	return r;
}

static void whole(void)
{
	int uffd;
	struct region r = moving_region(&uffd);
	struct tables before = tables_read(0);
	char *target = region_thp(&r, TARGET);

	report(uffd_move(uffd, target, r.base, thp_size()) ==
	       (long)thp_size(), "all is moved");
	report_tables(&before, 0, "moved");
	report(pagemap_is_huge(target), "still huge");
	report(pattern_holds(target, thp_pages(), 1, 0), "contents");
	report(pagemap_count(r.base, thp_pages(), PAGEMAP_PRESENT) == 0,
	       "nothing is left at the source");
	if (munmap(target, thp_size()))
		fatal("munmap");
	report_tables(&before, tables_if_huge(-1), "unmapped");
}

static void part(size_t first, size_t pages)
{
	int uffd;
	struct region r = moving_region(&uffd);
	struct tables before = tables_read(0);
	size_t end = first + pages;
	char *target = region_thp(&r, TARGET) + first * page_size();

	report(uffd_move(uffd, target, region_page(&r, first),
			 pages * page_size()) == (long)(pages * page_size()),
	       "the part is moved");
	report_tables(&before, tables_if_split(1) + 1, "split, and a new table");
	report(pattern_holds(target, pages, 1, first), "the part's contents");
	report(pagemap_count(region_page(&r, first), pages,
			     PAGEMAP_PRESENT) == 0,
	       "nothing of it is left at the source");
	report(region_holds(&r, 0, first) &&
	       region_holds(&r, end, thp_pages() - end), "the rest is intact");
}

TEST("uffd-move")
{
	int uffd = uffd_open(UFFD_FEATURE_MOVE);

	if (uffd < 0) {
		report_skip("this kernel has no UFFDIO_MOVE");
		return;
	}
	CASE(whole);
	cases_of_parts(part);
}
