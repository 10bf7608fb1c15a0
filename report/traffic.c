// SPDX-License-Identifier: GPL-2.0
/*
 * traffic: what the cache model counted (vm/caches.c) for the operations that the
 * bench says it ran, as a file that compare reads: for each operation and cache
 *
 * {"metric":"<name>_<cache>","value":<median>,"min":...,"max":...,"unit":"misses"}
 *
 * and <name>_accesses, reckoned as the bench reckons instructions: for one THP, that
 * of all less that of one (the median), divided by the THPs between.
 */
#define _GNU_SOURCE
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"

static const char *const counts[] = { "accesses", "l1d", "l2", "llc" };

#define COUNTS (sizeof(counts) / sizeof(counts[0]))

/* Between two marks. */
struct window {
	double count[COUNTS];
};

struct windows {
	struct window *w;
	size_t nr;
};

static double number_of(const cJSON *object, const char *name, const char *file, unsigned int line)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!cJSON_IsNumber(item))
		errx(EXIT_FAILURE, "%s:%u: no number \"%s\"", file, line, name);
	return item->valuedouble;
}

static cJSON *object_in(const char *text, const char *file, unsigned int line)
{
	cJSON *object = cJSON_Parse(text);

	if (!cJSON_IsObject(object))
		errx(EXIT_FAILURE, "%s:%u: no JSON object", file, line);
	return object;
}

static struct windows windows_read(const char *file)
{
	struct windows all = { 0 };
	unsigned int number = 0;
	FILE *f = open_or_die(file);
	char *buf = NULL;
	size_t size = 0;
	char *line;

	while ((line = next_line(f, &buf, &size, &number))) {
		cJSON *object = object_in(line, file, number);

		all.w = must(reallocarray(all.w, all.nr + 1, sizeof(*all.w)));
		for (size_t i = 0; i < COUNTS; i++)
			all.w[all.nr].count[i] = number_of(object, counts[i], file, number);
		all.nr++;
		cJSON_Delete(object);
	}
	free(buf);
	fclose(f);
	return all;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* A count of the last @rounds of @nr windows, sorted. */
static double *sorted(const struct window *w, size_t nr, size_t rounds, size_t count)
{
	double *values = must(calloc(rounds, sizeof(*values)));

	for (size_t i = 0; i < rounds; i++)
		values[i] = w[nr - rounds + i].count[count];
	qsort(values, rounds, sizeof(*values), by_value);
	return values;
}

/* @w: first @nr windows of the operation on one THP, then as many on all. */
static void say(const char *name, double thps, size_t rounds, const struct window *w, size_t nr)
{
	for (size_t i = 0; i < COUNTS; i++) {
		double *one = sorted(w, nr, rounds, i);
		double *all = sorted(w + nr, nr, rounds, i);
		double base = one[rounds / 2];

		printf("{\"metric\":\"%s_%s\",\"value\":%.1f,\"min\":%.1f,\"max\":%.1f,\"unit\":\"%s\"}\n",
		       name, counts[i], (all[rounds / 2] - base) / (thps - 1), (all[0] - base) / (thps - 1),
		       (all[rounds - 1] - base) / (thps - 1), i ? "misses" : "accesses");
		free(one);
		free(all);
	}
}

/* The operations that @file says, and the line before them, as it is. */
static void join(const char *file, const struct windows *windows)
{
	struct figures f;
	size_t operations, nr, at = 0;
	cJSON *metric;
	char *kernel;

	figures_read(&f, file);
	operations = cJSON_GetArraySize(f.metrics);
	if (!operations || windows->nr % (2 * operations))
		errx(EXIT_FAILURE, "%s: %zu operations do not have %zu windows", file, operations, windows->nr);
	nr = windows->nr / operations / 2;
	kernel = must(cJSON_PrintUnformatted(f.kernel));
	puts(kernel);
	free(kernel);
	cJSON_ArrayForEach(metric, f.metrics) {
		double thps = member_of(&f, metric->string, "thps");
		double rounds = member_of(&f, metric->string, "rounds");

		if (!(thps > 1) || !(rounds >= 1 && rounds <= nr))
			errx(EXIT_FAILURE, "%s: %s: no THPs or no rounds", file, metric->string);
		say(metric->string, thps, rounds, windows->w + at, nr);
		at += 2 * nr;
	}
}

int main(int argc, char **argv)
{
	static const char usage[] = "usage: traffic BENCH.jsonl WINDOWS\n";
	struct windows windows;

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	if (argc != 3) {
		fputs(usage, stderr);
		return EXIT_FAILURE;
	}
	windows = windows_read(argv[2]);
	join(argv[1], &windows);
	if (fflush(stdout))
		err(EXIT_FAILURE, "standard output");
	free(windows.w);
	return EXIT_SUCCESS;
}
