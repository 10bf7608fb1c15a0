// SPDX-License-Identifier: GPL-2.0
/* mlock() of whole THPs keeps them huge; of a part it splits the PMD. */
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS 2

static long locked_pages(void)
{
	return file_field("/proc/self/status", "VmLck") * 1024 /
	       (long)page_size();
}

static void whole(void)
{
	struct region r = region_of_thps(THPS, 1);
	struct tables before = tables_read(0);

	if (mlock(r.base, THPS * thp_size()))
		fatal("mlock");
	report(locked_pages() == (long)(THPS * thp_pages()), "all locked");
	report(region_huge(&r) == THPS, "still huge");
	report_tables(&before, 0, "no split");
	if (munlock(r.base, THPS * thp_size()))
		fatal("munlock");
	report(locked_pages() == 0, "none locked");
	report(region_intact(&r), "contents");
}

static void part(size_t first, size_t pages)
{
	struct region r = region_of_thps(THPS, 2);
	struct tables before = tables_read(0);
	char *at = region_page(&r, first);
	long unevictable = vmstat("nr_mlock");

	if (mlock(at, pages * page_size()))
		fatal("mlock");
	report_tables(&before, tables_if_split(1), "split");
	report(region_huge(&r) == THPS - 1, "the other one stays huge");
	report(locked_pages() == (long)pages, "exactly the part is locked");
	report(region_intact(&r), "contents while locked");
	if (munlock(at, pages * page_size()))
		fatal("munlock");
	report(locked_pages() == 0, "none locked");
	report(vmstat("nr_mlock") == unevictable, "no page stays locked");
	report(region_intact(&r), "contents");
	report_tables(&before, tables_if_split(1), "still split");
}

static void unmapped_while_locked(void)
{
	struct region r = region_of_thps(THPS, 3);
	struct tables before = tables_read(0);

	if (mlock(region_page(&r, 1), page_size()) ||
	    munmap(r.base, THPS * thp_size()))
		fatal("mlock and munmap");
	report_tables(&before, tables_if_huge(-THPS), "unmapped");
}

TEST("mlock")
{
	/* What is unlocked waits on a CPU, whence it is drained if the task is still there. */
	cpu_stay();
	CASE(whole);
	cases_of_parts(part);
	CASE(unmapped_while_locked);
}
