// SPDX-License-Identifier: GPL-2.0
/*
 * page - the report: one HTML page that needs no other file
 *
 * usage: page BENCH.json DEMO.json|- TRAFFIC.json|- PROGRAMS.json|- DIR CONFIG...
 *
 * Writes to standard output. The JSON files are what compare and programs saved (-:
 * it was not run, and its part is left out), DIR has the plots as SVG, CONFIG are
 * the fragments that the kernels of the bench are made of. The order of the page
 * is that of the functions that main() calls.
 */
#define _GNU_SOURCE
#include <err.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "rows.h"

#define ROWS	"report/bench-rows"
#define DEMO_ROWS	"report/rows"
#define TRAFFIC_ROWS	"report/traffic-rows"
#define PROGRAMS_ROWS	"report/programs-rows"
#define GOALS	"report/goals"
#define STYLE	"report/page.css"

#define MIB		(1024.0 * 1024)
#define GIB		(1024 * MIB)
#define THPS_PER_GIB	512.0

struct page {
	struct pair bench;
	struct pair demo;
	bool has_demo;
	struct pair traffic;
	bool has_traffic;
	cJSON *programs;	/* by their names; NULL: were not run */
	const char *dir;
	char **configs;
	int nr_configs;
};

static void put_escaped(const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<': fputs("&lt;", stdout); break;
		case '>': fputs("&gt;", stdout); break;
		case '&': fputs("&amp;", stdout); break;
		default: putchar(*text);
		}
	}
}

static void put_file(const char *name, bool escaped)
{
	FILE *in = open_or_die(name);
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, in) >= 0) {
		if (escaped)
			put_escaped(line);
		else
			fputs(line, stdout);
	}
	free(line);
	fclose(in);
}

/* The plot and what it is; without the lines that a standalone file begins with. */
static void put_plot(const struct page *page, const char *name, const char *caption)
{
	char *path, *line = NULL;
	bool inside = false;
	size_t size = 0;
	FILE *in;

	if (asprintf(&path, "%s/%s.svg", page->dir, name) < 0)
		errx(EXIT_FAILURE, "out of memory");
	in = open_or_die(path);
	puts("<figure>");
	while (getline(&line, &size, in) >= 0) {
		inside |= !strncmp(line, "<svg", 4);
		if (inside)
			fputs(line, stdout);
	}
	printf("<figcaption>%s</figcaption></figure>\n", caption);
	free(line);
	fclose(in);
	free(path);
}

/* 1234567 as 1,234,567 */
static void put_number(double value)
{
	char digits[32];
	int len = snprintf(digits, sizeof(digits), "%.0f", fabs(value));

	if (value < 0)
		putchar('-');
	for (int i = 0; i < len; i++)
		printf("%s%c", i && (len - i) % 3 == 0 ? "," : "", digits[i]);
}

/* A card: what, then from and to. */
static void put_card(const char *what, const char *unit, double stock, double changed)
{
	printf("<div class=card><span>%s</span><b>%.*f %s</b> <i>instead of %.*f</i></div>\n",
	       what, changed < 10 ? 1 : 0, changed, unit, stock < 10 ? 1 : 0, stock);
}

static void put_head(void)
{
	puts("<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
	     "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
	     "<title>Undeposit: what it gives back</title>\n<style>");
	put_file(STYLE, false);
	puts("</style>\n</head>\n<body>\n<main>\n<h1>What Undeposit gives back</h1>\n"
	     "<p>Linux sets aside a 4 KiB PTE table beside every transparent huge page (THP), in case the "
	     "huge PMD must be split one day. With Undeposit the table is allocated when a PMD is "
	     "split, and not before.");
}

/* MiB of page tables: 100 times what was measured of 1 GiB. */
static double tables_100g(const struct figures *f, const char *series, double x)
{
	return 100 * point_of(f, series, "thp", x, "pagetables") / MIB;
}

static void put_cards(const struct page *page)
{
	const struct pair *b = &page->bench;
	const double thps = 100 * THPS_PER_GIB;

	puts("<h2>100 GiB of THP</h2>\n<div class=cards>");
	put_card("page tables", "MiB", tables_100g(&b->stock, "anon", GIB),
		 tables_100g(&b->changed, "anon", GIB));
	put_card("page tables after fork", "MiB",
		 tables_100g(&b->stock, "processes", 1),
		 tables_100g(&b->changed, "processes", 1));
	put_card("fork", "million instructions", thps * value_of(&b->stock, "fork") / 1e6,
		 thps * value_of(&b->changed, "fork") / 1e6);
	put_card("exit of the child", "million instructions",
		 thps * value_of(&b->stock, "exit_forked") / 1e6,
		 thps * value_of(&b->changed, "exit_forked") / 1e6);
	puts("</div>\n<p class=note>100 times what 1 GiB costs, and 51,200 times what a THP costs; both measured.");
}

