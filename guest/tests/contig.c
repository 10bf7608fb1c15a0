// SPDX-License-Identifier: GPL-2.0
/*
 * Contiguous memory is made of what lies there: clean pages are dropped, and so are
 * THPs that are free to be, each taking a page table when its PMD is split. Whatever
 * was isolated for that is not isolated any more afterwards.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"

#define GIGANTIC	"/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages"
#define THPS		1400	/* of 3.4 GiB: they fill the CMA area of the page of 1 GiB, too */

/* What CPUs have counted for themselves is added up before. */
static long isolated(void)
{
	file_must_write("/proc/sys/vm/stat_refresh", "1");
	return vmstat("nr_isolated_file") + vmstat("nr_isolated_anon");
}

static void of_lazyfree_thps(void)
{
	struct region r = region_reserve(THPS);
	long before = isolated();
	size_t left;

	region_map(&r, 0, THPS);
	for (size_t i = 0; i < THPS; i++)
		*region_thp(&r, i) = 1;
	if (region_huge(&r) != THPS)
		fatal("not all are THPs");
	if (madvise(r.base, THPS * thp_size(), MADV_FREE))
		fatal("MADV_FREE");
	file_must_write(GIGANTIC, "1");
	report(file_number(GIGANTIC) == 1, "1 GiB is had");
	left = region_huge(&r);
	report(left <= THPS - 200, "%zu of %d THPs were given for it",
	       THPS - left, THPS);
	report(isolated() == before, "nothing stays isolated");
	file_must_write(GIGANTIC, "0");
}

TEST("contig")
{
	if (access(GIGANTIC, W_OK)) {
		report_skip("this machine has no pages of 1 GiB");
		return;
	}
	CASE(of_lazyfree_thps);
}
