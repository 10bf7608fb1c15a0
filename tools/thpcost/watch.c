// SPDX-License-Identifier: GPL-2.0
/*
 * Rows of what happened in each interval, from counters that the kernel keeps
 * anyway: no process is walked, so a short interval costs nothing.
 */
#include <err.h>
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "thpcost.h"

enum { COL_TIME, COL_THP, COL_TABLES, COL_GAIN, COL_CHANGE, COL_FAULTS, COL_SPLITS, COL_FAILED };

const struct column watch_columns[] = {
	[COL_TIME]	= { "TIME",	25, 0,		    KIND_TEXT, "end of the interval" },
	[COL_THP]	= { "THP",	8,  SCOLS_FL_RIGHT, KIND_SIZE, "anonymous THPs mapped by huge PMDs, each once" },
	[COL_TABLES]	= { "TABLES",	8,  SCOLS_FL_RIGHT, KIND_SIZE, "page tables of every level now" },
	[COL_GAIN]	= { "GAIN",	8,  SCOLS_FL_RIGHT, KIND_SIZE, "what not depositing gives back for THP, at least" },
	[COL_CHANGE]	= { "CHANGE",	9,  SCOLS_FL_RIGHT, KIND_SIZE, "of GAIN, in the interval" },
	[COL_FAULTS]	= { "FAULTS",	8,  SCOLS_FL_RIGHT, KIND_NUMBER, "faults that mapped a new THP, per second" },
	[COL_SPLITS]	= { "SPLITS",	8,  SCOLS_FL_RIGHT, KIND_NUMBER, "huge PMDs split, per second" },
	[COL_FAILED]	= { "FAILED",	6,  SCOLS_FL_RIGHT, KIND_NUMBER, "splits that failed, in the interval" },
};

const size_t nr_watch_columns = sizeof(watch_columns) / sizeof(watch_columns[0]);

/* Totals at one moment. */
struct sample {
	struct totals totals;
	uint64_t gain;
	double seconds;		/* of the monotonic clock */
};

static void take_sample(const struct thpcost *t, const struct kernel *kernel, struct sample *s)
{
	int error = totals_read(&t->root, &s->totals);
	struct timespec now;

	if (error)
		errx(EXIT_FAILURE, "cannot read /proc: %s", strerror(-error));
	clock_gettime(CLOCK_MONOTONIC, &now);
	s->seconds = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	s->gain = cost_gain(kernel, &(struct cost){ .thp = s->totals.thp });
}

static char *time_text(void)
{
	time_t now = time(NULL);
	char text[64], zone[8] = "";
	struct tm *tm = localtime(&now);

	/* As RFC 3339 has it: +02:00. */
	strftime(text, sizeof(text), "%FT%T", tm);
	strftime(zone, sizeof(zone), "%z", tm);
	return format("%s%.3s:%s", text, zone, zone + 3);
}

/* A counter that went back (never, on a running kernel) counts as 0. */
static uint64_t rise(uint64_t before, uint64_t now)
{
	return now > before ? now - before : 0;
}

static char *rate_text(uint64_t rise, double seconds)
{
	return format("%.1f", seconds > 0 ? (double)rise / seconds : 0);
}

static char *change_text(const struct thpcost *t, uint64_t before, uint64_t now)
{
	char *size = size_text(t, now > before ? now - before : before - now);
	char *text = format("%s%s", now > before ? (t->json ? "" : "+") : now < before ? "-" : "", size);

	free(size);
	return text;
}

static char *cell(const struct thpcost *t, const struct kernel *kernel, const struct sample *before,
		  const struct sample *now, int column)
{
	double seconds = now->seconds - before->seconds;

	switch (column) {
	case COL_TIME:
		return time_text();
	case COL_THP:
		return size_text(t, now->totals.thp);
	case COL_TABLES:
		return size_text(t, now->totals.tables);
	case COL_GAIN:
		return size_text(t, now->gain);
	case COL_CHANGE:
		return change_text(t, before->gain, now->gain);
	case COL_FAULTS:
		return rate_text(rise(before->totals.faults, now->totals.faults), seconds);
	case COL_SPLITS:
		return rate_text(rise(before->totals.splits, now->totals.splits), seconds);
	case COL_FAILED:
		/* Stock has no such counter. */
		if (!kernel->changed)
			return NULL;
		return format("%llu", (unsigned long long)rise(before->totals.failed, now->totals.failed));
	}
	return NULL;
}

/* One JSON object a line: a log of them has no end to close. */
static void print_object(const struct thpcost *t, char **cells)
{
	for (size_t i = 0; i < t->nr_columns; i++) {
		const struct column *c = &watch_columns[t->columns[i]];
		bool number = c->kind == KIND_NUMBER || (t->bytes && c->kind == KIND_SIZE);

		printf("%s\"", i ? "," : "{");
		for (const char *s = c->name; *s; s++)
			putchar(*s | 0x20);
		if (!cells[i])
			fputs("\":null", stdout);
		else
			printf(number ? "\":%s" : "\":\"%s\"", cells[i]);
	}
	puts("}");
}

/* A table of one line, whose columns are as wide as those of the last one. */
static void print_line(const struct thpcost *t, char **cells, bool heading)
{
	struct libscols_table *table = must(scols_new_table());
	struct libscols_line *line;

	scols_table_enable_raw(table, t->raw);
	scols_table_enable_noheadings(table, !heading);
	for (size_t i = 0; i < t->nr_columns; i++) {
		const struct column *c = &watch_columns[t->columns[i]];

		must(scols_table_new_column(table, c->name, c->width, c->flags | SCOLS_FL_STRICTWIDTH));
	}
	line = must(scols_table_new_line(table, NULL));
	for (size_t i = 0; i < t->nr_columns; i++)
		if (cells[i] && scols_line_set_data(line, i, cells[i]))
			errx(EXIT_FAILURE, "out of memory");
	if (scols_print_table(table))
		errx(EXIT_FAILURE, "cannot print the table");
	scols_unref_table(table);
}

static void print_row(const struct thpcost *t, const struct kernel *kernel,
		      const struct sample *before, const struct sample *now, bool heading)
{
	char *cells[COLUMNS_MAX];

	for (size_t i = 0; i < t->nr_columns; i++)
		cells[i] = raw_text(t, cell(t, kernel, before, now, t->columns[i]));
	if (t->json)
		print_object(t, cells);
	else
		print_line(t, cells, heading);
	for (size_t i = 0; i < t->nr_columns; i++)
		free(cells[i]);
	if (fflush(stdout))
		err(EXIT_FAILURE, "standard output");
}

void watch(const struct thpcost *t)
{
	struct sample before, now;
	struct timespec start;
	struct kernel kernel;

	must_kernel(t, &kernel);
	clock_gettime(CLOCK_MONOTONIC, &start);
	take_sample(t, &kernel, &before);
	for (unsigned long i = 1; !t->count || i <= t->count; i++) {
		wait_interval(t, &start);
		take_sample(t, &kernel, &now);
		print_row(t, &kernel, &before, &now, i == 1 && !t->noheadings);
		before = now;
	}
}