static void put_ratios(const struct page *page)
{
	puts("<h2>Time of every operation</h2>\n"
	     "<p>Instructions for one THP on the changed kernel, divided by those on stock. Left of the "
	     "line is faster.");
	put_plot(page, "ratios", "Changed / stock; 1.0 is the line.");
}

static void put_range(const struct figures *f, const char *metric)
{
	fputs("<td>", stdout);
	put_number(value_of(f, metric));
	fputs("<small>", stdout);
	put_number(member_of(f, metric, "min"));
	fputs(" – ", stdout);
	put_number(member_of(f, metric, "max"));
	fputs("</small></td>", stdout);
}

static void put_tables(const struct figures *f, const char *metric)
{
	printf("<td>%.0f → %.0f</td>", member_of(f, metric, "tables_before") / 1024,
	       member_of(f, metric, "tables_after") / 1024);
}

static void put_operation(const struct pair *p, const struct row *row)
{
	double ratio = ratio_of(p, row->metric);
	bool met;
	char *goals;

	if (isnan(ratio))
		return;
	goals = goals_of(p, GOALS, row->metric, &met);
	printf("<tr><th scope=row>");
	put_escaped(row->what);
	fputs("</th>", stdout);
	printf("<td>%.3f</td><td%s>", ratio, met ? "" : " class=missed");
	put_escaped(goals ? goals : "");
	printf("%s</td>", met ? "" : " missed");
	put_range(&p->stock, row->metric);
	put_range(&p->changed, row->metric);
	put_tables(&p->stock, row->metric);
	put_tables(&p->changed, row->metric);
	puts("</tr>");
	free(goals);
}

static void put_table(const struct page *page)
{
	struct rows rows = rows_open(ROWS);
	struct row row;

	puts("<div class=scroll><table>\n<thead><tr><th>Instructions for a THP</th><th>ratio</th><th>goal</th>"
	     "<th>stock</th><th>changed</th><th>KiB of tables, stock</th><th>changed</th></tr></thead>\n<tbody>");
	while (rows_next(&rows, &row)) {
		if (!row.heading) {
			put_operation(&page->bench, &row);
			continue;
		}
		fputs("<tr class=heading><th colspan=7>", stdout);
		put_escaped(row.what);
		puts("</th></tr>");
	}
	puts("</tbody></table></div>\n"
	     "<p class=note>Median of all repetitions, least and most below it. Page tables of the system just "
	     "before the operation and just after it.");
}

static void put_growth(const struct page *page)
{
	puts("<h2>As work grows</h2>\n"
	     "<p>The limit is one PMD table for each GiB: what the hardware needs to map memory with huge pages, "
	     "and what hugetlbfs uses.\n<div class=plots>");
	put_plot(page, "anon-tables", "Page tables of anonymous memory, each THP written to once");
	put_plot(page, "anon-unmap", "munmap() of that memory");
	put_plot(page, "swapped-tables", "Page tables of anonymous memory that was swapped out");
	put_plot(page, "zero-tables", "Page tables of a sparse mapping, each THP read once");
	put_plot(page, "zero-populate", "Those read faults");
	put_plot(page, "processes-tables", "Page tables of 1 GiB of THPs and of the processes forked that share it");
	put_plot(page, "processes-fork", "Those forks");
	puts("</div>");
}

static void put_value(const struct figures *f, const char *metric)
{
	double value = value_of(f, metric);
	bool bytes = !strcmp(unit_of(f, metric), "bytes");

	fputs("<td>", stdout);
	if (!isnan(value))
		put_number(bytes ? value / 1024 : value);
	puts(!isnan(value) && bytes ? " KiB</td>" : "</td>");
}

static void put_table_head(const char *beside)
{
	printf("<div class=scroll><table>\n<thead><tr><th></th><th>stock</th><th>changed</th>"
	       "<th>ratio</th>%s%s%s</tr></thead>\n<tbody>\n", beside ? "<th>" : "", beside ? beside : "",
	       beside ? "</th>" : "");
}

static void put_heading(const char *text, bool beside)
{
	puts("<tr class=heading><th scope=row>");
	put_escaped(text);
	printf("</th><td colspan=%d></td></tr>\n", beside ? 4 : 3);
}

static void put_row(const struct pair *p, const struct row *row, bool beside)
{
	double ratio = ratio_of(p, row->metric);

	puts("<tr><th scope=row>");
	put_escaped(row->what);
	puts("</th>");
	put_value(&p->stock, row->metric);
	put_value(&p->changed, row->metric);
	printf(isnan(ratio) ? "<td></td>" : "<td>%.3f</td>", ratio);
	if (beside)
		put_value(&p->stock, row->beside);
	puts("</tr>");
}

