// SPDX-License-Identifier: GPL-2.0
/*
 * compare - what a guest program said on two kernels, side by side
 *
 * Reads what each kernel said (figures.h). What is shown, and what must hold,
 * are data: the files rows, claims, goals and baselines beside this one.
 */
#define _GNU_SOURCE
#include <err.h>
#include <getopt.h>
#include <libsmartcols/libsmartcols.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checks.h"
#include "rows.h"
#include "text.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

enum {
	COL_WHAT, COL_STOCK, COL_CHANGED, COL_RATIO, COL_HUGETLBFS,
	COL_GOAL, COL_MET, COL_STOCK_MIN, COL_STOCK_MAX, COL_CHANGED_MIN, COL_CHANGED_MAX,
	COL_STOCK_TABLES, COL_CHANGED_TABLES,
	NR_COLUMNS
};

static const struct column {
	const char *name;
	int flags;
	int json;
	const char *help;
} columns[NR_COLUMNS] = {
	[COL_WHAT]	  = { "WHAT", 0, SCOLS_JSON_STRING, "what was measured" },
	[COL_STOCK]	  = { "STOCK", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER, "on the stock kernel" },
	[COL_CHANGED]	  = { "UNDEPOSIT", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER,
			      "on the changed kernel" },
	[COL_RATIO]	  = { "RATIO", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER,
			      "UNDEPOSIT divided by STOCK" },
	[COL_HUGETLBFS]	  = { "HUGETLBFS", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER,
			      "the same memory from hugetlbfs" },
	[COL_GOAL]	  = { "GOAL", 0, SCOLS_JSON_STRING, "where RATIO should be" },
	[COL_MET]	  = { "MET", 0, SCOLS_JSON_STRING, "whether it is there" },
	[COL_STOCK_MIN]	  = { "STOCK-MIN", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER,
			      "the least of all repetitions" },
	[COL_STOCK_MAX]	  = { "STOCK-MAX", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER, "the most" },
	[COL_CHANGED_MIN] = { "MIN", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER,
			      "the least on the changed kernel" },
	[COL_CHANGED_MAX] = { "MAX", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER, "the most there" },
	[COL_STOCK_TABLES] = { "STOCK-TABLES", SCOLS_FL_RIGHT, SCOLS_JSON_STRING,
			       "KiB of page tables, before and after" },
	[COL_CHANGED_TABLES] = { "TABLES", SCOLS_FL_RIGHT, SCOLS_JSON_STRING,
				 "the same on the changed kernel" },
};

struct compare {
	const char *rows;
	const char *claims;
	const char *goals;
	const char *baseline;
	const char *new_baseline;
	const char *save;
	double agree;		/* part, 0: not asked for */
	int shown[NR_COLUMNS];
	size_t nr_shown;
	bool limit;
	bool json;
	bool raw;
	bool bytes;
	bool noheadings;
	struct pair pair;
};

/* How much worse than the baseline is worse. */
#define WORSE 0.02

/* A value as the table shows it; NULL where it is unknown. */
static char *value_text(const struct compare *c, double value, const char *unit)
{
	return amount_text(value, unit, c->json || c->raw || c->bytes);
}

static char *tables_text(const struct figures *f, const char *metric)
{
	double before = member_of(f, metric, "tables_before");
	double after = member_of(f, metric, "tables_after");

	if (isnan(before) || isnan(after))
		return NULL;
	return format("%.0f > %.0f", before / 1024, after / 1024);
}

/* The text of a cell, NULL for an empty one. */
static char *cell(const struct compare *c, int column, const struct row *row)
{
	const char *metric = row->metric;
	const struct figures *stock = &c->pair.stock, *changed = &c->pair.changed;
	const char *unit = unit_of(stock, metric);
	double ratio = ratio_of(&c->pair, metric);
	char *goals;
	bool met;

	switch (column) {
	case COL_STOCK:
		return value_text(c, value_of(stock, metric), unit);
	case COL_CHANGED:
		return value_text(c, value_of(changed, metric), unit_of(changed, metric));
	case COL_RATIO:
		return isnan(ratio) ? NULL : format("%.3f", ratio);
	case COL_HUGETLBFS:
		return value_text(c, value_of(stock, row->beside), unit_of(stock, row->beside));
	case COL_STOCK_MIN:
		return value_text(c, member_of(stock, metric, "min"), unit);
	case COL_STOCK_MAX:
		return value_text(c, member_of(stock, metric, "max"), unit);
	case COL_CHANGED_MIN:
		return value_text(c, member_of(changed, metric, "min"), unit);
	case COL_CHANGED_MAX:
		return value_text(c, member_of(changed, metric, "max"), unit);
	case COL_STOCK_TABLES:
		return tables_text(stock, metric);
	case COL_CHANGED_TABLES:
		return tables_text(changed, metric);
	case COL_GOAL:
	case COL_MET:
		goals = c->goals ? goals_of(&c->pair, c->goals, metric, &met) : NULL;
		if (!goals || column == COL_GOAL)
			return goals;
		free(goals);
		return isnan(ratio) ? NULL : must(strdup(met ? "yes" : "NO"));
	}
	return NULL;
}

