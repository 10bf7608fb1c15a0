// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"

FILE *open_or_die(const char *name)
{
	FILE *f = fopen(name, "re");

	if (!f)
		err(EXIT_FAILURE, "%s", name);
	return f;
}

char *next_line(FILE *f, char **buf, size_t *size, unsigned int *number)
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

static double number_in(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static void set_number(cJSON *object, const char *name, double value)
{
	cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	if (item)
		cJSON_SetNumberHelper(item, value);
	else
		must(cJSON_AddNumberToObject(object, name, value));
}

/* Adds what another boot said of a metric to what is known of it. */
static void merge(cJSON *known, const cJSON *again)
{
	cJSON *runs = cJSON_GetObjectItemCaseSensitive(known, "runs"), *run;
	double sum = 0;

	if (!runs) {
		runs = must(cJSON_AddArrayToObject(known, "runs"));
		cJSON_AddItemToArray(runs, must(cJSON_CreateNumber(number_in(known, "value"))));
	}
	cJSON_AddItemToArray(runs, must(cJSON_CreateNumber(number_in(again, "value"))));
	cJSON_ArrayForEach(run, runs)
		sum += run->valuedouble;
	set_number(known, "value", sum / cJSON_GetArraySize(runs));
	if (!isnan(number_in(again, "min")))
		set_number(known, "min", fmin(number_in(known, "min"), number_in(again, "min")));
	if (!isnan(number_in(again, "max")))
		set_number(known, "max", fmax(number_in(known, "max"), number_in(again, "max")));
}

static void take_answer(struct figures *f, cJSON *object, unsigned int number)
{
	const cJSON *name = cJSON_GetObjectItemCaseSensitive(object, "answer");
	cJSON *text = cJSON_DetachItemFromObjectCaseSensitive(object, "text");

	if (!cJSON_IsString(name) || !cJSON_IsString(text))
		errx(EXIT_FAILURE, "%s:%u: not an answer with a text", f->file, number);
	cJSON_DeleteItemFromObjectCaseSensitive(f->answers, name->valuestring);
	cJSON_AddItemToObject(f->answers, name->valuestring, text);
	cJSON_Delete(object);
}

static void take(struct figures *f, cJSON *object, unsigned int number)
{
	cJSON *metric, *known;

	if (cJSON_HasObjectItem(object, "answer")) {
		take_answer(f, object, number);
		return;
	}
	if (cJSON_HasObjectItem(object, "kernel")) {
		if (f->kernel)
			cJSON_Delete(object);
		else
			f->kernel = object;
		return;
	}
	if (cJSON_HasObjectItem(object, "series")) {
		if (isnan(number_in(object, "x")))
			errx(EXIT_FAILURE, "%s:%u: a point without x", f->file, number);
		cJSON_AddItemToArray(f->series, object);
		return;
	}
	metric = cJSON_DetachItemFromObject(object, "metric");
	if (!cJSON_IsString(metric) || isnan(number_in(object, "value")) ||
	    !cJSON_IsString(cJSON_GetObjectItem(object, "unit")))
		errx(EXIT_FAILURE, "%s:%u: not a metric with value and unit", f->file, number);
	known = cJSON_GetObjectItemCaseSensitive(f->metrics, metric->valuestring);
	if (known) {
		merge(known, object);
		cJSON_Delete(object);
	} else {
		cJSON_AddItemToObject(f->metrics, metric->valuestring, object);
	}
	cJSON_Delete(metric);
}

void figures_read(struct figures *f, const char *name)
{
	FILE *in = open_or_die(name);
	unsigned int number = 0;
	char *buf = NULL, *line;
	size_t size = 0;

	f->file = name;
	f->metrics = must(cJSON_CreateObject());
	f->series = must(cJSON_CreateArray());
	f->answers = must(cJSON_CreateObject());
	while ((line = next_line(in, &buf, &size, &number))) {
		cJSON *object = cJSON_Parse(line);

		if (!cJSON_IsObject(object))
			errx(EXIT_FAILURE, "%s:%u: not a JSON object", name, number);
		take(f, object, number);
	}
	free(buf);
	fclose(in);
	if (!f->metrics->child && !f->series->child)
		errx(EXIT_FAILURE, "%s: no figures", name);
}

double member_of(const struct figures *f, const char *metric, const char *member)
{
	return number_in(cJSON_GetObjectItemCaseSensitive(f->metrics, metric), member);
}

double value_of(const struct figures *f, const char *metric)
{
	return member_of(f, metric, "value");
}

const char *unit_of(const struct figures *f, const char *metric)
{
	cJSON *item = cJSON_GetObjectItemCaseSensitive(f->metrics, metric);

	return item ? cJSON_GetObjectItem(item, "unit")->valuestring : "";
}

double spread_of(const struct figures *f, const char *metric)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(f->metrics, metric), *run;
	double least = INFINITY, most = -INFINITY;

	cJSON_ArrayForEach(run, cJSON_GetObjectItemCaseSensitive(item, "runs")) {
		least = fmin(least, run->valuedouble);
		most = fmax(most, run->valuedouble);
	}
	if (most <= least || isinf(most))
		return 0;
	return (most - least) / fabs(least);
}

