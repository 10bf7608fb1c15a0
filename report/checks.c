// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checks.h"

double ratio_of(const struct pair *p, const char *metric)
{
	double stock = value_of(&p->stock, metric);

	return stock == 0 ? NAN : value_of(&p->changed, metric) / stock;
}

/* @least is NAN where the claim has an upper limit alone. */
static bool claim_holds(const struct pair *p, const char *metric, double least, double limit,
			bool of_stock)
{
	double stock = value_of(&p->stock, metric);
	double changed = value_of(&p->changed, metric);
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

unsigned int check_claims(const struct pair *p, const char *file)
{
	FILE *in = open_or_die(file);
	unsigned int number = 0, broken = 0;
	char *buf = NULL, *line;
	size_t size = 0;

	while ((line = next_line(in, &buf, &size, &number))) {
		char metric[64], of[16];
		double least, limit;

		if (!parse_claim(line, metric, &least, &limit, of))
			errx(EXIT_FAILURE, "%s:%u: not a metric, a limit, and stock or 1",
			     file, number);
		broken += !claim_holds(p, metric, least, limit, *of == 's');
	}
	free(buf);
	fclose(in);
	return broken;
}

struct goal {
	char metric[64];
	char relation[3];
	double ratio;
};

/* Returns false at the end of the file. */
static bool next_goal(FILE *in, const char *file, unsigned int *number, struct goal *goal)
{
	char *buf = NULL, *line;
	size_t size = 0;

	line = next_line(in, &buf, &size, number);
	if (line && (sscanf(line, "%63s %2s %lf", goal->metric, goal->relation, &goal->ratio) != 3 ||
		     (strcmp(goal->relation, "<=") && strcmp(goal->relation, "<") &&
		      strcmp(goal->relation, ">="))))
		errx(EXIT_FAILURE, "%s:%u: not a metric, <=, < or >=, and a ratio", file, *number);
	free(buf);
	return line;
}

static bool goal_met(const struct goal *goal, double ratio)
{
	if (goal->relation[0] == '>')
		return ratio >= goal->ratio;
	return goal->relation[1] ? ratio <= goal->ratio : ratio < goal->ratio;
}

unsigned int check_goals(const struct pair *p, const char *file)
{
	FILE *in = open_or_die(file);
	unsigned int number = 0, missed = 0;
	struct goal goal;

	while (next_goal(in, file, &number, &goal)) {
		double ratio = ratio_of(p, goal.metric);

		if (goal_met(&goal, ratio) || isnan(ratio))
			continue;
		warnx("goal missed: %s is %.4f of stock; the goal is %s %g",
		      goal.metric, ratio, goal.relation, goal.ratio);
		missed++;
	}
	fclose(in);
	return missed;
}

char *goals_of(const struct pair *p, const char *file, const char *metric, bool *met)
{
	FILE *in = open_or_die(file);
	double ratio = ratio_of(p, metric);
	unsigned int number = 0;
	char *text = NULL;
	struct goal goal;

	*met = true;
	while (next_goal(in, file, &number, &goal)) {
		char *old = text;

		if (strcmp(goal.metric, metric))
			continue;
		if (asprintf(&text, "%s%s%s %g", old ? old : "", old ? ", " : "",
			     goal.relation, goal.ratio) < 0)
			errx(EXIT_FAILURE, "out of memory");
		free(old);
		*met &= goal_met(&goal, ratio);
	}
	fclose(in);
	return text;
}

/*
 * An operation whose own rounds, on one kernel, are as far apart is not known to a
 * per cent: it is printed and compared with nothing.
 */
#define UNSTEADY 0.10

static bool steady(const struct figures *f, const char *metric)
{
	double rounds = member_of(f, metric, "max") - member_of(f, metric, "min");
	double part = rounds / value_of(f, metric);

	if (!(part > UNSTEADY))
		return true;
	warnx("%s: the rounds of %s differ by %.0f %%: it is not compared",
	      f->file, metric, 100 * part);
	return false;
}

static bool both_steady(const struct pair *p, const char *metric)
{
	return steady(&p->stock, metric) && steady(&p->changed, metric);
}

unsigned int check_runs(const struct pair *p, double part)
{
	const struct figures *kernels[] = { &p->stock, &p->changed };
	unsigned int apart = 0;

	for (int i = 0; i < 2; i++) {
		const cJSON *metric;

		cJSON_ArrayForEach(metric, kernels[i]->metrics) {
			double spread = spread_of(kernels[i], metric->string);

			if (spread <= part || !steady(kernels[i], metric->string))
				continue;
			warnx("%s: the runs of %s differ by %.2f %%; at most %g %%",
			      kernels[i]->file, metric->string, 100 * spread, 100 * part);
			apart++;
		}
	}
	return apart;
}

/*
 * What hugetlbfs uses for the same memory; where it was not asked (a sparse
 * mapping of 1 TiB), a PMD table for each GiB and the tables that map those, and
 * a PTE table for what is smaller than a THP.
 */
static double tables_limit(const struct figures *f, const char *series, double x)
{
	const double table = 4096, thp = 2 << 20, GiB = 1 << 30;
	double limit = point_of(f, series, "hugetlbfs", x, "pagetables");

	if (!isnan(limit))
		return limit;
	return table * (ceil(x / GiB) + ceil(x / GiB / 512) + (x < thp));
}

unsigned int check_growth(const struct pair *p)
{
	unsigned int above = 0, points = 0;
	const cJSON *point;

	cJSON_ArrayForEach(point, p->changed.series) {
		const char *series = cJSON_GetObjectItem(point, "series")->valuestring;
		double x = point_number(point, "x"), limit = tables_limit(&p->changed, series, x);

		if (!point_is(point, series, "thp"))
			continue;
		points++;
		if (point_number(point, "pagetables") <= limit)
			continue;
		warnx("%s of %.0f has %.0f bytes of page tables; at most %.0f",
		      series, x, point_number(point, "pagetables"), limit);
		above++;
	}
	if (!points) {
		warnx("how page tables grow was not measured");
		above++;
	}
	return above;
}

unsigned int check_baseline(const struct pair *p, const char *file, double part)
{
	FILE *in = open_or_die(file);
	unsigned int number = 0, worse = 0;
	char *buf = NULL, *line;
	size_t size = 0;

	while ((line = next_line(in, &buf, &size, &number))) {
		char metric[64];
		double then, now;

		if (sscanf(line, "%63s %lf", metric, &then) != 2)
			errx(EXIT_FAILURE, "%s:%u: not a metric and a ratio", file, number);
		now = ratio_of(p, metric);
		if (isnan(now)) {
			warnx("%s was not measured", metric);
			worse++;
		} else if (now > then * (1 + part) &&
			   (now > then * (1 + UNSTEADY) || both_steady(p, metric))) {
			warnx("%s got worse by %.1f %%: %.4f of stock, was %.4f",
			      metric, 100 * (now / then - 1), now, then);
			worse++;
		}
	}
	free(buf);
	fclose(in);
	return worse;
}

void write_baseline(const struct pair *p, const char *file)
{
	const cJSON *metric;
	char *temporary;
	FILE *out;

	if (asprintf(&temporary, "%s.tmp", file) < 0)
		errx(EXIT_FAILURE, "out of memory");
	out = fopen(temporary, "we");
	if (!out)
		err(EXIT_FAILURE, "%s", temporary);
	fputs("# SPDX-License-Identifier: GPL-2.0\n"
	      "#\n"
	      "# What the bench measured, changed divided by stock: \"make bench-baseline\" wrote\n"
	      "# it, \"make bench-check\" compares with it.\n"
	      "#\n", out);
	cJSON_ArrayForEach(metric, p->stock.metrics)
		if (!isnan(ratio_of(p, metric->string)) && both_steady(p, metric->string))
			fprintf(out, "%-24s%.4f\n", metric->string, ratio_of(p, metric->string));
	if (fclose(out) || rename(temporary, file)) {
		unlink(temporary);
		err(EXIT_FAILURE, "%s", file);
	}
	free(temporary);
}