static struct libscols_table *new_table(const struct compare *c)
{
	struct libscols_table *table = must(scols_new_table());

	scols_table_set_name(table, "figures");
	scols_table_enable_json(table, c->json);
	scols_table_enable_raw(table, c->raw);
	scols_table_enable_noheadings(table, c->noheadings);
	for (size_t i = 0; i < c->nr_shown; i++) {
		const struct column *shown = &columns[c->shown[i]];
		struct libscols_column *column =
			must(scols_table_new_column(table, shown->name, 0, shown->flags));

		scols_column_set_json_type(column, shown->json);
	}
	return table;
}

/* @what goes to the column WHAT; @row is NULL for a heading. */
static void add_line(const struct compare *c, struct libscols_table *table, char *what,
		     const struct row *row)
{
	struct libscols_line *line = must(scols_table_new_line(table, NULL));

	for (size_t i = 0; i < c->nr_shown; i++) {
		char *text = NULL;

		if (c->shown[i] == COL_WHAT)
			text = what;
		else if (row)
			text = cell(c, c->shown[i], row);
		if (text && scols_line_refer_data(line, i, text))
			errx(EXIT_FAILURE, "out of memory");
	}
}

static void print_table(const struct compare *c)
{
	struct libscols_table *table = new_table(c);
	struct rows rows = rows_open(c->rows);
	bool plain = c->json || c->raw;
	char heading[sizeof(((struct row *)0)->what)] = "";
	bool heading_due = false;
	struct row row;

	while (rows_next(&rows, &row)) {
		if (row.heading) {
			strcpy(heading, row.what);
			heading_due = !plain;
			continue;
		}
		if (isnan(value_of(&c->pair.stock, row.metric)) &&
		    isnan(value_of(&c->pair.changed, row.metric)))
			continue;
		if (heading_due)
			add_line(c, table, must(strdup(heading)), NULL);
		heading_due = false;
		add_line(c, table, format("%s%s%s", plain ? heading : "", plain ? ": " : "  ",
					     row.what), &row);
	}
	if (scols_print_table(table))
		errx(EXIT_FAILURE, "cannot print the table");
	scols_unref_table(table);
}

/* Both kernels and all their figures, also those that the table leaves out. */
static void save(struct compare *c)
{
	cJSON *all = must(cJSON_CreateObject());
	char *text, *temporary;
	FILE *out;

	cJSON_AddItemToObject(all, "stock", figures_json(&c->pair.stock));
	cJSON_AddItemToObject(all, "undeposit", figures_json(&c->pair.changed));
	text = must(cJSON_Print(all));
	temporary = format("%s.tmp", c->save);
	out = fopen(temporary, "we");
	if (!out || fprintf(out, "%s\n", text) < 0 || fclose(out) || rename(temporary, c->save)) {
		unlink(temporary);
		err(EXIT_FAILURE, "%s", c->save);
	}
}

/* Takes a list of column names, "WHAT,RATIO". */
static void pick_columns(struct compare *c, char *list)
{
	char *name, *save_ptr;

	c->nr_shown = 0;
	for (name = strtok_r(list, ",", &save_ptr); name; name = strtok_r(NULL, ",", &save_ptr)) {
		int i = 0;

		while (i < NR_COLUMNS && strcasecmp(columns[i].name, name))
			i++;
		if (i == NR_COLUMNS)
			errx(EXIT_FAILURE, "unknown column '%s'; see compare --help", name);
		if (c->nr_shown == NR_COLUMNS)
			errx(EXIT_FAILURE, "more than %d columns", NR_COLUMNS);
		c->shown[c->nr_shown++] = i;
	}
}

static double percent(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value > 0))
		errx(EXIT_FAILURE, "--agree: '%s' is no percentage", text);
	return value / 100;
}

