/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What one kernel said, one JSON object a line: first {"kernel":"<release>",
 * ...}, kept as it is, then for each figure
 * {"metric":"<name>","value":<number>,"unit":"bytes|instructions|count", ...}
 * for each point of a curve {"series":"<name>","x":<number>, ...}, and for what
 * must be the same on every kernel {"answer":"<name>","text":"<text>"}.
 *
 * A file may hold the runs of several boots. A metric's value is then the mean
 * of theirs, its "min" and "max" are the outermost, and "runs" are the values.
 */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

#include "../tools/must.h"

struct figures {
	const char *file;
	cJSON *kernel;		/* the header line */
	cJSON *metrics;		/* name: {value, unit, ...} */
	cJSON *series;		/* points as they came */
	cJSON *answers;		/* name: text */
};

/* Two kernels, and what was saved of both by compare. */
struct pair {
	struct figures stock;
	struct figures changed;
};

/* Opens a file to read; a failure ends the program. */
FILE *open_or_die(const char *name);

/*
 * Reads the next line of a data file that is neither empty nor a comment, its
 * blanks at the start left out, and counts lines in @number. NULL at the end.
 */
char *next_line(FILE *f, char **buf, size_t *size, unsigned int *number);

/* Reads a file; ends the program where it is not as said above, or empty. */
void figures_read(struct figures *f, const char *name);

/* The object that a file holds; ends the program where it holds something else. */
cJSON *object_load(const char *name);

/* What compare saved, in file @name: as read, or of an object, which loses it. */
void pair_load(struct pair *p, const char *name);
void pair_take(struct pair *p, cJSON *all, const char *name);

/* A metric's value, NAN where that kernel said none; and its unit, or "". */
double value_of(const struct figures *f, const char *metric);
const char *unit_of(const struct figures *f, const char *metric);

/* Another member of a metric, NAN where there is none. */
double member_of(const struct figures *f, const char *metric, const char *member);

/* By how much the runs of a metric differ, as part of the least; 0 with one run. */
double spread_of(const struct figures *f, const char *metric);

/*
 * Points of curves: whether one is of a series and a kind of memory; a number
 * in it; and that number of the point at @x, NAN where there is none.
 */
bool point_is(const cJSON *point, const char *series, const char *memory);
double point_number(const cJSON *point, const char *name);
double point_of(const struct figures *f, const char *series, const char *memory, double x,
		const char *name);

/* Everything that was read, as one object, which takes it over. */
cJSON *figures_json(struct figures *f);

#endif
