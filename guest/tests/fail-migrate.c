// SPDX-License-Identifier: GPL-2.0
/*
 * Migration splits a THP that finds no huge page to go to: where there is no
 * memory for its PTE table either, it stays where it is, huge and intact.
 */
#include <errno.h>
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../lib/test.h"

#define THPS	4
#define INSIDE	"migrate_pages"

static int target;

static bool moved(const struct region *r)
{
	for (size_t i = 0; i < r->thps * thp_pages(); i += thp_pages() / 4)
		if (node_of(region_page(r, i)) != target)
			return false;
	return true;
}

static bool moved_whole(const struct region *r)
{
	return moved(r) && aimed_huge(r);
}

static void move_of_parent(struct child *me, void *arg)
{
	const struct region *r = arg;
	int status = 0;

	(void)me;
	for (size_t i = 0; i < r->thps; i++) {
		void *at = region_thp(r, i);

		syscall(SYS_move_pages, getppid(), 1UL, &at, &target, &status,
			MPOL_MF_MOVE_ALL);
	}
}

/* Each THP by a call of another process. */
static void move_pages(const struct region *r)
{
	struct region copy = *r;
	struct child c = child_start(move_of_parent, &copy);

	child_end(&c);
}

static void by_another_process(void)
{
	const struct aimed move = {
		.name = "move_pages by another process", .inside = INSIDE,
		.act = move_pages, .splits = THPS, .done = moved_whole,
	};
	struct region r = region_of_thps(THPS, 1);

	target = !node_of(r.base);
	aimed_run(&move, &r);
}

static void bind(const struct region *r)
{
	node_bind(r->base, r->thps * thp_size(), target);
}

/* It ends at the first THP that it cannot move. */
static void by_mbind(void)
{
	const struct aimed move = {
		.name = "mbind", .inside = INSIDE, .act = bind, .splits = 1,
		.done = moved_whole,
	};
	struct region r = region_of_thps(THPS, 2);

	target = !node_of(r.base);
	aimed_run(&move, &r);
}

/* Tables are to be had, huge pages are not. */
static void in_pieces(void)
{
	struct region r = region_of_thps(THPS, 3);
	struct tables before = tables_read(0);
	long count = vmstat("thp_split_pmd_failed");

	target = !node_of(r.base);
	fail_aim(FAIL_INSIDE, INSIDE);
	fail_from_order(1);
	fail_always(100, true);
	move_pages(&r);
	fail_always(0, true);
	fail_aim(FAIL_ANY, NULL);
	report(moved(&r), "moved");
	report(region_huge(&r) == 0, "in base pages");
	report_tables(&before, tables_if_split(THPS), "split");
	report(vmstat("thp_split_pmd_failed") == count, "no split failed");
	report(region_intact(&r), "contents");
}

TEST("fail-migrate")
{
	if (!aimed_possible())
		return;
	if (!node_two()) {
		report_skip("one memory node, and two are needed");
		return;
	}
	/* All THPs of a region are on its node. */
	cpu_stay();
	CASE(by_another_process);
	CASE(by_mbind);
	CASE(in_pieces);
}
