// SPDX-License-Identifier: GPL-2.0
/* The table of what is mapped now, and the one line of --check. */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "check.h"
#include "thpcost.h"

enum {
	COL_TYPE, COL_PID, COL_NAME, COL_THP, COL_ZERO, COL_TABLES, COL_DEPOSIT,
	COL_GAIN, COL_PERCENT, COL_MAX, COL_PROCS, COL_UNREAD,
};

const struct column show_columns[] = {
	[COL_TYPE]	= { "TYPE",	0,   0,		      false, "system, process or cgroup" },
	[COL_PID]	= { "PID",	0,   SCOLS_FL_RIGHT,  true,  "process ID" },
	[COL_NAME]	= { "NAME",	0.3, SCOLS_FL_TRUNC,  false, "command name or path of the cgroup" },
	[COL_THP]	= { "THP",	0,   SCOLS_FL_RIGHT,  false, "anonymous memory mapped by huge PMDs" },
	[COL_ZERO]	= { "ZERO",	0,   SCOLS_FL_RIGHT,  false, "huge zero page mapped by huge PMDs" },
	[COL_TABLES]	= { "TABLES",	0,   SCOLS_FL_RIGHT,  false, "page tables of every level now" },
	[COL_DEPOSIT]	= { "DEPOSIT",	0,   SCOLS_FL_RIGHT,  false, "how much of TABLES is deposited" },
	[COL_GAIN]	= { "GAIN",	0,   SCOLS_FL_RIGHT,  false, "what not depositing would or does give back" },
	[COL_PERCENT]	= { "GAIN%",	0,   SCOLS_FL_RIGHT,  true,  "GAIN as part of the page tables that stock Linux has" },
	[COL_MAX]	= { "MAX",	0,   SCOLS_FL_RIGHT,  false, "what GAIN is at the most; GAIN is at least right" },
	[COL_PROCS]	= { "PROCS",	0,   SCOLS_FL_RIGHT,  true,  "processes counted" },
	[COL_UNREAD]	= { "UNREAD",	0,   SCOLS_FL_RIGHT,  true,  "those of them that may not be read" },
};

const size_t nr_show_columns = sizeof(show_columns) / sizeof(show_columns[0]);

const int show_default[] = {
	COL_PID, COL_NAME, COL_THP, COL_ZERO, COL_TABLES, COL_DEPOSIT, COL_GAIN,
	COL_PERCENT, COL_MAX,
};

const size_t nr_show_default = sizeof(show_default) / sizeof(show_default[0]);

static void set_cell(struct libscols_line *line, size_t column, char *data)
{
	if (data && scols_line_refer_data(line, column, data))
		errx(EXIT_FAILURE, "out of memory");
}

/* NULL leaves the cell empty: what was not read is not 0. */
static char *cell(const struct thpcost *t, const struct kernel *kernel,
		  const struct row *row, int column)
{
	static const char *const subjects[] = {
		[SUBJECT_SYSTEM] = "system", [SUBJECT_PROCESS] = "process", [SUBJECT_CGROUP] = "cgroup",
	};
	const struct cost *cost = &row->cost;
	bool unread = row->subject == SUBJECT_PROCESS && row->unread;

	switch (column) {
	case COL_TYPE:
		return format("%s", subjects[row->subject]);
	case COL_PID:
		return row->subject == SUBJECT_PROCESS ? format("%d", row->pid) : NULL;
	case COL_NAME:
		return t->json && row->name ? utf8_text(row->name) : format("%s", row->name ? row->name : "(system)");
	case COL_TABLES:
		return size_text(t, cost->tables);
	case COL_MAX:
		if (cost->unbounded)
			return NULL;
		return size_text(t, cost_gain(kernel, cost) + cost->unseen);
	case COL_PROCS:
		return format("%u", row->processes);
	case COL_UNREAD:
		return format("%u", row->unread);
	}
	if (unread)
		return NULL;
	switch (column) {
	case COL_THP:
		return size_text(t, cost->thp);
	case COL_ZERO:
		return row_zero_known(row) ? size_text(t, cost->zero) : NULL;
	case COL_DEPOSIT:
		return size_text(t, cost_deposit(kernel, cost));
	case COL_GAIN:
		return size_text(t, cost_gain(kernel, cost));
	case COL_PERCENT:
		return format("%.1f", cost_percent(kernel, cost));
	}
	return NULL;
}

static bool is_size(int column)
{
	return column >= COL_THP && column <= COL_MAX && column != COL_PERCENT;
}

static struct libscols_table *new_table(const struct thpcost *t)
{
	struct libscols_table *table = must(scols_new_table());

	scols_table_set_name(table, "thpcost");
	scols_table_enable_json(table, t->json);
	scols_table_enable_raw(table, t->raw);
	scols_table_enable_noheadings(table, t->noheadings);
	for (size_t i = 0; i < t->nr_columns; i++) {
		const struct column *c = &show_columns[t->columns[i]];
		struct libscols_column *column =
			must(scols_table_new_column(table, c->name, c->width, c->flags));

		if (c->number || (t->bytes && is_size(t->columns[i])))
			scols_column_set_json_type(column, SCOLS_JSON_NUMBER);
	}
	return table;
}

static void add_row(const struct thpcost *t, struct libscols_table *table,
		    const struct kernel *kernel, const struct row *row)
{
	struct libscols_line *line = must(scols_table_new_line(table, NULL));

	for (size_t i = 0; i < t->nr_columns; i++)
		set_cell(line, i, raw_text(t, cell(t, kernel, row, t->columns[i])));
}

