// SPDX-License-Identifier: GPL-2.0
/*
 * programs - what Debian's own programs did on two kernels, side by side
 *
 * Reads DIR/stock/NAME.jsonl and DIR/undeposit/NAME.jsonl (figures.h) of lines
 * NAME of programs/programs.conf. A program fails that says on the changed
 * kernel anything but what it says on stock, or dies there, or is killed for
 * lack of memory more often. What page tables and instructions come to is shown
 * and decides nothing.
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

#define CONF "programs/programs.conf"
#define ROWS "report/programs-rows"

enum { COL_WHAT, COL_STOCK, COL_CHANGED, COL_RATIO, NR_COLUMNS };

static const struct {
	const char *name;
	int flags;
} columns[NR_COLUMNS] = {
	[COL_WHAT]    = { "WHAT", 0 },
	[COL_STOCK]   = { "STOCK", SCOLS_FL_RIGHT },
	[COL_CHANGED] = { "UNDEPOSIT", SCOLS_FL_RIGHT },
	[COL_RATIO]   = { "RATIO", SCOLS_FL_RIGHT },
};

struct programs {
	const char *dir;
	const char *save;
	struct libscols_table *table;
	cJSON *all;		/* name: both kernels' figures, and what failed */
};

/* One program while it is looked at. */
struct program {
	char name[64];
	char answers[512];	/* that it must give, separated by commas */
	struct pair pair;
	cJSON *failures;	/* texts */
};

static void fail(struct program *p, char *why)
{
	warnx("%s: %s", p->name, why);
	cJSON_AddItemToArray(p->failures, must(cJSON_CreateString(why)));
	free(why);
}

static const char *answer(const struct figures *f, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(f->answers, name);

	return item ? item->valuestring : NULL;
}

/* Each answer of the list, "name" or "name=text", on one kernel. */
static void check_given(struct program *p, const struct figures *f, const char *kernel)
{
	char *list = must(strdup(p->answers)), *name, *save_ptr;

	for (name = strtok_r(list, ",", &save_ptr); name; name = strtok_r(NULL, ",", &save_ptr)) {
		char *right = strchr(name, '=');
		const char *text;

		if (right)
			*right++ = '\0';
		text = answer(f, name);
		if (!text)
			fail(p, format("no answer '%s' on %s", name, kernel));
		else if (right && strcmp(text, right))
			fail(p, format("answer '%s' on %s is '%s', not '%s'", name, kernel,
					  text, right));
	}
	free(list);
}

/* Returns how many answers are the same. */
static int check_answers(struct program *p)
{
	const cJSON *item;
	int same = 0;

	check_given(p, &p->pair.stock, "stock");
	check_given(p, &p->pair.changed, "undeposit");
	cJSON_ArrayForEach(item, p->pair.stock.answers) {
		const char *text = answer(&p->pair.changed, item->string);

		if (text && !strcmp(text, item->valuestring))
			same++;
		else if (text)
			fail(p, format("answer '%s' is '%s', on stock '%s'", item->string, text,
					  item->valuestring));
	}
	return same;
}

/* Returns whether it lived on both kernels. */
static bool check_alive(struct program *p)
{
	double stock = value_of(&p->pair.stock, "died");
	double changed = value_of(&p->pair.changed, "died");
	bool alive;

	if (stock != 0)
		fail(p, format("died on stock (%s), see %s", answer(&p->pair.stock, "end"),
				  p->pair.stock.file));
	if (changed != 0)
		fail(p, format("died on undeposit (%s), see %s",
				  answer(&p->pair.changed, "end"), p->pair.changed.file));
	alive = stock == 0 && changed == 0;
	stock = value_of(&p->pair.stock, "oom_kill");
	changed = value_of(&p->pair.changed, "oom_kill");
	if (!(changed <= stock))
		fail(p, format("killed for lack of memory: %.0f times, on stock %.0f", changed,
				  stock));
	return alive;
}

/* Takes the texts; NULL is an empty cell. */
static void add_line(struct programs *c, char *const texts[NR_COLUMNS])
{
	struct libscols_line *line = must(scols_table_new_line(c->table, NULL));

	for (int i = 0; i < NR_COLUMNS; i++)
		if (texts[i] && scols_line_refer_data(line, i, texts[i]))
			errx(EXIT_FAILURE, "out of memory");
}

/* Nothing where both kernels say 0, or nothing. */
static void add_metric(struct programs *c, const struct pair *pair, const char *metric, char *what)
{
	double stock = value_of(&pair->stock, metric), changed = value_of(&pair->changed, metric);
	const char *unit = unit_of(isnan(stock) ? &pair->changed : &pair->stock, metric);
	double ratio = ratio_of(pair, metric);
	char *texts[NR_COLUMNS] = {
		[COL_WHAT] = what,
		[COL_STOCK] = amount_text(stock, unit, false),
		[COL_CHANGED] = amount_text(changed, unit, false),
		[COL_RATIO] = isnan(ratio) ? NULL : format("%.3f", ratio),
	};

	if ((isnan(stock) || stock == 0) && (isnan(changed) || changed == 0)) {
		for (int i = 0; i < NR_COLUMNS; i++)
			free(texts[i]);
		return;
	}
	add_line(c, texts);
}

