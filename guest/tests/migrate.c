// SPDX-License-Identifier: GPL-2.0
/*
 * Migration moves a THP as it is: the huge PMD becomes a migration entry and
 * a huge PMD again, and no table comes or goes.
 */
#include <sys/mman.h>
#include <sys/resource.h>

#include "../lib/test.h"

#define THPS 4

static void move_all(const struct region *r)
{
	for (size_t i = 0; i < r->thps; i++) {
		int target = !node_of(region_thp(r, i));
		int node = node_move(region_thp(r, i), target);

		report(node == target, "THP %zu moved to node %d", i, target);
	}
}

static void there_and_back(void)
{
	struct region r = region_of_thps(THPS, 1);
	struct tables before = tables_read(0);

	for (int i = 0; i < 2; i++) {
		move_all(&r);
		report(region_huge(&r) == THPS, "still huge");
		report(region_intact(&r), "contents");
		report_tables(&before, 0, "moved");
	}
}

/*
 * Whether a move needs what the instructions of one CPU do not show: a second
 * try, a page besides the THP, a wait.
 */
#define MOVES 256

static void by_one_call(void)
{
	static const struct {
		const char *name;
		long by;
	} counters[] = {
		{ "thp_migration_success", MOVES },
		{ "thp_migration_fail", 0 },
		{ "thp_migration_split", 0 },
		{ "pgmigrate_fail", 0 },
		{ "thp_split_pmd", 0 },
		{ "compact_stall", 0 },
	};
	enum { NR = sizeof(counters) / sizeof(counters[0]) };
	struct region r = region_of_thps(1, 5);
	struct tables before = tables_read(0);
	long at[NR], freed, waits;
	struct rusage usage;

	for (int i = 0; i < NR; i++)
		at[i] = vmstat(counters[i].name);
	freed = vmstat("pgfree");
	getrusage(RUSAGE_SELF, &usage);
	waits = usage.ru_nvcsw;
	if (node_shuttle(r.base, MOVES))
		fatal("move_pages");
	getrusage(RUSAGE_SELF, &usage);
	waits = usage.ru_nvcsw - waits;
	freed = vmstat("pgfree") - freed - MOVES * (long)thp_pages();

	for (int i = 0; i < NR; i++) {
		at[i] = vmstat(counters[i].name) - at[i];
		if (!report(at[i] == counters[i].by, "%s counts %ld",
			    counters[i].name, counters[i].by))
			report_note("it counted %ld", at[i]);
	}
	if (!report(freed < MOVES / 2, "a move frees the THP and no more"))
		report_note("%ld more pages in %d moves", freed, MOVES);
	if (!report(waits < MOVES / 2, "a move does not wait"))
		report_note("%ld waits in %d moves", waits, MOVES);
	report(region_huge(&r) == 1, "still huge");
	report(region_intact(&r), "contents");
	report_tables(&before, 0, "moved");
}

static void sharer(struct child *me, void *arg)
{
	struct region *r = arg;
	struct tables before = tables_read(0);

	child_pause(me);
	report(region_huge(r) == THPS, "still huge in the child");
	report(region_intact(r), "contents in the child");
	report_process_tables(&before, 0, "child");
	child_pause(me);
}

static void shared_by_two_processes(void)
{
	struct region r = region_of_thps(THPS, 2);
	struct tables before;
	struct child c = child_start(sharer, &r);

	child_wait_pause(&c);
	before = tables_read(0);
	move_all(&r);
	report(region_huge(&r) == THPS, "still huge");
	report(region_intact(&r), "contents");
	report_tables(&before, 0, "moved");
	child_go(&c);
	child_wait_pause(&c);
	child_go(&c);
	child_end(&c);
}

static void whole_by_mbind(void)
{
	struct region r = region_of_thps(THPS, 3);
	struct tables before = tables_read(0);
	int target = !node_of(r.base);

	if (node_bind(r.base, THPS * thp_size(), target))
		fatal("mbind");
	for (size_t i = 0; i < THPS; i++)
		report(node_of(region_thp(&r, i)) == target,
		       "THP %zu is on node %d", i, target);
	report(region_huge(&r) == THPS, "still huge");
	report(region_intact(&r), "contents");
	report_tables(&before, 0, "moved");
}

/* A policy for a part splits the VMA, and with it the PMD. */
static void part_by_mbind(void)
{
	struct region r = region_of_thps(1, 4);
	struct tables before = tables_read(0);
	size_t half = thp_pages() / 2;
	int target = !node_of(r.base);

	if (node_bind(region_page(&r, half), half * page_size(), target))
		fatal("mbind");
	report_tables(&before, tables_if_split(1), "split");
	report(node_of(region_page(&r, half)) == target &&
	       node_of(region_page(&r, thp_pages() - 1)) == target,
	       "the part is on node %d", target);
	report(region_intact(&r), "contents");
}

TEST("migrate")
{
	if (!node_two()) {
		report_skip("one memory node, and two are needed");
		return;
	}
	CASE(there_and_back);
	CASE(by_one_call);
	CASE(shared_by_two_processes);
	CASE(whole_by_mbind);
	CASE(part_by_mbind);
}