static void usage(void)
{
	fputs("\n"
	      "Usage:\n"
	      " compare [options] STOCK UNDEPOSIT\n"
	      "\n"
	      "Show what a guest program said on two kernels side by side.\n"
	      "\n"
	      "Options:\n"
	      " -R, --rows FILE          what to show (default: report/rows)\n"
	      " -o, --output LIST        columns to show\n"
	      " -c, --claims FILE        fail where what FILE says does not hold\n"
	      " -g, --goals FILE         say where a ratio is not what FILE wants\n"
	      " -a, --agree PERCENT      fail where runs of one kernel differ by more\n"
	      " -l, --limit              fail where a curve has more page tables than hugetlbfs\n"
	      " -B, --baseline FILE      fail where a ratio is 2 % above FILE's\n"
	      " -w, --write-baseline FILE  write the ratios to FILE\n"
	      " -s, --save FILE          write all figures of both kernels to FILE, as JSON\n"
	      " -J, --json               use JSON output format\n"
	      " -r, --raw                use raw output format\n"
	      " -b, --bytes              print sizes in bytes, numbers without separators\n"
	      " -n, --noheadings         don't print headings\n"
	      " -h, --help               display this help\n"
	      "\n"
	      "Columns:\n", stdout);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		printf(" %13s  %s\n", columns[i].name, columns[i].help);
}

static const struct option options[] = {
	{ "rows",	required_argument, NULL, 'R' },
	{ "output",	required_argument, NULL, 'o' },
	{ "claims",	required_argument, NULL, 'c' },
	{ "goals",	required_argument, NULL, 'g' },
	{ "agree",	required_argument, NULL, 'a' },
	{ "limit",	no_argument,	   NULL, 'l' },
	{ "baseline",	required_argument, NULL, 'B' },
	{ "write-baseline", required_argument, NULL, 'w' },
	{ "save",	required_argument, NULL, 's' },
	{ "json",	no_argument,	   NULL, 'J' },
	{ "raw",	no_argument,	   NULL, 'r' },
	{ "bytes",	no_argument,	   NULL, 'b' },
	{ "noheadings",	no_argument,	   NULL, 'n' },
	{ "help",	no_argument,	   NULL, 'h' },
	{ }
};

static void parse(struct compare *c, int argc, char **argv)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "R:o:c:g:a:lB:w:s:Jrbnh", options, NULL)) != -1) {
		switch (opt) {
		case 'R': c->rows = optarg; break;
		case 'o': pick_columns(c, optarg); break;
		case 'c': c->claims = optarg; break;
		case 'g': c->goals = optarg; break;
		case 'a': c->agree = percent(optarg); break;
		case 'l': c->limit = true; break;
		case 'B': c->baseline = optarg; break;
		case 'w': c->new_baseline = optarg; break;
		case 's': c->save = optarg; break;
		case 'J': c->json = true; break;
		case 'r': c->raw = true; break;
		case 'b': c->bytes = true; break;
		case 'n': c->noheadings = true; break;
		case 'h': usage(); exit(EXIT_SUCCESS);
		default:
			fputs("Try 'compare --help' for more information.\n", stderr);
			exit(EXIT_FAILURE);
		}
	}
	if (argc - optind != 2)
		errx(EXIT_FAILURE, "two files are needed; see compare --help");
}

int main(int argc, char **argv)
{
	struct compare c = {
		.rows = "report/rows",
		.shown = { COL_WHAT, COL_STOCK, COL_CHANGED, COL_RATIO, COL_HUGETLBFS },
		.nr_shown = 5,
	};
	unsigned int broken = 0;

	parse(&c, argc, argv);
	figures_read(&c.pair.stock, argv[optind]);
	figures_read(&c.pair.changed, argv[optind + 1]);

	print_table(&c);
	if (fflush(stdout))
		err(EXIT_FAILURE, "standard output");
	if (c.agree)
		broken += check_runs(&c.pair, c.agree);
	if (c.limit)
		broken += check_growth(&c.pair);
	if (c.claims)
		broken += check_claims(&c.pair, c.claims);
	if (c.goals)
		check_goals(&c.pair, c.goals);
	if (c.baseline)
		broken += check_baseline(&c.pair, c.baseline, WORSE);
	if (c.new_baseline && !broken)
		write_baseline(&c.pair, c.new_baseline);
	if (c.save)
		save(&c);
	return broken ? EXIT_FAILURE : EXIT_SUCCESS;
}