/* What the program itself said comes first, under its own names. */
static void add_metrics(struct programs *c, const struct pair *pair)
{
	struct rows rows = rows_open(ROWS);
	cJSON *listed = must(cJSON_CreateObject());
	const cJSON *metric;
	struct row row;

	while (rows_next(&rows, &row))
		cJSON_AddStringToObject(listed, row.metric, row.what);
	cJSON_ArrayForEach(metric, pair->stock.metrics) {
		char *what;

		if (cJSON_HasObjectItem(listed, metric->string))
			continue;
		what = format("  %s", metric->string);
		for (char *at = what; *at; at++)
			if (*at == '_')
				*at = ' ';
		add_metric(c, pair, metric->string, what);
	}
	cJSON_ArrayForEach(metric, listed)
		add_metric(c, pair, metric->string, format("  %s", metric->valuestring));
	cJSON_Delete(listed);
}

static bool read_kernel(struct programs *c, struct program *p, struct figures *f,
			const char *kernel)
{
	char *name = format("%s/%s/%s.jsonl", c->dir, kernel, p->name);

	if (access(name, R_OK)) {
		fail(p, format("did not run to its end on %s", kernel));
		free(name);
		return false;
	}
	figures_read(f, name);
	return true;
}

/* Returns how much of it failed. */
static int look_at(struct programs *c, struct program *p)
{
	cJSON *object = must(cJSON_CreateObject());
	int same, failed;
	bool stock, changed;

	p->failures = cJSON_AddArrayToObject(object, "failures");
	stock = read_kernel(c, p, &p->pair.stock, "stock");
	changed = read_kernel(c, p, &p->pair.changed, "undeposit");
	if (stock && changed) {
		same = check_alive(p) ? check_answers(p) : 0;
		add_line(c, (char *[NR_COLUMNS]){
			format("%s: %d of %d answers the same%s", p->name, same,
				  cJSON_GetArraySize(p->pair.stock.answers),
				  p->failures->child ? ", FAILED" : "") });
		add_metrics(c, &p->pair);
		cJSON_AddItemToObject(object, "stock", figures_json(&p->pair.stock));
		cJSON_AddItemToObject(object, "undeposit", figures_json(&p->pair.changed));
	} else {
		add_line(c, (char *[NR_COLUMNS]){ format("%s: FAILED", p->name) });
	}
	failed = cJSON_GetArraySize(p->failures);
	cJSON_AddItemToObject(c->all, p->name, object);
	return failed;
}

static void save(const struct programs *c)
{
	char *text = must(cJSON_Print(c->all)), *temporary = format("%s.tmp", c->save);
	FILE *out = fopen(temporary, "we");

	if (!out || fprintf(out, "%s\n", text) < 0 || fclose(out) || rename(temporary, c->save)) {
		unlink(temporary);
		err(EXIT_FAILURE, "%s", c->save);
	}
	free(temporary);
	free(text);
}

/* Finds the line of a program. */
static void find(struct program *p, const char *name)
{
	FILE *in = open_or_die(CONF);
	unsigned int number = 0;
	char *buf = NULL, *line;
	size_t size = 0;

	*p = (struct program){ 0 };
	while ((line = next_line(in, &buf, &size, &number))) {
		if (sscanf(line, "%63s %*s %*s %*s %*s %*s %*s %511s", p->name, p->answers) != 2)
			errx(EXIT_FAILURE, CONF ":%u: too few columns", number);
		if (strcmp(p->name, name))
			continue;
		free(buf);
		fclose(in);
		return;
	}
	errx(EXIT_FAILURE, "no line of " CONF " is called %s", name);
}

static void usage(void)
{
	fputs("\n"
	      "Usage:\n"
	      " programs [options] DIR NAME...\n"
	      "\n"
	      "Show what programs of " CONF " did on two kernels side by side.\n"
	      "\n"
	      "Options:\n"
	      " -s, --save FILE   write all figures of both kernels to FILE, as JSON\n"
	      " -h, --help        display this help\n", stdout);
}

static const struct option options[] = {
	{ "save", required_argument, NULL, 's' },
	{ "help", no_argument,	     NULL, 'h' },
	{ }
};

int main(int argc, char **argv)
{
	struct programs c = { 0 };
	int opt, failed = 0, total;

	while ((opt = getopt_long(argc, argv, "s:h", options, NULL)) != -1) {
		switch (opt) {
		case 's': c.save = optarg; break;
		case 'h': usage(); exit(EXIT_SUCCESS);
		default:
			fputs("Try 'programs --help' for more information.\n", stderr);
			exit(EXIT_FAILURE);
		}
	}
	total = argc - optind - 1;
	if (total < 1)
		errx(EXIT_FAILURE, "a folder and a program are needed; see programs --help");
	c.dir = argv[optind];
	c.all = must(cJSON_CreateObject());
	c.table = must(scols_new_table());
	for (int i = 0; i < NR_COLUMNS; i++)
		must(scols_table_new_column(c.table, columns[i].name, 0, columns[i].flags));
	for (int i = optind + 1; i < argc; i++) {
		struct program p;

		find(&p, argv[i]);
		failed += look_at(&c, &p) > 0;
	}
	if (scols_print_table(c.table) || fflush(stdout))
		errx(EXIT_FAILURE, "cannot print the table");
	if (c.save)
		save(&c);
	if (failed)
		warnx("%d of %d programs failed", failed, total);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
