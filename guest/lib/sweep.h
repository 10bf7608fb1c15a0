/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A sweep makes one operation fail at every allocation that it comes to, one
 * after the other, and looks at what is left: first at those that the split
 * of a PMD asks for, then at all others.
 */
#ifndef GUEST_SWEEP_H
#define GUEST_SWEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "child.h"
#include "limit.h"
#include "region.h"

/* Where the tables of a split come from: of any split, or of that of a folio. */
#define SPLIT_OF_PMD	"pmd_split_alloc_table"
#define SPLIT_OF_FOLIO	"folio_prepare_pmd_split"

#define SCENE_CHILDREN	3

/* What an operation works on, made anew for each try. */
struct scene {
	struct region r;	/* filled, every THP huge */
	char *at;		/* one page in the middle of THP 0 */
	char *target;		/* spare room, aligned to THPs */
	int fd;			/* the operation's own, and so is */
	long value;		/* this */
	bool other_failed;	/* an allocation did, but no split */
	size_t children;	/* processes that share the region */
	struct child child[SCENE_CHILDREN];
};

struct sweep {
	const char *name;
	size_t thps;		/* 1, unless given */
	/* errno of the call when a split failed; 0: it says success */
	int split_error;
	/* The same when a part was done before, where it differs */
	int part_error;
	/* Success promises nothing: memory is intact, the PMD may stay huge. */
	bool advice;
	/* A page fault: taken again and again while nothing can be allocated. */
	bool fault;
	/* What this kernel lacks for it; returns NULL: nothing. */
	const char *(*missing)(void);
	/* The call comes to no allocation of a split. */
	bool never_splits;
	/* Its split does not fail: where one table cannot be had, another is. */
	bool must_split;
	/* The call splits once more when that failed, and may so succeed. */
	bool splits_again;
	/* Tables that a failed call may leave behind, empty. */
	long may_keep;
	/*
	 * Linux does this in two steps, and page @at may be gone (or zero) when
	 * another allocation than the split's fails in the second.
	 */
	bool may_lose;
	/* A driver for testing that cannot take other failures than the split's. */
	bool only_split;
	/*
	 * The call is charged for pages besides the tables of splits: a memory
	 * cgroup at its limit refuses them, on every kernel.
	 */
	bool charges;
	/* Sites to look at, where there are endless ones alike; 0: all. */
	unsigned int most;

	void (*set_up)(struct scene *s);
	/* The one system call, or touch: 0 or its errno. */
	int (*call)(struct scene *s);
	/* What is left to do when nothing fails any more. */
	void (*finish)(struct scene *s);
	/* Whether what the call promises holds; NULL: contents are intact. */
	bool (*done)(struct scene *s);
	/*
	 * Whether permissions are as before, asked after contents and VMAs
	 * were found so; NULL: page @at may be written.
	 */
	bool (*undone)(struct scene *s);
	/*
	 * Whether a failed call left what it should, where that is not simply
	 * what was before: it did a part, or contents must be got at first.
	 */
	bool (*partly)(struct scene *s);
	void (*tear_down)(struct scene *s);
};

/*
 * Runs sweeps, each as a case, with the splits that they fail in
 * @splitter (SPLIT_OF_...); each says "# sweep: ..." in one line.
 */
void sweeps_run(const char *splitter, const struct sweep *ops, size_t count);

/* A test that is nothing but sweeps. */
#define SWEEPS(title, splitter, ops)					\
	TEST(title)							\
	{								\
		sweeps_run(splitter, ops, sizeof(ops) / sizeof(*(ops)));	\
	}

/*
 * A table of operations, one a file, that are to be run at a limit, too: those
 * that are charged for nothing else.
 */
struct sweep_table {
	const char *name;
	const struct sweep *ops;
	size_t count;
	struct sweep_table *next;
};

void sweep_table_register(struct sweep_table *table);

#define SWEEPS_AT_LIMIT(title, table)					\
	static struct sweep_table sweep_table_entry = {			\
		.name = title, .ops = table,				\
		.count = sizeof(table) / sizeof(*(table)),		\
	};								\
	static void __attribute__((constructor)) sweep_table_enlist(void)	\
	{								\
		sweep_table_register(&sweep_table_entry);		\
	}

/*
 * Runs the operations of table @title in a memory cgroup
 * (cgroup_make()) exactly at its limit: reports that each succeeds and does what
 * it does without a limit, and that the group does not run out of memory.
 */
void sweeps_at_limit(const char *title, enum limit_prey prey);

/* Forks children that map the region and check it when they end. */
void scene_share(struct scene *s, size_t children);

/* Whether all but page @at hold what they held. */
bool scene_rest_intact(const struct scene *s);

#endif
