/* SPDX-License-Identifier: GPL-2.0 */
/* The clock, and perf events: which there are, which may be read, and their values. */
#ifndef KIT_COUNTERS_H
#define KIT_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum figure {
	NS, CYCLES, INSTRUCTIONS, CACHE_MISSES, DTLB_LOAD_MISSES, DTLB_STORE_MISSES, CPU_NS,
	PAGE_FAULTS, CONTEXT_SWITCHES,
	NR_FIGURES
};

/* Counters that are read at once: no more of hardware than every CPU has. */
#define GROUP_SIZE	4
#define NR_GROUPS	2

struct counters {
	char why[NR_FIGURES][128];	/* why it cannot be read; "": it can */
};

/* Those of one group, open; -1 where it cannot be read. */
struct group {
	enum figure figures[GROUP_SIZE];
	int fds[GROUP_SIZE];
};

struct reading {
	uint64_t value;
	uint64_t enabled;	/* ns; the time for which it counted is less where */
	uint64_t running;	/* others took its place */
};

/* Names of the figures in files and tables. */
const char *figure_name(enum figure f);

/* CLOCK_MONOTONIC_RAW, in ns. */
uint64_t clock_now(void);

/* Tries each counter. */
struct counters counters_try(void);

/* Opens group @number for the calling process and its children to come; whether there is any. */
bool group_open(const struct counters *c, unsigned int number, struct group *g);
void group_read(const struct group *g, struct reading *readings);
void group_close(struct group *g);

#endif
