// SPDX-License-Identifier: GPL-2.0
/* Two files of "kit run" side by side. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libsmartcols/libsmartcols.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit.h"

/* What kernels differ by in the memory that they leave; of other machines it is more. */
#define MEMORY_DIFFERS	0.01

#define FILE_MAX	(16 * MiB)

enum { COL_OPERATION, COL_WORKERS, COL_UNIT, COL_A, COL_A_SPREAD, COL_B, COL_B_SPREAD, COL_RATIO, COL_DIFFERS };

static const struct column {
	const char *name;
	int flags;
	int json;
	const char *help;
} columns[] = {
	[COL_OPERATION]	= { "OPERATION", 0, SCOLS_JSON_STRING, "what was done, or \"page tables\"" },
	[COL_WORKERS]	= { "WORKERS", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER, "threads that did it at once; of fork, processes" },
	[COL_UNIT]	= { "UNIT", 0, SCOLS_JSON_STRING, "ns, a counter's name, or bytes" },
	[COL_A]		= { "A", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER, "median of the first file" },
	[COL_A_SPREAD]	= { "A-SPREAD", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER, "third quartile less the first, in % of A" },
	[COL_B]		= { "B", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER, "median of the second file" },
	[COL_B_SPREAD]	= { "B-SPREAD", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER, "the same of B" },
	[COL_RATIO]	= { "RATIO", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER, "B divided by A" },
	[COL_DIFFERS]	= { "DIFFERS", 0, SCOLS_JSON_STRING, "whether the ranges from first to third quartile are apart" },
};

#define NR_COLUMNS	(sizeof(columns) / sizeof(columns[0]))

struct comparison {
	const char *names[2];
	cJSON *files[2];
	struct libscols_table *table;
	bool all;
	bool force;
	bool json;
	bool raw;
	bool noheadings;
};

void compare_columns(void)
{
	for (size_t i = 0; i < NR_COLUMNS; i++)
		printf(" %9s  %s\n", columns[i].name, columns[i].help);
}

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static bool is_spread(const cJSON *s)
{
	static const char *const names[] = { "median", "q1", "q3" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!cJSON_IsNumber(member(s, names[i])) || !isfinite(member(s, names[i])->valuedouble))
			return false;
	return true;
}

static bool is_operation(const cJSON *o)
{
	const cJSON *f, *figures = member(o, "figures");

	if (!cJSON_IsString(member(o, "name")) || !cJSON_IsNumber(member(o, "workers")) ||
	    !cJSON_IsNumber(member(o, "thps")) || !cJSON_IsObject(figures) || !is_spread(member(figures, "ns")))
		return false;
	cJSON_ArrayForEach(f, figures)
		if (!cJSON_IsNull(f) && !is_spread(f))
			return false;
	return true;
}

static bool is_whole(const cJSON *all)
{
	const cJSON *o, *tables = member(all, "page_tables");

	if (!cJSON_IsObject(member(all, "machine")) || !cJSON_IsObject(member(all, "thp")) ||
	    !cJSON_IsObject(member(all, "run")) || !cJSON_IsString(member(member(all, "kernel"), "release")) ||
	    !cJSON_IsArray(member(all, "operations")) || !cJSON_IsNumber(member(tables, "thp")) ||
	    !is_spread(member(tables, "vmpte")) || !is_spread(member(tables, "pagetables")))
		return false;
	cJSON_ArrayForEach(o, member(all, "operations"))
		if (!is_operation(o))
			return false;
	return true;
}

static cJSON *read_file(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const cJSON *version;
	struct stat st;
	size_t len = 0;
	ssize_t got;
	char *text;
	cJSON *all;

	if (fd < 0 || fstat(fd, &st))
		err(EXIT_FAILURE, "%s", name);
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)FILE_MAX)
		errx(EXIT_FAILURE, "%s: no file of kit run", name);
	text = must(malloc(st.st_size + 1));
	while ((got = read(fd, text + len, st.st_size - len)) > 0)
		len += got;
	if (got < 0)
		err(EXIT_FAILURE, "%s", name);
	close(fd);
	text[len] = '\0';
	all = cJSON_ParseWithLengthOpts(text, len + 1, NULL, 1);
	free(text);
	if (!all)
		errx(EXIT_FAILURE, "%s: is not whole, or no file of kit run", name);
	version = member(all, "kit");
	if (!cJSON_IsNumber(version))
		errx(EXIT_FAILURE, "%s: no file of kit run", name);
	if (version->valueint != FORMAT)
		errx(EXIT_FAILURE, "%s: of another version of kit (format %d, this one reads %d)", name,
		     version->valueint, FORMAT);
	if (!is_whole(all))
		errx(EXIT_FAILURE, "%s: is not whole", name);
	return all;
}

