// SPDX-License-Identifier: GPL-2.0
/*
 * Reclaim throws a THP that was given to MADV_FREE away whole, for which stock splits
 * it. What was written to since stays.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS		4

/* Of the group, file memory first: that is where it counts. There is no swap. */
static void reclaim(void)
{
	cgroup_write("memory.reclaim", "64M");
}

static void lazyfree(const struct region *r)
{
	cpu_stay();
	if (madvise(r->base, r->thps * thp_size(), MADV_FREE))
		fatal("MADV_FREE");
}

static long discarded(void)
{
	return vmstat("pglazyfreed");
}

/* Of the changed kernel, which counts failed splits, too. */
static bool goes_whole(void)
{
	return vmstat("thp_split_pmd_failed") >= 0;
}

/* What there is then more of, or less, if each of @thps had a table deposited. */
static long tables_if_discarded(long thps)
{
	return goes_whole() ? tables_if_huge(-thps) : tables_if_split(thps);
}

/* Whether it is so once @thps are. */
static bool reclaim_all(long thps)
{
	long want = discarded() + thps * (long)thp_pages();
	long failed = vmstat("thp_split_pmd_failed");
	long split = vmstat("thp_split_pmd");
	bool well;

	for (int i = 0; discarded() < want && i < RECLAIM_MOST; i++)
		reclaim();
	well = report(discarded() == want, "%ld are discarded", thps);
	if (!well)
		report_note("%ld pages too few", want - discarded());
	report(vmstat("thp_split_pmd_failed") == failed, "no split fails");
	if (goes_whole())
		report(vmstat("thp_split_pmd") == split, "nothing is split");
	return well;
}

static struct region make(uint64_t seed)
{
	cgroup_join();
	return region_of_thps(THPS, seed);
}

static void all(void)
{
	struct region r = make(1);
	struct tables before = tables_read(0);

	lazyfree(&r);
	reclaim_all(THPS);
	report_tables(&before, tables_if_discarded(THPS), "discarded");
	report(region_huge(&r) == 0, "none is mapped");
	report(pattern_zero(r.base, THPS * thp_pages()), "reads zero");
}

/* A fork after MADV_FREE shares what is to be discarded. */
static void sharer(struct child *me, void *arg)
{
	struct region *r = arg;

	child_pause(me);
	report(region_huge(r) == 0, "none is mapped in the child");
	report(pattern_zero(r->base, THPS * thp_pages()),
	       "reads zero in the child");
}

static void shared_by_two_processes(void)
{
	struct region r = make(2);
	struct child c;

	lazyfree(&r);
	c = child_start(sharer, &r);
	child_wait_pause(&c);
	reclaim_all(THPS);
	child_go(&c);
	child_end(&c);
	report(region_huge(&r) == 0, "none is mapped");
	report(pattern_zero(r.base, THPS * thp_pages()), "reads zero");
}

/* One byte is enough. */
static void written_to_since(void)
{
	struct region r = make(3);
	struct tables before = tables_read(0);
	size_t half = THPS / 2;
	char *byte;

	lazyfree(&r);
	for (size_t i = 0; i < half; i++) {
		byte = region_page(&r, i * thp_pages() + thp_pages() / 3);
		*(volatile char *)byte = *byte;
	}
	reclaim_all(THPS - half);
	/* As they are now, they are no longer looked at. */
	for (int i = 0; i < RECLAIM_GOES; i++)
		reclaim();
	report(region_holds(&r, 0, half * thp_pages()),
	       "what was written to is intact");
	if (goes_whole())
		report(region_huge(&r) == half, "what was written to is huge");
	report_system_tables(&before, goes_whole() ?
			     tables_if_discarded(THPS - half) :
			     tables_if_split(THPS), "discarded");
	report(pattern_zero(region_thp(&r, half), (THPS - half) * thp_pages()),
	       "what was not reads zero");
}

TEST("lazyfree")
{
	if (!cgroup_make_or_skip())
		return;
	CASE(all);
	CASE(shared_by_two_processes);
	CASE(written_to_since);
	cgroup_remove();
}
