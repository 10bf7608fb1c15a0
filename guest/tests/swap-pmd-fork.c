// SPDX-License-Identifier: GPL-2.0
/*
 * fork() shares a THP that is swapped out by its PMD, with as many children as
 * there are, and fails, where memory does, with nothing changed. Who writes gets
 * pages of its own.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/test.h"

#define THPS		2
#define SWAP_SIZE	(64 * THPS * thp_size())

/* A slot counts to 14 by itself. */
#define CHILDREN	20

/* Far more than the allocations of a fork. */
#define MOST_NTHS	2000

static void writer(struct child *me, void *arg)
{
	struct region *r = arg;

	child_pause(me);
	report(region_intact(r), "the parent's contents");
	memset(r->base, 1, thp_size());
	child_pause(me);
	report(*r->base == 1 && *(region_thp(r, 1) - 1) == 1, "its own");
}

static void both_write(void)
{
	struct region r = region_of_thps(THPS, 1);
	long free = swap_free();
	struct child c;

	swap_out_by_pmd(&r);
	c = child_start(writer, &r);
	child_wait_pause(&c);
	report(swap_holds(&r) == THPS * thp_pages(), "still swapped out");
	child_go(&c);
	child_wait_pause(&c);
	report(region_intact(&r), "what the child writes is its own");
	region_fill(&r, 2);
	child_go(&c);
	child_end(&c);
	report(region_intact(&r), "what the parent has written");
	report(swap_free() == free, "all slots are free");
}

static void parent_writes_first(void)
{
	struct region r = region_of_thps(THPS, 3);
	struct region old = r;
	struct child c;

	swap_out_by_pmd(&r);
	c = child_start(writer, &old);
	child_wait_pause(&c);
	region_fill(&r, 4);
	child_go(&c);
	child_wait_pause(&c);
	child_go(&c);
	child_end(&c);
	report(region_intact(&r), "what the parent has written");
}

static void reader(struct child *me, void *arg)
{
	struct region *r = arg;

	child_pause(me);
	if (!region_intact(r))
		report(false, "contents in a child");
}

static void start_many(struct region *r, struct child *c, size_t children)
{
	for (size_t i = 0; i < children; i++) {
		c[i] = child_start(reader, r);
		child_wait_pause(&c[i]);
	}
}

static void end_many(struct child *c, size_t children)
{
	for (size_t i = 0; i < children; i++) {
		child_go(&c[i]);
		child_end(&c[i]);
	}
}

static void many_children(void)
{
	struct region r = region_of_thps(THPS, 5);
	const size_t size = THPS * thp_size();
	long free = swap_free();
	struct child c[CHILDREN];
	struct vmas v;

	swap_out_by_pmd(&r);
	start_many(&r, c, CHILDREN);
	v = vmas_read(r.base, r.base + size);
	report(v.swapped == size &&
	       v.share / 1024 == size / (CHILDREN + 1) / 1024,
	       "smaps: Swap %zu, SwapPss %zu", v.swapped, v.share);
	end_many(c, CHILDREN);
	report(region_intact(&r), "contents in the parent");
	report(swap_free() == free, "all slots are free");
}

/* With the next child each slot counts more than it can by itself. */
static void every_allocation_failed(void)
{
	struct region r = region_of_thps(THPS, 6);
	long free = swap_free();
	struct child c[CHILDREN];
	struct tables before;
	unsigned int nth = 0;
	bool failed = true;
	bool again = false;
	bool well = true;

	swap_out_by_pmd(&r);
	start_many(&r, c, 13);
	before = tables_read(0);
	fail_aim(FAIL_INSIDE, "copy_huge_pmd");
	while (failed && ++nth < MOST_NTHS) {
		pid_t pid;

		fail_nth(nth);
		pid = fork();
		if (!pid)
			_exit(!region_intact(&r));
		failed = fail_nth_end();
		again |= failed && pid > 0;
		if (pid > 0 && child_reap(pid, 60) != 0) {
			report_note("allocation %u: the child is not well", nth);
			well = false;
		}
		if (swap_holds(&r) != THPS * thp_pages()) {
			report_note("allocation %u: not swapped out", nth);
			well = false;
		}
	}
	fail_aim(FAIL_ANY, NULL);
	report(nth > 1 && nth < MOST_NTHS, "allocations of the fork were failed");
	report_note("%u of them", nth - 1);
	report(well, "all is well");
	report(again, "what fails under the locks is tried without them");
	report_tables(&before, 0, "failed");
	end_many(c, 13);
	report(region_intact(&r), "contents in the parent");
	report(swap_free() == free, "all slots are free");
}

TEST("swap-pmd-fork")
{
	if (!swap_on_by_pmd(SWAP_SIZE))
		return;
	CASE(both_write);
	CASE(parent_writes_first);
	CASE(many_children);
	if (fail_possible())
		CASE(every_allocation_failed);
	else
		report_skip("this kernel fails no allocations on demand");
	swap_off();
}