/* As the message shows it; to be freed. */
static char *value_text(const cJSON *value)
{
	char *text = value ? cJSON_PrintUnformatted(value) : strdup("missing");

	return must(text);
}

/* Numbers that differ by @part are the same. */
static void must_match(const struct comparison *c, const char *what, const char *object, const char *name,
		       double part)
{
	const cJSON *a = member(member(c->files[0], object), name);
	const cJSON *b = member(member(c->files[1], object), name);
	char *first, *second;

	if (cJSON_IsNumber(a) && cJSON_IsNumber(b) &&
	    fabs(a->valuedouble - b->valuedouble) <= part * fabs(a->valuedouble))
		return;
	if ((!a && !b) || cJSON_Compare(a, b, 1))
		return;
	first = value_text(a);
	second = value_text(b);
	if (!c->force)
		errx(EXIT_FAILURE, "%s and %s: %s: %s.%s is %s and %s (--force compares them all the same)",
		     c->names[0], c->names[1], what, object, name, first, second);
	warnx("%s: %s.%s is %s and %s", what, object, name, first, second);
	free(first);
	free(second);
}

static void check_same(const struct comparison *c)
{
	static const char machines[] = "different machines", settings[] = "different settings",
		runs[] = "measured otherwise";
	static const char *const of_machine[] = {
		"host", "product", "cpu", "cpus", "nodes", "page_size", "thp_size", "hypervisor",
	};
	static const char *const of_thp[] = {
		"enabled", "size_enabled", "defrag", "use_zero_page", "khugepaged_defrag",
	};

	for (size_t i = 0; i < sizeof(of_machine) / sizeof(of_machine[0]); i++)
		must_match(c, machines, "machine", of_machine[i], 0);
	must_match(c, machines, "machine", "memory", MEMORY_DIFFERS);
	must_match(c, settings, "machine", "governor", 0);
	for (size_t i = 0; i < sizeof(of_thp) / sizeof(of_thp[0]); i++)
		must_match(c, settings, "thp", of_thp[i], 0);
	must_match(c, runs, "run", "cpu", 0);
	must_match(c, runs, "run", "clock", 0);
	must_match(c, runs, "page_tables", "thp", 0);
}

static const cJSON *find_operation(const cJSON *all, const cJSON *like)
{
	const cJSON *o;

	cJSON_ArrayForEach(o, member(all, "operations"))
		if (!strcmp(member(o, "name")->valuestring, member(like, "name")->valuestring) &&
		    member(o, "workers")->valuedouble == member(like, "workers")->valuedouble)
			return o;
	return NULL;
}

static double of(const cJSON *spread, const char *name)
{
	return member(spread, name)->valuedouble;
}

static char *number_text(double value, bool whole)
{
	int decimals = fabs(value) < 100 ? 2 : fabs(value) < 10000 ? 1 : 0;

	return format("%.*f", whole ? 0 : decimals, value);
}

/* NULL where it means nothing. */
static char *spread_text(const cJSON *s)
{
	double median = of(s, "median");

	if (median <= 0)
		return NULL;
	return format("%.1f", 100 * (of(s, "q3") - of(s, "q1")) / median);
}

/* @a or @b may be NULL or null: one of the files does not have it. Numbers that are @whole have no point. */
static void add_row(const struct comparison *c, const char *operation, double workers, const char *unit,
		    const cJSON *a, const cJSON *b, bool whole)
{
	struct libscols_line *line;
	char *cells[NR_COLUMNS] = { 0 };
	bool has_a = a && !cJSON_IsNull(a), has_b = b && !cJSON_IsNull(b);

	if (!has_a && !has_b)
		return;
	cells[COL_OPERATION] = must(strdup(operation));
	cells[COL_WORKERS] = format("%.0f", workers);
	cells[COL_UNIT] = must(strdup(unit));
	if (has_a) {
		cells[COL_A] = number_text(of(a, "median"), whole);
		cells[COL_A_SPREAD] = spread_text(a);
	}
	if (has_b) {
		cells[COL_B] = number_text(of(b, "median"), whole);
		cells[COL_B_SPREAD] = spread_text(b);
	}
	if (has_a && has_b) {
		bool apart = of(a, "q3") < of(b, "q1") || of(b, "q3") < of(a, "q1");

		if (of(a, "median") > 0 && of(b, "median") >= 0)
			cells[COL_RATIO] = format("%.3f", of(b, "median") / of(a, "median"));
		cells[COL_DIFFERS] = must(strdup(apart ? "yes" : "no"));
	}
	line = must(scols_table_new_line(c->table, NULL));
	for (size_t i = 0; i < NR_COLUMNS; i++) {
		if (!cells[i] && c->raw)
			cells[i] = must(strdup("-"));
		if (cells[i] && scols_line_refer_data(line, i, cells[i]))
			errx(EXIT_FAILURE, "out of memory");
	}
}

