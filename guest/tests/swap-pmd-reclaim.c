// SPDX-License-Identifier: GPL-2.0
/*
 * Reclaim swaps out THPs without a page table: none can be had in the whole system,
 * and all of them go, however many processes map them.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"

#define SWAP_SIZE	(64 * thp_size())

/* The first passes only age the pages. */
#define GOES		30

static void sharer(struct child *me, void *arg)
{
	struct region *r = arg;

	child_pause(me);
	_exit(region_intact(r) ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void reclaim(size_t thps, size_t mappers)
{
	struct child *c = calloc(mappers, sizeof(*c));
	struct tables before;
	struct region r;
	long out;
	long split;
	bool well = true;

	if (!c)
		fatal("calloc");
	cgroup_join();
	r = region_of_thps(thps, 1);
	for (size_t i = 0; i < mappers - 1; i++) {
		c[i] = child_start(sharer, &r);
		child_wait_pause(&c[i]);
	}
	before = tables_read(0);
	out = vmstat("thp_swpout_pmd");
	split = vmstat("thp_split_pmd");
	fail_aim(FAIL_INSIDE, "pte_alloc_one");
	fail_always(100, true);
	for (int i = 0; swap_holds(&r) < thps * thp_pages() && i < GOES; i++)
		cgroup_reclaim();
	fail_always(0, true);
	fail_aim(FAIL_ANY, NULL);
	report(swap_holds(&r) == thps * thp_pages(), "all THPs are out");
	report(vmstat("thp_swpout_pmd") - out == (long)(thps * mappers) &&
	       vmstat("thp_split_pmd") == split,
	       "%zu THPs of %zu processes by PMD, none was split", thps, mappers);
	report_tables(&before, 0, "out");
	for (size_t i = 0; i < mappers - 1; i++) {
		child_go(&c[i]);
		well &= child_reap(c[i].pid, 60) == 0;
		child_close(&c[i]);
	}
	report(well, "contents in the children");
	report(region_intact(&r), "contents in the parent");
	free(c);
}

static void of_one_process(void)
{
	reclaim(8, 1);
}

static void of_two_processes(void)
{
	reclaim(8, 2);
}

static void of_600_processes(void)
{
	reclaim(1, 600);
}

static void of_1000_processes(void)
{
	reclaim(1, 1000);
}

TEST("swap-pmd-reclaim")
{
	if (!fail_possible()) {
		report_skip("this kernel fails no allocations on demand");
		return;
	}
	if (!swap_on_by_pmd(SWAP_SIZE))
		return;
	if (cgroup_make()) {
		CASE(of_one_process);
		CASE(of_two_processes);
		case_run_for("of_600_processes", of_600_processes, 240);
		case_run_for("of_1000_processes", of_1000_processes, 240);
		cgroup_remove();
	} else {
		report_skip("this kernel has no memory cgroups");
	}
	swap_off();
}
