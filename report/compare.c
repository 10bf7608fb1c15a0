// SPDX-License-Identifier: GPL-2.0
/*
 * compare - the demo's figures of two kernels side by side
 *
 * Reads what the demo wrote on each kernel, one JSON object a line: first
 * {"kernel":"<release>", ...}, which is kept as it is, then one
 * {"metric":"<name>","value":<number>,"unit":"bytes|instructions|count"} for
 * each figure. What is shown, and what must hold, are data: the files rows and
 * claims beside this one.
 */
#define _GNU_SOURCE
#include <cjson/cJSON.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <libsmartcols/libsmartcols.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* What one kernel said. */
struct figures {
	const char *file;
	cJSON *kernel;		/* the header line */
	cJSON *metrics;		/* name: {value, unit} */
};

struct compare {
	const char *rows;
	const char *claims;
	const char *save;
	bool json;
	bool raw;
	bool bytes;
	bool noheadings;
	struct figures stock;
	struct figures changed;
};

enum { COL_WHAT, COL_STOCK, COL_CHANGED, COL_RATIO, COL_HUGETLBFS };

static const struct column {
	const char *name;
	int flags;
	const char *help;
} columns[] = {
	[COL_WHAT]	= { "WHAT",	 0,		    "what was measured" },
	[COL_STOCK]	= { "STOCK",	 SCOLS_FL_RIGHT,    "on the stock kernel" },
	[COL_CHANGED]	= { "UNDEPOSIT", SCOLS_FL_RIGHT,    "on the changed kernel" },
	[COL_RATIO]	= { "RATIO",	 SCOLS_FL_RIGHT,    "UNDEPOSIT divided by STOCK" },
	[COL_HUGETLBFS]	= { "HUGETLBFS", SCOLS_FL_RIGHT,    "the same memory from hugetlbfs" },
};

static void *must(void *p)
{
	if (!p)
		errx(EXIT_FAILURE, "out of memory");
	return p;
}

static FILE *open_or_die(const char *name)
{
	FILE *f = fopen(name, "re");

	if (!f)
		err(EXIT_FAILURE, "%s", name);
	return f;
}

/* Reads the next line that is neither empty nor a comment. NULL at the end. */
static char *next_line(FILE *f, char **buf, size_t *size, unsigned int *number)
{
	ssize_t len;

	while ((len = getline(buf, size, f)) >= 0) {
		char *line = *buf;

		++*number;
		line[strcspn(line, "\r\n")] = '\0';
		line += strspn(line, " \t");
		if (*line && *line != '#')
			return line;
	}
	return NULL;
}

static void read_figures(struct figures *f, const char *name)
{
	FILE *in = open_or_die(name);
	unsigned int number = 0;
	char *buf = NULL;
	size_t size = 0;
	char *line;

	f->file = name;
	f->metrics = must(cJSON_CreateObject());
	while ((line = next_line(in, &buf, &size, &number))) {
		cJSON *object = cJSON_Parse(line);
		cJSON *metric = cJSON_DetachItemFromObject(object, "metric");

		if (!cJSON_IsObject(object))
			errx(EXIT_FAILURE, "%s:%u: not a JSON object", name, number);
		if (cJSON_HasObjectItem(object, "kernel")) {
			f->kernel = object;
			continue;
		}
		if (!cJSON_IsString(metric) ||
		    !cJSON_IsNumber(cJSON_GetObjectItem(object, "value")) ||
		    !cJSON_IsString(cJSON_GetObjectItem(object, "unit")))
			errx(EXIT_FAILURE, "%s:%u: not a metric with value and unit", name, number);
		cJSON_DeleteItemFromObject(f->metrics, metric->valuestring);
		cJSON_AddItemToObject(f->metrics, metric->valuestring, object);
		cJSON_Delete(metric);
	}
	free(buf);
	fclose(in);
	if (!f->metrics->child)
		errx(EXIT_FAILURE, "%s: no figures", name);
}

/* Returns the value, or NAN where that kernel said none. */
static double value_of(const struct figures *f, const char *metric)
{
	cJSON *item = cJSON_GetObjectItemCaseSensitive(f->metrics, metric);

	return item ? cJSON_GetObjectItem(item, "value")->valuedouble : NAN;
}

static const char *unit_of(const struct figures *f, const char *metric)
{
	cJSON *item = cJSON_GetObjectItemCaseSensitive(f->metrics, metric);

	return item ? cJSON_GetObjectItem(item, "unit")->valuestring : "";
}

/* 1234567 as 1,234,567 */
static char *grouped(double value)
{
	char digits[32], text[48], *out = text;
	int len = snprintf(digits, sizeof(digits), "%.0f", fabs(value));

	if (value < 0)
		*out++ = '-';
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*out++ = ',';
		*out++ = digits[i];
	}
	*out = '\0';
	return must(strdup(text));
}

