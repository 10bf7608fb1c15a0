// SPDX-License-Identifier: GPL-2.0
/*
 * Reclaim swaps out THPs without a page table: none can be had in the whole system
 * for a split, and all of them go, however many processes map them.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"

#define SWAP_SIZE	(64 * thp_size())

/* The first passes only age the pages. */
#define GOES		30

/* Waits until @gate is closed, and says by its status what it sees then. */
static pid_t start_sharer(const struct region *r, const int gate[2])
{
	pid_t pid = fork();
	char byte;

	if (pid < 0)
		fatal("fork");
	if (pid)
		return pid;
	close(gate[1]);
	_exit(read(gate[0], &byte, 1) || !region_intact(r));
}

static void reclaim(size_t thps, size_t mappers)
{
	pid_t *sharer = calloc(mappers, sizeof(*sharer));
	struct tables before;
	struct region r;
	long out;
	long split;
	bool well = true;
	int gate[2];

	if (!sharer || pipe(gate))
		fatal("calloc or pipe");
	cgroup_join();
	r = region_of_thps(thps, 1);
	for (size_t i = 1; i < mappers; i++)
		sharer[i] = start_sharer(&r, gate);
	before = tables_read(0);
	out = vmstat("thp_swpout_pmd");
	split = vmstat("thp_split_pmd");
	fail_aim(FAIL_INSIDE, kernel_deposits() ? "pte_alloc_one" : SPLIT_OF_PMD);
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
	close(gate[1]);
	for (size_t i = 1; i < mappers; i++)
		well &= child_reap(sharer[i], 60) == 0;
	close(gate[0]);
	report(well, "contents in the children");
	report(region_intact(&r), "contents in the parent");
	free(sharer);
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
	if (cgroup_make_or_skip()) {
		CASE(of_one_process);
		CASE(of_two_processes);
		case_run_for("of_600_processes", of_600_processes, 240);
		case_run_for("of_1000_processes", of_1000_processes, 240);
		cgroup_remove();
	}
	swap_off();
}