/* Of an operation of one file or of both. */
static void add_operation(const struct comparison *c, const cJSON *a, const cJSON *b)
{
	const cJSON *any = a ? a : b;

	if (a && b && member(a, "thps")->valuedouble != member(b, "thps")->valuedouble) {
		if (!c->force)
			errx(EXIT_FAILURE, "%s and %s: measured otherwise: %s has %.0f THPs and %.0f (--force compares them all the same)",
			     c->names[0], c->names[1], member(a, "name")->valuestring,
			     member(a, "thps")->valuedouble, member(b, "thps")->valuedouble);
		warnx("measured otherwise: %s has %.0f THPs and %.0f", member(a, "name")->valuestring,
		      member(a, "thps")->valuedouble, member(b, "thps")->valuedouble);
	}
	for (enum figure f = NS; f < (c->all ? NR_FIGURES : NS + 1); f++)
		add_row(c, member(any, "name")->valuestring, member(any, "workers")->valuedouble, figure_name(f),
			member(member(a, "figures"), figure_name(f)), member(member(b, "figures"), figure_name(f)), false);
}

static void new_table(struct comparison *c)
{
	c->table = must(scols_new_table());
	scols_table_set_name(c->table, "kit");
	scols_table_enable_json(c->table, c->json);
	scols_table_enable_raw(c->table, c->raw);
	scols_table_enable_noheadings(c->table, c->noheadings);
	for (size_t i = 0; i < NR_COLUMNS; i++) {
		struct libscols_column *column =
			must(scols_table_new_column(c->table, columns[i].name, 0, columns[i].flags));

		scols_column_set_json_type(column, columns[i].json);
	}
}

static void fill_table(const struct comparison *c)
{
	const cJSON *a = c->files[0], *b = c->files[1], *o;
	const cJSON *a_tables = member(a, "page_tables"), *b_tables = member(b, "page_tables");

	cJSON_ArrayForEach(o, member(a, "operations"))
		add_operation(c, o, find_operation(b, o));
	cJSON_ArrayForEach(o, member(b, "operations"))
		if (!find_operation(a, o))
			add_operation(c, NULL, o);
	add_row(c, "page tables", 1, "vmpte", member(a_tables, "vmpte"), member(b_tables, "vmpte"), true);
	add_row(c, "page tables", 1, "pagetables", member(a_tables, "pagetables"), member(b_tables, "pagetables"), true);
}

/* Which kernels they are of. */
static void print_head(const struct comparison *c)
{
	for (int i = 0; i < 2; i++)
		printf("%c  Linux %s, %s\n", 'A' + i,
		       member(member(c->files[i], "kernel"), "release")->valuestring, c->names[i]);
	printf("   page tables of %.0f MiB of THP; all else for one THP\n\n",
	       member(member(c->files[0], "page_tables"), "thp")->valuedouble / MiB);
}

static const struct option compare_options[] = {
	{ "all",	no_argument, NULL, 'a' },
	{ "force",	no_argument, NULL, 'f' },
	{ "json",	no_argument, NULL, 'J' },
	{ "raw",	no_argument, NULL, 'R' },
	{ "noheadings",	no_argument, NULL, 'N' },
	{ }
};

int compare(int argc, char **argv)
{
	struct comparison c = { 0 };
	int opt;

	while ((opt = getopt_long(argc, argv, "afJRN", compare_options, NULL)) != -1) {
		switch (opt) {
		case 'a': c.all = true; break;
		case 'f': c.force = true; break;
		case 'J': c.json = true; break;
		case 'R': c.raw = true; break;
		case 'N': c.noheadings = true; break;
		default:
			fputs("Try 'kit --help' for more information.\n", stderr);
			return EXIT_FAILURE;
		}
	}
	if (argc - optind != 2)
		errx(EXIT_FAILURE, "compare takes two files; see kit --help");
	if (c.json && c.raw)
		errx(EXIT_FAILURE, "--json and --raw exclude each other");
	if (c.json && c.noheadings)
		errx(EXIT_FAILURE, "--noheadings is for tables");
	for (int i = 0; i < 2; i++) {
		c.names[i] = argv[optind + i];
		c.files[i] = read_file(c.names[i]);
	}
	check_same(&c);
	new_table(&c);
	fill_table(&c);
	if (!c.json && !c.raw && !c.noheadings)
		print_head(&c);
	if (scols_print_table(c.table))
		errx(EXIT_FAILURE, "cannot print the table");
	scols_unref_table(c.table);
	for (int i = 0; i < 2; i++)
		cJSON_Delete(c.files[i]);
	return EXIT_SUCCESS;
}