static void print_table(struct libscols_table *table)
{
	if (scols_print_table(table))
		errx(EXIT_FAILURE, "cannot print the table");
	scols_unref_table(table);
}

static void say_kernel(const struct thpcost *t, const struct kernel *kernel)
{
	char *thp, *table;

	if (!kernel->thp) {
		puts("This kernel has no transparent huge pages.");
		return;
	}
	thp = size_text(t, kernel->thp);
	table = size_text(t, kernel->table);
	if (kernel->hash)
		printf("This kernel, on the hash MMU, keeps a table of %s beside each THP of %s.\n",
		       table, thp);
	else if (kernel->changed)
		printf("This kernel does not deposit: GAIN is what it gives back, %s a THP of %s.\n",
		       table, thp);
	else
		printf("This kernel deposits %s beside each THP of %s: GAIN is what that would give back.\n",
		       table, thp);
	free(thp);
	free(table);
}

static void say_limits(const struct survey *survey)
{
	const struct row *system = &survey->system;

	if (system->unread)
		warnx("%u of %u processes may not be read (%s): GAIN is at least right, MAX at the most",
		      system->unread, system->processes, read_why_not());
	if (system->zero_unread)
		warnx("the huge zero page is not known of %u of %u processes (%s): MAX has it",
		      system->zero_unread, system->processes, zero_why_not(survey->kernel.zero.way));
	if (survey->hidden)
		warnx("/proc does not show all processes (a container, or hidepid=): GAIN is at least right");
}

void show_survey(const struct thpcost *t)
{
	struct libscols_table *table;
	struct survey survey;
	struct row *rows;
	size_t count;

	must_survey(t, &survey);
	table = new_table(t);
	add_row(t, table, &survey.kernel, &survey.system);
	if (!t->system) {
		count = select_rows(t, &survey, &rows);
		for (size_t i = 0; i < count; i++)
			add_row(t, table, &survey.kernel, &rows[i]);
		free(rows);
	}
	print_table(table);
	if (!t->json && !t->raw && !t->noheadings)
		say_kernel(t, &survey.kernel);
	fflush(stdout);
	say_limits(&survey);
	survey_free(&survey);
}

static const char *why_not(int error)
{
	switch (error) {
	case -ESRCH:
		return "no such process";
	case -ENODATA:
		return "has no memory of its own";
	case -EACCES:
		return "may not be read, not even its status";
	}
	return strerror(-error);
}

size_t show_pids(const struct thpcost *t)
{
	struct process *processes = must(calloc(t->nr_pids, sizeof(*processes)));
	struct row *rows = must(calloc(t->nr_pids, sizeof(*rows)));
	struct libscols_table *table;
	struct kernel kernel;
	size_t count = 0;
	int error;

	must_kernel(t, &kernel);
	kernel_try_zero(&t->root, &kernel);
	for (size_t i = 0; i < t->nr_pids; i++) {
		error = process_read(&t->root, &kernel, t->pids[i], &processes[count]);
		if (error) {
			warnx("%d: %s", t->pids[i], why_not(error));
			continue;
		}
		if (!processes[count].read)
			warnx("%d: its memory may not be read (%s); see MAX", t->pids[i], read_why_not());
		rows[count] = survey_row(&processes[count]);
		count++;
	}
	rows_sort(&kernel, rows, count);
	table = new_table(t);
	for (size_t i = 0; i < count; i++)
		add_row(t, table, &kernel, &rows[i]);
	print_table(table);
	for (size_t i = 0; i < count; i++)
		process_free(&processes[i]);
	free(processes);
	free(rows);
	return t->nr_pids - count;
}

/* One object: release, THP and table in bytes, whether it deposits. */
static void print_check(const char *release, const struct kernel *kernel, const char *deposits,
			const char *tables, const char *reason)
{
	printf("{\"kernel\":\"%s\",\"thp\":%" PRIu64 ",\"deposits\":%s,\"tables\":%s,\"reason\":",
	       release, kernel->thp, deposits, tables);
	printf(reason ? "\"%s\"}\n" : "null}\n", reason);
}

static int cannot_tell(const struct thpcost *t, const char *release, const struct kernel *kernel,
		       const char *reason)
{
	if (t->json)
		print_check(release, kernel, "null", "null", reason);
	else
		warnx("Linux %s: cannot tell: %s", release, reason);
	return CHECK_CANNOT_TELL;
}

int show_check(const struct thpcost *t)
{
	struct kernel kernel = { 0 };
	struct utsname name;
	uint64_t tables = 0;
	char *thp, *rise;
	int error;

	uname(&name);
	error = kernel_read(&t->root, &kernel);
	if (error)
		return cannot_tell(t, name.release, &kernel, kernel_why_not(error));
	if (!kernel.thp)
		return cannot_tell(t, name.release, &kernel, "it has no transparent huge pages");
	error = check_deposit(&t->root, &kernel, &tables);
	if (error == -EAGAIN)
		return cannot_tell(t, name.release, &kernel, "it gave no THP: switched off, or memory is full");
	if (error)
		return cannot_tell(t, name.release, &kernel, strerror(-error));
	thp = size_text(t, kernel.thp);
	rise = t->json ? format("%" PRIu64, tables) : size_text(t, tables);
	if (t->json)
		print_check(name.release, &kernel, tables ? "true" : "false", rise, NULL);
	else if (!tables)
		printf("Linux %s does not deposit: mapping a THP of %s took no page table.\n",
		       name.release, thp);
	else
		printf("Linux %s deposits: mapping a THP of %s took %s of page tables.\n",
		       name.release, thp, rise);
	free(thp);
	free(rise);
	return tables ? CHECK_DEPOSITS : CHECK_DOES_NOT;
}