static void set_cell(struct libscols_line *line, int column, char *text)
{
	if (scols_line_refer_data(line, column, text))
		errx(EXIT_FAILURE, "out of memory");
}

static void set_value(const struct compare *c, struct libscols_line *line, int column,
		      const struct figures *f, const char *metric)
{
	double value = value_of(f, metric);
	char *number, *text;

	if (isnan(value))
		return;
	if (c->json || c->raw || c->bytes) {
		if (asprintf(&text, "%.0f", value) < 0)
			errx(EXIT_FAILURE, "out of memory");
		set_cell(line, column, text);
	} else if (!strcmp(unit_of(f, metric), "bytes")) {
		number = grouped(value / 1024);
		if (asprintf(&text, "%s KiB", number) < 0)
			errx(EXIT_FAILURE, "out of memory");
		free(number);
		set_cell(line, column, text);
	} else {
		set_cell(line, column, grouped(value));
	}
}

static void set_ratio(const struct compare *c, struct libscols_line *line, const char *metric)
{
	double stock = value_of(&c->stock, metric);
	double changed = value_of(&c->changed, metric);
	char *text;

	if (isnan(stock) || isnan(changed) || stock == 0)
		return;
	if (asprintf(&text, "%.3f", changed / stock) < 0)
		errx(EXIT_FAILURE, "out of memory");
	set_cell(line, COL_RATIO, text);
}

static struct libscols_table *new_table(const struct compare *c)
{
	struct libscols_table *table = must(scols_new_table());

	scols_table_set_name(table, "demo");
	scols_table_enable_json(table, c->json);
	scols_table_enable_raw(table, c->raw);
	scols_table_enable_noheadings(table, c->noheadings);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		struct libscols_column *column =
			must(scols_table_new_column(table, columns[i].name, 0, columns[i].flags));

		if (i != COL_WHAT)
			scols_column_set_json_type(column, SCOLS_JSON_NUMBER);
	}
	return table;
}

static void print_table(const struct compare *c)
{
	struct libscols_table *table = new_table(c);
	bool plain = c->json || c->raw;
	FILE *in = open_or_die(c->rows);
	struct libscols_line *line;
	unsigned int number = 0;
	char *buf = NULL, *row;
	const char *heading = "";
	size_t size = 0;

	while ((row = next_line(in, &buf, &size, &number))) {
		char metric[64], hugetlbfs[64], *what = NULL;
		int n = 0;

		if (*row == '=') {
			heading = must(strdup(row + 1 + strspn(row + 1, " ")));
			if (plain)
				continue;
			line = must(scols_table_new_line(table, NULL));
			set_cell(line, COL_WHAT, must(strdup(heading)));
			continue;
		}
		if (sscanf(row, "%63s %63s %n", metric, hugetlbfs, &n) < 2 || !n || !row[n])
			errx(EXIT_FAILURE, "%s:%u: not a metric, a metric and a name",
			     c->rows, number);
		if (isnan(value_of(&c->stock, metric)) && isnan(value_of(&c->changed, metric)))
			continue;
		line = must(scols_table_new_line(table, NULL));
		if (asprintf(&what, "%s%s%s", plain ? heading : "", plain ? ": " : "  ", row + n) < 0)
			errx(EXIT_FAILURE, "out of memory");
		set_cell(line, COL_WHAT, what);
		set_value(c, line, COL_STOCK, &c->stock, metric);
		set_value(c, line, COL_CHANGED, &c->changed, metric);
		set_ratio(c, line, metric);
		set_value(c, line, COL_HUGETLBFS, &c->stock, hugetlbfs);
	}
	free(buf);
	fclose(in);
	if (scols_print_table(table))
		errx(EXIT_FAILURE, "cannot print the table");
	scols_unref_table(table);
}

/* @least is NAN where the claim has an upper limit alone. */
static bool claim_holds(const struct compare *c, const char *metric, double least, double limit,
			bool of_stock)
{
	double stock = value_of(&c->stock, metric);
	double changed = value_of(&c->changed, metric);
	double unit = of_stock ? stock : 1;

	if (isnan(changed) || (of_stock && isnan(stock))) {
		warnx("claim broken: %s was not measured", metric);
		return false;
	}
	if (changed <= limit * unit && !(changed < least * unit))
		return true;
	if (!isnan(least))
		warnx("claim broken: %s is %.0f; from %.0f to %.0f", metric, changed, least * unit,
		      limit * unit);
	else if (of_stock)
		warnx("claim broken: %s is %.0f, %.3f of stock's %.0f; at most %g of it",
		      metric, changed, changed / stock, stock, limit);
	else
		warnx("claim broken: %s is %.0f; at most %g", metric, changed, limit);
	return false;
}

