// SPDX-License-Identifier: GPL-2.0
/*
 * THPs that many processes share are swapped out, however many they are, though
 * each takes a PTE table for that. What memory.reclaim says that it got is gone
 * from the memory cgroup, tables subtracted. Where the tables cannot be had, the
 * THPs stay as they were, with nothing left in swap or its cache.
 */
#include <stdio.h>

#include "../lib/test.h"

#define THPS		4
#define SWAP_SIZE	(64 * thp_size())

/* Most goes until all is swapped out; little is asked for at a time. */
#define GOES		100

/*
 * What memory.current may be off by: the charges that two CPUs keep in stock,
 * the kernel's MEMCG_CHARGE_BATCH pages each.
 */
#define STOCK		(2 * 64 * (long)page_size())

/* Processes that look at the memory afterwards, besides the first. */
#define LOOKING		2

/* Guest seconds; a thousand processes take a tenth of it. */
#define LIMIT		600

static size_t sharers;

/*
 * How much less than it said each go of reclaim got, at most; @said counts those
 * that said that they did.
 */
static long reclaim_in_steps(const struct region *r, unsigned int *said)
{
	long missing = 0;

	*said = 0;
	for (int i = 0; !region_is_swapped(r) && i < GOES; i++) {
		long before = cgroup_number("memory.current");
		long got;

		if (!cgroup_reclaim_size(thp_size()))
			continue;
		++*said;
		got = before - cgroup_number("memory.current");
		if ((long)thp_size() - got > missing)
			missing = thp_size() - got;
	}
	return missing;
}

static void is_swapped_out(void)
{
	struct region r;
	unsigned int said;
	struct crowd c;
	long missing;

	cpu_stay();
	cgroup_join();
	r = region_of_thps(THPS, sharers);
	c = crowd_start(sharers, &r);
	missing = reclaim_in_steps(&r, &said);
	if (!report(region_is_swapped(&r), "all pages are swapped out"))
		report_note("%zu pages are", region_swapped(&r));
	if (!report(said && missing <= STOCK,
		    "the group has given what reclaim says it got"))
		report_note("of %zu bytes, %ld are missing; it said so %u times",
			    thp_size(), missing, said);
	report(region_intact(&r), "contents");
	report(crowd_finds_intact(&c, LOOKING), "contents in the others");
	crowd_end(&c);
}

/*
 * The THPs, and nothing else, are the group's. Of many tables, one or the other
 * fails; of few, all.
 */
static void failure_leaves_nothing_behind(void)
{
	struct region r = region_reserve(THPS);
	long tried = vmstat("thp_split_pmd_failed");
	/* Linux 6.12 keeps some of the slots of the last process on a CPU. */
	long swap = cgroup_number("memory.swap.current");
	struct tables before;
	struct crowd c;

	region_map(&r, 0, THPS);
	cgroup_join();
	region_fill(&r, sharers);
	cgroup_leave();
	c = crowd_start(sharers, &r);
	before = tables_read(0);
	fail_aim(FAIL_INSIDE, SPLIT_OF_FOLIO);
	fail_always(sharers < 100 ? 100 : 5, true);
	for (int i = 0; i < RECLAIM_GOES; i++)
		cgroup_reclaim();
	fail_always(0, true);
	fail_aim(FAIL_ANY, NULL);
	report(vmstat("thp_split_pmd_failed") - tried >= THPS,
	       "each is tried");
	report(region_huge(&r) == THPS, "all PMDs are huge");
	report(cgroup_number("memory.swap.current") <= swap,
	       "the group has no swap that it had not");
	report(file_field("/proc/meminfo", "SwapCached") == 0,
	       "nothing is in the swap cache");
	report_tables(&before, 0, "failed");
	report(region_intact(&r), "contents");
	report(reclaim_region(&r), "is swapped out when nothing fails");
	report(region_intact(&r), "contents when it was");
	report(crowd_finds_intact(&c, LOOKING), "contents in the others");
	crowd_end(&c);
}

static void shared_by(size_t processes, bool fail)
{
	char name[64];

	sharers = processes;
	snprintf(name, sizeof(name), "shared with %zu", processes);
	report_prefix_push(name);
	case_run_for("is swapped out", is_swapped_out, LIMIT);
	if (fail && !kernel_deposits() && fail_possible())
		case_run_for("failure leaves nothing behind",
			     failure_leaves_nothing_behind, LIMIT);
	report_prefix_pop();
}

TEST("reclaim-mappers")
{
	if (!cgroup_make_for_tables())
		return;
	if (swap_on_by_pte(SWAP_SIZE)) {
		shared_by(2, true);
		shared_by(255, false);
		shared_by(300, true);
		shared_by(600, false);
		shared_by(1000, true);
		swap_off();
	} else {
		report_skip("this kernel has no zram");
	}
	cgroup_remove();
}
