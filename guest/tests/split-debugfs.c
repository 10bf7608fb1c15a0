// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs split_huge_pages splits a folio together with every huge PMD that
 * maps it, in as many processes as there are.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS		4
#define MOST_CHILDREN	7

static void mapper(struct child *me, void *arg)
{
	struct region *r = arg;
	struct tables before = tables_read(0);

	child_pause(me);
	report(region_huge(r) == 0, "split in the child");
	report(region_intact(r), "contents in the child");
	report_process_tables(&before, tables_if_split(THPS), "child");
	child_pause(me);
}

static void mapped_by(size_t processes)
{
	struct region r = region_of_thps(THPS, processes);
	struct child child[MOST_CHILDREN];
	size_t children = processes - 1;
	struct tables before;
	long splits = vmstat("thp_split_page");

	for (size_t i = 0; i < children; i++) {
		child[i] = child_start(mapper, &r);
		child_wait_pause(&child[i]);
	}
	before = tables_read(0);
	split_folios(r.base, THPS * thp_size());
	report(vmstat("thp_split_page") - splits == THPS,
	       "%d folios are split", THPS);
	report(region_huge(&r) == 0, "split");
	report(region_intact(&r), "contents");
	report_process_tables(&before, tables_if_split(THPS), "parent");
	report_system_tables(&before, tables_if_split(THPS * processes),
			     "all processes");
	for (size_t i = 0; i < children; i++) {
		child_go(&child[i]);
		child_wait_pause(&child[i]);
	}
	for (size_t i = 0; i < children; i++) {
		child_go(&child[i]);
		child_end(&child[i]);
	}
	report(region_intact(&r), "contents at the end");
}

static void mapped_by_one_process(void)
{
	mapped_by(1);
}

static void mapped_by_two_processes(void)
{
	mapped_by(2);
}

static void mapped_by_eight_processes(void)
{
	mapped_by(8);
}

/* A folio whose PMD is split already needs no table any more. */
static void folio_without_a_huge_pmd(void)
{
	struct region r = region_of_thps(1, 9);
	struct tables before;

	if (mprotect(region_page(&r, 1), page_size(), PROT_READ))
		fatal("mprotect");
	before = tables_read(0);
	split_folios(r.base, thp_size());
	report_tables(&before, 0, "split");
	report(region_intact(&r), "contents");
}

TEST("split-debugfs")
{
	CASE(mapped_by_one_process);
	CASE(mapped_by_two_processes);
	CASE(mapped_by_eight_processes);
	CASE(folio_without_a_huge_pmd);
}
