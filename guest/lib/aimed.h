/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What other tasks do to the memory of a process (reclaim, migration, collapse),
 * while every allocation fails that they come to there, and then again while
 * none does.
 */
#ifndef GUEST_AIMED_H
#define GUEST_AIMED_H

#include <stdbool.h>

#include "region.h"

struct aimed {
	const char *name;
	/* The kernel function inside which, in any task, allocations fail. */
	const char *inside;
	/* Has it done to the region, or makes it go on. */
	void (*act)(const struct region *r);
	/*
	 * Where another task goes on by itself: keeps it from the region, so that
	 * nothing is done between the failures and what is checked then.
	 */
	void (*stop)(const struct region *r);
	/*
	 * The counter of /proc/vmstat that moves by one at least for each THP
	 * which it is tried with; NULL: @act returns when it was.
	 */
	const char *tried;
	/* Splits of a PMD that fail, exactly; AIMED_SOME: one or more. */
	long splits;
	/* Whether it has been done, and the PTE tables that it brings then, */
	bool (*done)(const struct region *r);
	long tables;
	/* to this process and as many to each other that shares the region */
	size_t sharers;
};

#define AIMED_SOME	-1

/*
 * Does both to @r, whose THPs are all mapped alike, and reports that failures
 * change nothing, and that it is done without: contents, huge PMDs, page
 * tables, thp_split_pmd_failed. Says "# aimed: ..." in one line.
 */
void aimed_run(const struct aimed *a, struct region *r);

/* Whether this kernel can do that; says why not, as a skip. */
bool aimed_possible(void);

/* The region is mapped by huge PMDs. */
bool aimed_huge(const struct region *r);

#endif
