/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kit measures by clocks and counters what the lab's bench counts by instructions.
 * The operations are those of guest/bench; how their cost is taken is here.
 */
#ifndef KIT_H
#define KIT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../guest/bench/bench.h"
#include "../must.h"
#include "counters.h"

/* Of the files that "run" writes and "compare" reads. */
#define FORMAT		1

#define MiB		(1UL << 20)

/* More workers say no more, and would take all memory of a large machine. */
#define WORKERS_DEFAULT	16
#define WORKERS_MAX	1024

/* What is said of many values; the spread is from the first quartile to the third. */
struct spread {
	size_t samples;		/* 0: nothing is known */
	double median, q1, q3, min, max;
};

/* One operation, by as many workers at once. */
struct result {
	const struct bench *b;
	size_t workers;
	bool processes;		/* that is what the workers are; else threads */
	size_t thps;		/* of each */
	struct spread figures[NR_FIGURES];
};

/* Why an operation was left out. */
struct skip {
	const char *name;
	const char *why;
};

struct kit {
	const char *version;
	const char *out;
	unsigned long rounds;		/* that count, in each process */
	unsigned long processes;	/* one after another */
	unsigned long most;		/* THPs of an operation; 0: as the bench has */
	unsigned long memory;		/* MiB of THP whose page tables are read */
	unsigned int cpus[WORKERS_MAX];	/* of each worker */
	size_t workers;			/* at once, where many are */
	struct counters counters;
	struct result *results;
	size_t nr_results;
	struct skip *skips;
	size_t nr_skips;
	size_t thp;			/* bytes whose page tables were read */
	struct spread vmpte, pagetables;
};

/* said.c */

/*
 * From now on what guest/lib has to say, fatal() above all, is kept in @text instead of
 * going to standard error, in this process and its children.
 */
void said_keep(char *text, size_t size);

/* spread.c */

/* Sorts @values, which must be one at least. */
struct spread spread_of(double *values, size_t count);

/* @s as an object of JSON; null where nothing is known. */
cJSON *spread_json(const struct spread *s);

/* measure.c */

/* THPs that each worker has. */
size_t measure_thps(const struct kit *kit, const struct bench *b);

/* Runs the operation; a failure ends the program with one line. */
struct result measure(const struct kit *kit, const struct bench *b, size_t workers, bool processes);

/* Page tables of kit->thp bytes, read. */
void measure_tables(struct kit *kit);

/* Ends the program with one line unless this machine gives THPs and tells so. */
void measure_probe(void);

/* machine.c */

/* Bytes that can be used; a failure ends the program. */
size_t memory_available(void);
size_t memory_total(void);

/* Why there are no THPs here; NULL: there are. To be freed. */
char *thp_missing(void);

cJSON *machine_json(void);
cJSON *kernel_json(void);
cJSON *thp_json(void);

/* compare.c */
int compare(int argc, char **argv);
void compare_columns(void);

#endif
