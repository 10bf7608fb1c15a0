// SPDX-License-Identifier: GPL-2.0
/*
 * Reclaim of a memory cgroup by a process outside of it: THPs for whose PTE
 * tables there is no memory stay mapped and intact, and are swapped out once
 * there is.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "../lib/test.h"

#define THPS		4
#define SWAP_SIZE	(16 * THPS * thp_size())

/* Writes memory.reclaim whenever it is let go. */
static struct child outside;

static void reclaim_on_order(struct child *me, void *arg)
{
	int fd;

	(void)arg;
	cgroup_use(".");
	cgroup_join();
	cgroup_use("test");
	fd = cgroup_open("memory.reclaim", O_WRONLY);
	for (;;) {
		child_pause(me);
		if (cgroup_reclaim_through(fd))
			_exit(EXIT_FAILURE);
	}
}

/* Before there is memory that a fork would share. */
static void start_outside(void)
{
	outside = child_start(reclaim_on_order, NULL);
	child_wait_pause(&outside);
	cgroup_join();
}

static void end_outside(void)
{
	kill(outside.pid, SIGKILL);
	child_reap(outside.pid, 10);
	child_close(&outside);
}

static void reclaim_all(const struct region *r)
{
	(void)r;
	child_go(&outside);
	child_wait_pause(&outside);
}

static void run(struct region *r, size_t sharers)
{
	const struct aimed all = {
		.name = sharers ?
			"memory.reclaim from outside, THPs of two processes" :
			"memory.reclaim from outside of the cgroup",
		.inside = SPLIT_OF_FOLIO, .act = reclaim_all,
		.tried = "thp_split_pmd_failed", .splits = AIMED_SOME,
		.done = aimed_swapped, .tables = tables_if_split(THPS),
		.sharers = sharers,
	};

	aimed_run(&all, r);
	end_outside();
}

static void of_THPs(void)
{
	struct region r;

	start_outside();
	r = region_of_thps(THPS, 1);
	run(&r, 0);
}

static void sharer(struct child *me, void *arg)
{
	struct region *r = arg;
	struct tables before = tables_read(0);

	child_pause(me);
	report_process_tables(&before, tables_if_split(THPS), "child");
	report(region_intact(r), "contents in the child");
}

static void of_shared_THPs(void)
{
	struct region r;
	struct child c;

	start_outside();
	r = region_of_thps(THPS, 2);
	c = child_start(sharer, &r);
	child_wait_pause(&c);
	run(&r, 1);
	child_go(&c);
	child_end(&c);
}

TEST("fail-reclaim")
{
	if (!aimed_possible())
		return;
	if (!cgroup_make()) {
		report_skip("this kernel has no memory cgroups");
		return;
	}
	if (swap_on(SWAP_SIZE)) {
		CASE(of_THPs);
		CASE(of_shared_THPs);
		swap_off();
	} else {
		report_skip("this kernel has no zram");
	}
	cgroup_remove();
}