/* All that @file lists. */
static void put_rows(const struct pair *p, const char *file, const char *beside)
{
	struct rows rows = rows_open(file);
	struct row row;

	put_table_head(beside);
	while (rows_next(&rows, &row))
		if (row.heading)
			put_heading(row.what, beside);
		else
			put_row(p, &row, beside);
	puts("</tbody></table></div>");
}

static void put_demo(const struct page *page)
{
	puts("<h2>The demo</h2>");
	put_rows(&page->demo, DEMO_ROWS, "hugetlbfs");
}

static void put_traffic(const struct page *page)
{
	puts("<h2>Misses of a model of caches</h2>\n"
	     "<p>For one THP: what is read and written as data, and what a cache did not have. Instructions, "
	     "the MMU's own reads of page tables and prefetching are not in the model.");
	put_rows(&page->traffic, TRAFFIC_ROWS, NULL);
}

/* What neither kernel has of it is left out. */
static void put_program(cJSON *program)
{
	const cJSON *failures = cJSON_GetObjectItemCaseSensitive(program, "failures");
	struct rows rows = rows_open(PROGRAMS_ROWS);
	struct pair p;
	struct row row;

	put_heading(program->string, false);
	if (cJSON_GetArraySize(failures))
		put_heading("failed", false);
	if (!cJSON_HasObjectItem(program, "stock") || !cJSON_HasObjectItem(program, "undeposit"))
		return;
	pair_take(&p, program, program->string);
	while (rows_next(&rows, &row))
		if (value_of(&p.stock, row.metric) > 0 || value_of(&p.changed, row.metric) > 0)
			put_row(&p, &row, false);
}

static void put_programs(const struct page *page)
{
	cJSON *program;

	puts("<h2>Debian's own programs</h2>");
	put_table_head(NULL);
	cJSON_ArrayForEach(program, page->programs)
		put_program(program);
	puts("</tbody></table></div>");
}

static const char *text_of(const cJSON *kernel, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(kernel, name);

	return cJSON_IsString(item) ? item->valuestring : "unknown";
}

static void put_fact(const char *what, const char *text)
{
	printf("<dt>%s</dt><dd>", what);
	put_escaped(text);
	puts("</dd>");
}

static void put_method(const struct page *page)
{
	const cJSON *stock = page->bench.stock.kernel;

	puts("<h2>How it was measured</h2>\n"
	     "<p>QEMU without KVM, one CPU, its clock counting instructions (-icount): the speed of "
	     "the host does not matter. An operation runs on one THP and on many; what is shown is the difference, divided "
	     "among the THPs between. Each kernel booted twice, and the two agree within 1 %.\n<dl>");
	put_fact("stock", text_of(stock, "kernel"));
	put_fact("changed", text_of(page->bench.changed.kernel, "kernel"));
	put_fact("compiler", text_of(stock, "compiler"));
	put_fact("emulator", text_of(stock, "emulator"));
	printf("<dt>memory</dt><dd>%.0f MiB</dd>\n</dl>\n",
	       point_number(stock, "memory") / MIB);
	puts("<details><summary>configuration of both kernels, on top of tinyconfig</summary>\n<pre>");
	for (int i = 0; i < page->nr_configs; i++)
		put_file(page->configs[i], true);
	puts("</pre></details>\n</main>\n</body>\n</html>");
}

static bool load_if_there(struct pair *p, const char *name)
{
	if (!strcmp(name, "-"))
		return false;
	pair_load(p, name);
	return true;
}

int main(int argc, char **argv)
{
	struct page page = { 0 };

	if (argc < 7)
		errx(EXIT_FAILURE, "usage: page BENCH.json DEMO.json|- TRAFFIC.json|- PROGRAMS.json|- DIR CONFIG...");
	pair_load(&page.bench, argv[1]);
	page.has_demo = load_if_there(&page.demo, argv[2]);
	page.has_traffic = load_if_there(&page.traffic, argv[3]);
	if (strcmp(argv[4], "-"))
		page.programs = object_load(argv[4]);
	page.dir = argv[5];
	page.configs = argv + 6;
	page.nr_configs = argc - 6;

	put_head();
	put_cards(&page);
	put_ratios(&page);
	put_table(&page);
	put_growth(&page);
	if (page.has_traffic)
		put_traffic(&page);
	if (page.has_demo)
		put_demo(&page);
	if (page.programs)
		put_programs(&page);
	put_method(&page);
	if (fflush(stdout))
		err(EXIT_FAILURE, "standard output");
	return EXIT_SUCCESS;
}
