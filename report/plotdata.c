// SPDX-License-Identifier: GPL-2.0
/*
 * plotdata - the figures of the bench as tables that gnuplot reads
 *
 * usage: plotdata BENCH.json ROWS DIR
 *
 * Writes DIR/ratios.dat, a line an operation: its ratio, its name,
 * and the ratio as text, which a heading does not have; and for
 * each series DIR/<series>.dat, a line an x with the columns below; NaN where
 * a kernel did not say. A comment at its head names the columns.
 */
#define _GNU_SOURCE
#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "rows.h"

static const struct {
	const char *head;
	bool changed;		/* which kernel */
	const char *memory;
	const char *member;
} columns[] = {
	{ "stock-tables",	false,	"thp",		"pagetables" },
	{ "changed-tables",	true,	"thp",		"pagetables" },
	{ "hugetlbfs-tables",	false,	"hugetlbfs",	"pagetables" },
	{ "stock-populate",	false,	"thp",		"populate" },
	{ "changed-populate",	true,	"thp",		"populate" },
	{ "hugetlbfs-populate",	false,	"hugetlbfs",	"populate" },
	{ "stock-unmap",	false,	"thp",		"unmap" },
	{ "changed-unmap",	true,	"thp",		"unmap" },
	{ "hugetlbfs-unmap",	false,	"hugetlbfs",	"unmap" },
	{ "stock-fork",		false,	"thp",		"fork" },
	{ "changed-fork",	true,	"thp",		"fork" },
	{ "hugetlbfs-fork",	false,	"hugetlbfs",	"fork" },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static FILE *create(const char *dir, const char *name)
{
	char *path;
	FILE *out;

	if (asprintf(&path, "%s/%s.dat", dir, name) < 0)
		errx(EXIT_FAILURE, "out of memory");
	out = fopen(path, "we");
	if (!out)
		err(EXIT_FAILURE, "%s", path);
	free(path);
	return out;
}

static void finish(FILE *out, const char *name)
{
	if (fclose(out))
		err(EXIT_FAILURE, "%s.dat", name);
}

/* A label in gnuplot's enhanced text. */
static void put_label(FILE *out, const struct row *row)
{
	fputs(row->heading ? "\"{/:Bold " : "\"", out);
	for (const char *at = row->what; *at; at++)
		fprintf(out, strchr("_^{}@&~", *at) ? "\\\\%c" : "%c", *at);
	fputs(row->heading ? "}\"" : "\"", out);
}

static void write_ratios(const struct pair *p, const char *file, const char *dir)
{
	FILE *out = create(dir, "ratios");
	struct rows rows = rows_open(file);
	struct row row;

	fputs("# ratio name text\n", out);
	while (rows_next(&rows, &row)) {
		double ratio = row.heading ? NAN : ratio_of(p, row.metric);

		if (isnan(ratio) && !row.heading)
			continue;
		fprintf(out, "%.4f ", ratio);
		put_label(out, &row);
		fprintf(out, row.heading ? " \"\"\n" : " \"%.3f\"\n", ratio);
	}
	finish(out, "ratios");
}

static void write_series(const struct pair *p, const char *series, const char *dir)
{
	FILE *out = create(dir, series);
	const cJSON *point;

	fputs("# x", out);
	for (size_t i = 0; i < COLUMNS; i++)
		fprintf(out, " %s", columns[i].head);
	/* Stock has every x. */
	cJSON_ArrayForEach(point, p->stock.series) {
		double x = point_number(point, "x");

		if (!point_is(point, series, "thp"))
			continue;
		fprintf(out, "\n%.0f", x);
		for (size_t i = 0; i < COLUMNS; i++)
			fprintf(out, " %.0f",
				point_of(columns[i].changed ? &p->changed : &p->stock, series,
					 columns[i].memory, x, columns[i].member));
	}
	fputc('\n', out);
	finish(out, series);
}

int main(int argc, char **argv)
{
	struct pair p;

	if (argc != 4)
		errx(EXIT_FAILURE, "usage: plotdata BENCH.json ROWS DIR");
	pair_load(&p, argv[1]);
	write_ratios(&p, argv[2], argv[3]);
	write_series(&p, "zero", argv[3]);
	write_series(&p, "anon", argv[3]);
	write_series(&p, "swapped", argv[3]);
	write_series(&p, "processes", argv[3]);
	return EXIT_SUCCESS;
}
