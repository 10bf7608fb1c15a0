// SPDX-License-Identifier: GPL-2.0
/*
 * Text for Prometheus, as node_exporter's textfile collector reads it.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replace.h"
#include "thpcost.h"

struct gauge {
	const char *name;
	const char *help;
	uint64_t (*value)(const struct kernel *kernel, const struct row *row);
};

static uint64_t thp(const struct kernel *kernel, const struct row *row)
{
	(void)kernel;
	return row->cost.thp;
}

static uint64_t zero(const struct kernel *kernel, const struct row *row)
{
	(void)kernel;
	return row->cost.zero;
}

static uint64_t tables(const struct kernel *kernel, const struct row *row)
{
	(void)kernel;
	return row->cost.tables;
}

static uint64_t deposit(const struct kernel *kernel, const struct row *row)
{
	return cost_deposit(kernel, &row->cost);
}

static uint64_t gain(const struct kernel *kernel, const struct row *row)
{
	return cost_gain(kernel, &row->cost);
}

static uint64_t processes(const struct kernel *kernel, const struct row *row)
{
	(void)kernel;
	return row->processes;
}

static uint64_t unread(const struct kernel *kernel, const struct row *row)
{
	(void)kernel;
	return row->unread;
}

static const struct gauge gauges[] = {
	{ "thp_bytes", "Anonymous memory mapped by huge PMDs.", thp },
	{ "zero_bytes", "Huge zero page mapped by huge PMDs.", zero },
	{ "tables_bytes", "Page tables of every level.", tables },
	{ "deposit_bytes", "Page tables that are deposited.", deposit },
	{ "gain_bytes", "Page tables that not depositing would or does give back, at least.", gain },
	{ "processes", "Processes counted.", processes },
	{ "processes_unread", "Processes that may not be read.", unread },
};

static void put_head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP thpcost_%s %s\n# TYPE thpcost_%s %s\n", name, help, name, type);
}

static void put_number(FILE *out, const char *name, const char *type, const char *help, uint64_t value)
{
	put_head(out, name, type, help);
	fprintf(out, "thpcost_%s %" PRIu64 "\n", name, value);
}

/* {cgroup="/a"}, {pid="1",name="init"} */
static void put_text(FILE *out, const char *name)
{
	char *clean = utf8_text(name);

	for (const char *text = clean; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		if (*text == '\n')
			fputs("\\n", out);
		else
			fputc(*text, out);
	}
	free(clean);
}

static void put_labels(FILE *out, const struct row *row)
{
	if (row->subject == SUBJECT_PROCESS)
		fprintf(out, "{pid=\"%d\",name=\"", row->pid);
	else
		fputs("{cgroup=\"", out);
	put_text(out, row->name);
	fputs("\"}", out);
}

/* The system without labels, rows under a name of their own: a sum counts each once. */
static void put_gauges(FILE *out, const struct kernel *kernel, const char *prefix,
		       const struct row *rows, size_t count)
{
	for (size_t i = 0; count && i < sizeof(gauges) / sizeof(gauges[0]); i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s%s", prefix, gauges[i].name);
		put_head(out, name, "gauge", gauges[i].help);
		for (size_t j = 0; j < count; j++) {
			fprintf(out, "thpcost_%s", name);
			if (rows[j].subject != SUBJECT_SYSTEM)
				put_labels(out, &rows[j]);
			fprintf(out, " %" PRIu64 "\n", gauges[i].value(kernel, &rows[j]));
		}
	}
}

static void put_all(const struct thpcost *t, const struct survey *survey, const struct totals *totals,
		    FILE *out)
{
	struct row *rows;
	size_t count;

	put_number(out, "kernel_deposits", "gauge", "1: this kernel deposits a table beside each THP.",
		   survey->kernel.hash || !survey->kernel.changed);
	put_gauges(out, &survey->kernel, "", &survey->system, 1);
	if (!survey->system.cost.unbounded)
		put_number(out, "gain_max_bytes", "gauge", "What thpcost_gain_bytes is at the most.",
			   gain(&survey->kernel, &survey->system) + survey->system.cost.unseen);
	put_number(out, "split_pmd_total", "counter", "Huge PMDs split.", totals->splits);
	if (survey->kernel.changed)
		put_number(out, "split_pmd_failed_total", "counter", "Splits that failed.", totals->failed);
	if (t->cgroup || t->top || t->all) {
		count = select_rows(t, survey, &rows);
		put_gauges(out, &survey->kernel, t->cgroup ? "cgroup_" : "process_", rows, count);
		free(rows);
	}
}

static void write_file(const struct thpcost *t, const struct survey *survey, const struct totals *totals)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = must(open_memstream(&text, &size));
	int error;

	put_all(t, survey, totals, out);
	if (ferror(out) || fclose(out))
		errx(EXIT_FAILURE, "out of memory");
	error = replace_file(t->prometheus, text, size);
	if (error == -EMEDIUMTYPE)
		errx(EXIT_FAILURE, "%s: is there and no regular file", t->prometheus);
	if (error)
		errx(EXIT_FAILURE, "%s: %s", t->prometheus, strerror(-error));
	free(text);
}

/* All is read before anything is written. */
static void write_once(const struct thpcost *t)
{
	struct survey survey;
	struct totals totals;
	int error;

	must_survey(t, &survey);
	error = totals_read(&t->root, &totals);
	if (error)
		errx(EXIT_FAILURE, "cannot read /proc: %s", strerror(-error));
	if (strcmp(t->prometheus, "-"))
		write_file(t, &survey, &totals);
	else
		put_all(t, &survey, &totals, stdout);
	survey_free(&survey);
	if (fflush(stdout))
		err(EXIT_FAILURE, "standard output");
}

void prometheus(const struct thpcost *t)
{
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	write_once(t);
	for (unsigned long i = 1; t->seconds && (!t->count || i < t->count); i++) {
		wait_interval(t, &start, i);
		write_once(t);
	}
}