bool point_is(const cJSON *point, const char *series, const char *memory)
{
	const cJSON *s = cJSON_GetObjectItemCaseSensitive(point, "series");
	const cJSON *m = cJSON_GetObjectItemCaseSensitive(point, "memory");

	return cJSON_IsString(s) && !strcmp(s->valuestring, series) &&
	       cJSON_IsString(m) && !strcmp(m->valuestring, memory);
}

double point_number(const cJSON *point, const char *name)
{
	return number_in(point, name);
}

double point_of(const struct figures *f, const char *series, const char *memory, double x,
		const char *name)
{
	const cJSON *point;

	cJSON_ArrayForEach(point, f->series)
		if (point_is(point, series, memory) && number_in(point, "x") == x)
			return number_in(point, name);
	return NAN;
}

static void load(struct figures *f, cJSON *all, const char *kernel, const char *name)
{
	cJSON *object = cJSON_DetachItemFromObjectCaseSensitive(all, kernel);

	*f = (struct figures){
		.file = name,
		.kernel = object,
		.metrics = cJSON_DetachItemFromObjectCaseSensitive(object, "metrics"),
		.series = cJSON_DetachItemFromObjectCaseSensitive(object, "series"),
	};
	if (!f->metrics)
		errx(EXIT_FAILURE, "%s: no figures of %s", name, kernel);
	if (!f->series)
		f->series = must(cJSON_CreateArray());
	f->answers = cJSON_DetachItemFromObjectCaseSensitive(object, "answers");
	if (!f->answers)
		f->answers = must(cJSON_CreateObject());
}

cJSON *object_load(const char *name)
{
	FILE *in = open_or_die(name);
	char *text = NULL;
	size_t size = 0;
	cJSON *all;

	if (getdelim(&text, &size, '\0', in) < 0)
		errx(EXIT_FAILURE, "%s: nothing in it", name);
	fclose(in);
	all = cJSON_Parse(text);
	free(text);
	if (!cJSON_IsObject(all))
		errx(EXIT_FAILURE, "%s: not a JSON object", name);
	return all;
}

void pair_take(struct pair *p, cJSON *all, const char *name)
{
	load(&p->stock, all, "stock", name);
	load(&p->changed, all, "undeposit", name);
}

void pair_load(struct pair *p, const char *name)
{
	cJSON *all = object_load(name);

	pair_take(p, all, name);
	cJSON_Delete(all);
}

cJSON *figures_json(struct figures *f)
{
	cJSON *object = f->kernel ? f->kernel : must(cJSON_CreateObject());

	cJSON_AddItemToObject(object, "metrics", f->metrics);
	if (f->series->child)
		cJSON_AddItemToObject(object, "series", f->series);
	else
		cJSON_Delete(f->series);
	if (f->answers->child)
		cJSON_AddItemToObject(object, "answers", f->answers);
	else
		cJSON_Delete(f->answers);
	return object;
}
