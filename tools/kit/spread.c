// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "kit.h"

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The value below which @part of them are, between two where it falls between. */
static double quantile(const double *sorted, size_t count, double part)
{
	double at = part * (double)(count - 1);
	size_t below = (size_t)at;

	if (below + 1 == count)
		return sorted[below];
	return sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]);
}

struct spread spread_of(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_value);
	return (struct spread){
		.samples = count,
		.median = quantile(values, count, 0.5),
		.q1 = quantile(values, count, 0.25),
		.q3 = quantile(values, count, 0.75),
		.min = values[0],
		.max = values[count - 1],
	};
}

cJSON *spread_json(const struct spread *s)
{
	cJSON *object;

	if (!s->samples)
		return must(cJSON_CreateNull());
	object = must(cJSON_CreateObject());
	cJSON_AddNumberToObject(object, "median", s->median);
	cJSON_AddNumberToObject(object, "q1", s->q1);
	cJSON_AddNumberToObject(object, "q3", s->q3);
	cJSON_AddNumberToObject(object, "min", s->min);
	cJSON_AddNumberToObject(object, "max", s->max);
	cJSON_AddNumberToObject(object, "samples", (double)s->samples);
	return object;
}