/* "metric limit of" or "metric least:limit of" */
static bool parse_claim(const char *line, char metric[64], double *least, double *limit, char of[16])
{
	if (sscanf(line, "%63s %lf:%lf %15s", metric, least, limit, of) != 4) {
		*least = NAN;
		if (sscanf(line, "%63s %lf %15s", metric, limit, of) != 3)
			return false;
	}
	return !strcmp(of, "stock") || !strcmp(of, "1");
}

/* Returns how many claims are broken, each said in one line. */
static unsigned int check_claims(const struct compare *c)
{
	FILE *in = open_or_die(c->claims);
	unsigned int number = 0, broken = 0;
	char *buf = NULL, *line;
	size_t size = 0;

	while ((line = next_line(in, &buf, &size, &number))) {
		char metric[64], of[16];
		double least, limit;

		if (!parse_claim(line, metric, &least, &limit, of))
			errx(EXIT_FAILURE, "%s:%u: not a metric, a limit, and stock or 1",
			     c->claims, number);
		broken += !claim_holds(c, metric, least, limit, *of == 's');
	}
	free(buf);
	fclose(in);
	return broken;
}

static cJSON *as_json(const struct figures *f)
{
	cJSON *object = f->kernel ? f->kernel : must(cJSON_CreateObject());

	cJSON_AddItemToObject(object, "metrics", f->metrics);
	return object;
}

/* Both kernels and all their figures, also those that the table leaves out. */
static void save(const struct compare *c)
{
	cJSON *all = must(cJSON_CreateObject());
	char *text, *temporary;
	FILE *out;

	cJSON_AddItemToObject(all, "stock", as_json(&c->stock));
	cJSON_AddItemToObject(all, "undeposit", as_json(&c->changed));
	text = must(cJSON_Print(all));
	if (asprintf(&temporary, "%s.tmp", c->save) < 0)
		errx(EXIT_FAILURE, "out of memory");
	out = fopen(temporary, "we");
	if (!out || fprintf(out, "%s\n", text) < 0 || fclose(out) || rename(temporary, c->save)) {
		unlink(temporary);
		err(EXIT_FAILURE, "%s", c->save);
	}
}

static void usage(void)
{
	fputs("\n"
	      "Usage:\n"
	      " compare [options] STOCK UNDEPOSIT\n"
	      "\n"
	      "Show the demo's figures of two kernels side by side.\n"
	      "\n"
	      "Options:\n"
	      " -R, --rows FILE     what to show (default: report/rows)\n"
	      " -c, --claims FILE   fail where what FILE says does not hold\n"
	      " -s, --save FILE     write all figures of both kernels to FILE, as JSON\n"
	      " -J, --json          use JSON output format\n"
	      " -r, --raw           use raw output format\n"
	      " -b, --bytes         print sizes in bytes, numbers without separators\n"
	      " -n, --noheadings    don't print headings\n"
	      " -h, --help          display this help\n"
	      "\n"
	      "Columns:\n", stdout);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		printf(" %10s  %s\n", columns[i].name, columns[i].help);
}

static const struct option options[] = {
	{ "rows",	required_argument, NULL, 'R' },
	{ "claims",	required_argument, NULL, 'c' },
	{ "save",	required_argument, NULL, 's' },
	{ "json",	no_argument,	   NULL, 'J' },
	{ "raw",	no_argument,	   NULL, 'r' },
	{ "bytes",	no_argument,	   NULL, 'b' },
	{ "noheadings",	no_argument,	   NULL, 'n' },
	{ "help",	no_argument,	   NULL, 'h' },
	{ }
};

int main(int argc, char **argv)
{
	struct compare c = { .rows = "report/rows" };
	unsigned int broken = 0;
	int opt;

	while ((opt = getopt_long(argc, argv, "R:c:s:Jrbnh", options, NULL)) != -1) {
		switch (opt) {
		case 'R': c.rows = optarg; break;
		case 'c': c.claims = optarg; break;
		case 's': c.save = optarg; break;
		case 'J': c.json = true; break;
		case 'r': c.raw = true; break;
		case 'b': c.bytes = true; break;
		case 'n': c.noheadings = true; break;
		case 'h': usage(); return EXIT_SUCCESS;
		default:
			fputs("Try 'compare --help' for more information.\n", stderr);
			return EXIT_FAILURE;
		}
	}
	if (argc - optind != 2)
		errx(EXIT_FAILURE, "two files are needed; see compare --help");
	read_figures(&c.stock, argv[optind]);
	read_figures(&c.changed, argv[optind + 1]);

	print_table(&c);
	if (fflush(stdout))
		err(EXIT_FAILURE, "standard output");
	if (c.claims)
		broken = check_claims(&c);
	if (c.save)
		save(&c);
	return broken ? EXIT_FAILURE : EXIT_SUCCESS;
}
