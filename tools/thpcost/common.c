// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "parse.h"
#include "thpcost.h"

void *must(void *p)
{
	if (!p)
		errx(EXIT_FAILURE, "out of memory");
	return p;
}

char *format(const char *fmt, ...)
{
	va_list args;
	char *out;

	va_start(args, fmt);
	if (vasprintf(&out, fmt, args) < 0)
		errx(EXIT_FAILURE, "out of memory");
	va_end(args);
	return out;
}

char *size_text(const struct thpcost *t, uint64_t size)
{
	static const char units[] = "BKMGTPE";
	uint64_t unit = 1;
	size_t i = 0;

	if (t->bytes)
		return format("%" PRIu64, size);
	while (units[i + 1] && size / unit >= 1024) {
		unit *= 1024;
		i++;
	}
	if (size % unit)
		return format("%.1f%c", (double)size / (double)unit, units[i]);
	return format("%" PRIu64 "%c", size / unit, units[i]);
}

char *utf8_text(const char *name)
{
	char *out = must(malloc(4 * strlen(name) + 1));
	char *end = out;

	while (*name) {
		size_t len = utf8_length(name);

		if (len)
			end = mempcpy(end, name, len);
		else
			end += sprintf(end, "\\x%02x", (unsigned char)*name);
		name += len ? len : 1;
	}
	*end = '\0';
	return out;
}

static _Noreturn void no_kernel(int error)
{
	if (error == -ERANGE)
		errx(EXIT_FAILURE, "hpage_pmd_size is no size of a huge page");
	errx(EXIT_FAILURE, "cannot read /proc: %s", strerror(-error));
}

void must_kernel(const struct thpcost *t, struct kernel *kernel)
{
	int error = kernel_read(&t->root, kernel);

	if (error)
		no_kernel(error);
}

void must_survey(const struct thpcost *t, struct survey *survey)
{
	int error = survey_read(&t->root, survey);

	if (error)
		no_kernel(error);
}

size_t select_rows(const struct thpcost *t, const struct survey *survey, struct row **rows)
{
	size_t kept = 0, count = survey->count;

	if (t->cgroup) {
		ssize_t groups = survey_cgroups(survey, t->cgroup, rows);

		if (groups < 0)
			errx(EXIT_FAILURE, "out of memory");
		count = groups;
	} else {
		*rows = must(calloc(count + 1, sizeof(**rows)));
		for (size_t i = 0; i < count; i++)
			(*rows)[i] = survey_row(&survey->processes[i]);
	}
	for (size_t i = 0; i < count; i++)
		if (t->all || (*rows)[i].cost.thp || (*rows)[i].cost.zero)
			(*rows)[kept++] = (*rows)[i];
	rows_sort(&survey->kernel, *rows, kept);
	return t->top && t->top < kept ? t->top : kept;
}

void wait_interval(const struct thpcost *t, const struct timespec *start, unsigned long number)
{
	double until = (double)start->tv_nsec / 1e9 + t->seconds * (double)number;
	struct timespec at = { .tv_sec = start->tv_sec + (time_t)until };

	at.tv_nsec = (long)((until - (double)(time_t)until) * 1e9);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}
