/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bench: what operations on THPs cost, in guest instructions for one THP.
 * An operation is one file: BENCH(name, .thps = 64, .op = f, ...), and a line
 * in report/bench-rows.
 *
 * Each operation runs in a process of its own, once on one THP and once on all
 * of them, WARM_UPS + ROUNDS times each. What is said is the marginal cost:
 * that of all less that of one (the median), divided by the THPs between; so
 * the system call, fork() and exit themselves do not count. Both kernels do
 * the same work in the same order.
 */
#ifndef GUEST_BENCH_H
#define GUEST_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include "../lib/test.h"

#define WARM_UPS	2
#define ROUNDS		9

/* What a round works on: two reserved places of address space. */
struct work {
	char *at;
	char *to;		/* for what moves */
	size_t thps;
	size_t size;		/* of each place, in bytes */
};

struct bench {
	const char *name;
	size_t thps;
	void (*setup)(const struct work *w);	/* before the first round */
	void (*prepare)(const struct work *w);	/* before each round */
	void (*op)(const struct work *w);	/* what is counted */
	void (*check)(const struct work *w);	/* that op did it: one round more */
	void (*undo)(const struct work *w);	/* default: release both places */
	void (*teardown)(const struct work *w);	/* after the last round */
	uint64_t (*clock)(void);		/* default: insn_now() */
	const char *(*missing)(void);		/* why it cannot run here; NULL: it can */
	bool settings;				/* changes those of the machine: for a guest */
	struct bench *next;
};

void bench_register(struct bench *b);

/* All of them, linked by next; one by its name, NULL where there is none. */
const struct bench *bench_first(void);
const struct bench *bench_find(const char *name);

/* Why it cannot run here; NULL: it can. */
const char *bench_missing(const struct bench *b);

/* A step of a round, and its undo; nothing where there is none. */
void bench_step(void (*step)(const struct work *w), const struct work *w);
void bench_undo(const struct bench *b, const struct work *w);

#define BENCH(id, ...)							\
	static struct bench bench_##id = { .name = #id, __VA_ARGS__ };	\
	static void __attribute__((constructor)) enlist_##id(void)	\
	{								\
		bench_register(&bench_##id);				\
	}

/* Steps that many operations share. Nothing is left to chance: populated means huge. */
void work_map(const struct work *w);
void work_populate(const struct work *w);	/* maps, and writes to each THP */
void work_populate_zero(const struct work *w);	/* maps, and reads each THP */
void work_populate_base(const struct work *w);	/* in base pages, all of them */
void work_keep(const struct work *w);		/* an undo that undoes nothing */

/* What the machine lacks for the huge zero page; NULL: nothing. */
const char *zero_page_missing(void);

/* Checks. */
void check_huge(const struct work *w);
void check_split(const struct work *w);

/* A child that shares the memory and stays until it is told to go. */
void sharers_start(size_t children);
void sharers_end(void);

#endif
