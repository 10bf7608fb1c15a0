// SPDX-License-Identifier: GPL-2.0
/*
 * A THP that reclaim takes for evictable until it meets the locked mapping of
 * another process: it stays in memory, and no PTE table is spent on it.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../lib/test.h"

#define THPS		2
#define SWAP_SIZE	(16 * THPS * thp_size())

static long mlocked(void)
{
	return vmstat("nr_mlock");
}

/* Without a fault, which would copy what is shared. */
static void lock(const struct region *r)
{
	if (mlock2(r->base, THPS * thp_size(), MLOCK_ONFAULT))
		fatal("mlock2");
}

static void locker(struct child *me, void *arg)
{
	struct region *r = arg;
	struct tables before = tables_read(0);

	/* Reclaim of a group asks only mappers in it for references. */
	cgroup_leave();
	lock(r);
	child_pause(me);
	report(region_huge(r) == THPS, "all PMDs of the locker are huge");
	report_process_tables(&before, 0, "locker");
	report(region_intact(r), "contents in the locker");
}

/*
 * Migration that fails for an extra reference: the kernel then knows of one lock
 * where there were two ("might undercount").
 */
static void forget_a_lock(const struct region *r)
{
	for (size_t i = 0; i < THPS; i++) {
		struct iovec byte = { region_thp(r, i), 1 };
		int end[2];

		if (pipe(end) || vmsplice(end[1], &byte, 1, 0) != 1)
			fatal("vmsplice");
		if (node_move(region_thp(r, i), !node_of(region_thp(r, i))) >= 0)
			fatal("a THP with a reference was moved");
		close(end[0]);
		close(end[1]);
	}
}

/* The THPs, and nothing else, are the group's. */
static struct region share_with_locker(struct child *c)
{
	static struct region r;
	long before = mlocked();

	cpu_stay();
	r = region_reserve(THPS);
	region_map(&r, 0, THPS);
	cgroup_join();
	region_fill(&r, 1);
	cgroup_leave();
	if (region_huge(&r) != THPS)
		fatal("not all THPs are huge");
	*c = child_start(locker, &r);
	child_wait_pause(c);
	lock(&r);
	forget_a_lock(&r);
	if (munlock(r.base, THPS * thp_size()))
		fatal("munlock");
	if (mlocked() != before)
		fatal("the kernel still knows that the memory is locked");
	return r;
}

static void reclaim_all(void)
{
	for (int i = 0; i < RECLAIM_GOES; i++)
		cgroup_reclaim();
}

static void stays(void)
{
	struct child c;
	struct region r = share_with_locker(&c);
	struct tables before = tables_read(0);
	long locked = mlocked();
	long anon = cgroup_field("memory.stat", "anon");

	reclaim_all();
	report(cgroup_field("memory.stat", "anon") == anon,
	       "the memory is still the group's");
	report(mlocked() - locked == THPS * (long)thp_pages(),
	       "the kernel knows again that it is locked");
	report_tables(&before, 0, "reclaimed from");
	/* Linux swaps entries of those out that it meets before the locker. */
	if (!kernel_deposits()) {
		report(region_huge(&r) == THPS, "all PMDs are huge");
		report(cgroup_number("memory.swap.current") == 0,
		       "the group has no swap");
	}
	report(region_intact(&r), "contents");
	child_go(&c);
	child_end(&c);
}

static void asks_for_no_table(void)
{
	struct child c;
	struct region r = share_with_locker(&c);
	long failed = vmstat("thp_split_pmd_failed");

	fail_aim(FAIL_INSIDE, SPLIT_OF_PMD);
	fail_always(100, true);
	reclaim_all();
	fail_always(0, true);
	fail_aim(FAIL_ANY, NULL);
	report(vmstat("thp_split_pmd_failed") == failed, "no split fails");
	report(region_huge(&r) == THPS, "all PMDs are huge");
	report(region_intact(&r), "contents");
	child_go(&c);
	child_end(&c);
}

TEST("mlocked-mapper")
{
	if (!node_two()) {
		report_skip("this machine has one node");
		return;
	}
	if (!cgroup_make_or_skip())
		return;
	if (swap_on_by_pte(SWAP_SIZE)) {
		CASE(stays);
		if (!kernel_deposits() && fail_possible())
			CASE(asks_for_no_table);
		swap_off();
	} else {
		report_skip("this kernel has no zram");
	}
	cgroup_remove();
}
