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

#include "groups.h"
#include "parse.h"
#include "replace.h"
#include "thpcost.h"

struct gauge {
	const char *name;
	const char *help;
	/* False where it is not known: there is no line then. */
	bool (*value)(const struct kernel *kernel, const struct row *row, uint64_t *value);
};


static bool thp(const struct kernel *kernel, const struct row *row, uint64_t *value)
{
	(void)kernel;
	*value = row->cost.thp;
	return row_thp_known(row);
}

static bool zero(const struct kernel *kernel, const struct row *row, uint64_t *value)
{
	(void)kernel;
	*value = row->cost.zero;
	return row_zero_known(row);
}

static bool tables(const struct kernel *kernel, const struct row *row, uint64_t *value)
{
	(void)kernel;
	*value = row->cost.tables;
	return !row->tables_unknown;
}

static bool deposit(const struct kernel *kernel, const struct row *row, uint64_t *value)
{
	*value = cost_deposit(kernel, &row->cost);
	return row_thp_known(row);
}

static bool gain(const struct kernel *kernel, const struct row *row, uint64_t *value)
{
	*value = cost_gain(kernel, &row->cost);
	return row_thp_known(row);
}

static bool gain_max(const struct kernel *kernel, const struct row *row, uint64_t *value)
{
	*value = cost_gain(kernel, &row->cost) + row->cost.unseen;
	return !row->cost.unbounded;
}

static bool processes(const struct kernel *kernel, const struct row *row, uint64_t *value)
{
	(void)kernel;
	*value = row->processes;
	return !row->counted;
}

static bool unread(const struct kernel *kernel, const struct row *row, uint64_t *value)
{
	(void)kernel;
	*value = row->unread;
	return !row->counted;
}

static bool zero_unread(const struct kernel *kernel, const struct row *row, uint64_t *value)
{
	(void)kernel;
	*value = row->zero_unread;
	return !row->counted;
}

static const struct gauge gauges[] = {
	{ "thp_bytes", "Anonymous memory mapped by huge PMDs.", thp },
	{ "zero_bytes", "Huge zero page mapped by huge PMDs; absent where that is not known.", zero },
	{ "tables_bytes", "Page tables of every level.", tables },
	{ "deposit_bytes", "Page tables that are deposited.", deposit },
	{ "gain_bytes", "Page tables that not depositing would or does give back, at least.", gain },
	{ "gain_max_bytes", "The same at the most; absent where nothing bounds it.", gain_max },
	{ "processes", "Processes counted.", processes },
	{ "processes_unread", "Processes that may not be read.", unread },
	{ "processes_zero_unknown", "Processes read but for the huge zero page.", zero_unread },
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

static const char *const group_names[] = {
	[SUBJECT_PROCESS] = "process", [SUBJECT_CGROUP] = "cgroup", [SUBJECT_NAME] = "name", [SUBJECT_USER] = "user",
};

static void put_labels(FILE *out, const struct row *row)
{
	char *user = NULL;

	if (row->subject == SUBJECT_PROCESS)
		fprintf(out, "{pid=\"%d\",name=\"", row->pid);
	else if (row->subject == SUBJECT_USER)
		user = user_text(row->process->uid);
	if (row->subject != SUBJECT_PROCESS)
		fprintf(out, "{%s=\"", group_names[row->subject]);
	put_text(out, user ? user : row->name);
	free(user);
	fputs("\"}", out);
}

/* The system without labels, rows under a name of their own: a sum counts each once. */
static void put_gauges(FILE *out, const struct kernel *kernel, const char *prefix,
		       const struct row *rows, size_t count)
{
	for (size_t i = 0; count && i < sizeof(gauges) / sizeof(gauges[0]); i++) {
		bool head = false;
		uint64_t value;
		char name[64];

		snprintf(name, sizeof(name), "%s%s", prefix, gauges[i].name);
		for (size_t j = 0; j < count; j++) {
			if (!gauges[i].value(kernel, &rows[j], &value))
				continue;
			if (!head)
				put_head(out, name, "gauge", gauges[i].help);
			head = true;
			fprintf(out, "thpcost_%s", name);
			if (rows[j].subject != SUBJECT_SYSTEM)
				put_labels(out, &rows[j]);
			fprintf(out, " %" PRIu64 "\n", value);
		}
	}
}

static void put_info(const struct thpcost *t, FILE *out)
{
	char *release = line_at(t->root.proc, "sys/kernel/osrelease");

	put_head(out, "info", "gauge", "1, for what its labels say.");
	fputs("thpcost_info{version=\"", out);
	put_text(out, t->version);
	fputs("\",kernel=\"", out);
	put_text(out, release ? release : "");
	fputs("\"} 1\n", out);
	free(release);
}

static void put_all(const struct thpcost *t, const struct survey *survey, const struct totals *totals,
		    FILE *out)
{
	struct row *rows;
	size_t count;

	put_info(t, out);
	put_number(out, "kernel_deposits", "gauge", "1: this kernel deposits a table beside each THP.",
		   survey->kernel.hash || !survey->kernel.changed);
	put_gauges(out, &survey->kernel, "", &survey->system, 1);
	put_number(out, "thp_size_bytes", "gauge", "Memory that a huge PMD maps.", survey->kernel.thp);
	put_number(out, "table_size_bytes", "gauge", "The PTE table for it.", survey->kernel.table);
	put_number(out, "split_pmd_total", "counter", "Huge PMDs split.", totals->splits);
	if (survey->kernel.changed)
		put_number(out, "split_pmd_failed_total", "counter", "Splits that failed.", totals->failed);
	if (t->memory_stat) {
		put_number(out, "cgroups", "gauge", "Cgroups counted.", survey->nr_groups);
		put_number(out, "cgroups_unread", "gauge", "Cgroups whose THPs memory.stat does not tell.",
			   groups_unread(survey));
	}
	if (t->group != SUBJECT_PROCESS || t->top || t->all) {
		char prefix[16];

		count = select_rows(t, survey, &rows);
		snprintf(prefix, sizeof(prefix), "%s_", group_names[t->group]);
		put_gauges(out, &survey->kernel, prefix, rows, count);
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
		wait_interval(t, &start);
		write_once(t);
	}
}
