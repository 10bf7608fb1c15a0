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
#include "groups.h"
#include "machine.h"
#include "thpcost.h"

enum {
	COL_TYPE, COL_PID, COL_USER, COL_NAME, COL_COMMAND, COL_CGROUP, COL_THP, COL_ZERO, COL_TABLES,
	COL_DEPOSIT, COL_GAIN, COL_PERCENT, COL_RAM, COL_MAX, COL_PROCS, COL_UNREAD,
};

const struct column show_columns[] = {
	[COL_TYPE]	= { "TYPE",	0,   0,		      KIND_TEXT,   "system, process, cgroup, name or user" },
	[COL_PID]	= { "PID",	0,   SCOLS_FL_RIGHT,  KIND_NUMBER, "process ID" },
	[COL_USER]	= { "USER",	0,   0,		      KIND_TEXT,   "user that the process runs as" },
	[COL_NAME]	= { "NAME",	0.3, SCOLS_FL_TRUNC,  KIND_TEXT,   "command name or path of the cgroup" },
	[COL_COMMAND]	= { "COMMAND",	0.3, SCOLS_FL_TRUNC,  KIND_TEXT,   "command line of the process" },
	[COL_CGROUP]	= { "CGROUP",	0.3, SCOLS_FL_TRUNC,  KIND_TEXT,   "path of the cgroup that the process is in" },
	[COL_THP]	= { "THP",	0,   SCOLS_FL_RIGHT,  KIND_SIZE,   "anonymous memory mapped by huge PMDs" },
	[COL_ZERO]	= { "ZERO",	0,   SCOLS_FL_RIGHT,  KIND_SIZE,   "huge zero page mapped by huge PMDs" },
	[COL_TABLES]	= { "TABLES",	0,   SCOLS_FL_RIGHT,  KIND_SIZE,   "page tables of every level now" },
	[COL_DEPOSIT]	= { "DEPOSIT",	0,   SCOLS_FL_RIGHT,  KIND_SIZE,   "how much of TABLES is deposited" },
	[COL_GAIN]	= { "GAIN",	0,   SCOLS_FL_RIGHT,  KIND_SIZE,   "what not depositing would or does give back" },
	[COL_PERCENT]	= { "GAIN%",	0,   SCOLS_FL_RIGHT,  KIND_NUMBER, "GAIN as part of the page tables that stock Linux has" },
	[COL_RAM]	= { "RAM%",	0,   SCOLS_FL_RIGHT,  KIND_NUMBER, "GAIN as part of the machine's memory" },
	[COL_MAX]	= { "MAX",	0,   SCOLS_FL_RIGHT,  KIND_SIZE,   "what GAIN is at the most; GAIN is at least right" },
	[COL_PROCS]	= { "PROCS",	0,   SCOLS_FL_RIGHT,  KIND_NUMBER, "processes counted" },
	[COL_UNREAD]	= { "UNREAD",	0,   SCOLS_FL_RIGHT,  KIND_NUMBER, "those of them that may not be read" },
};

const size_t nr_show_columns = sizeof(show_columns) / sizeof(show_columns[0]);

const int show_default[] = {
	COL_PID, COL_NAME, COL_THP, COL_ZERO, COL_TABLES, COL_DEPOSIT, COL_GAIN,
	COL_PERCENT, COL_MAX,
};

const size_t nr_show_default = sizeof(show_default) / sizeof(show_default[0]);

/* JSON takes no text that is no UTF-8. NULL for NULL. */
static char *text_cell(const struct thpcost *t, const struct column *c, const char *text)
{
	char *clean, *cut;

	if (!text)
		return NULL;
	clean = t->json ? utf8_text(text) : must(strdup(text));
	cut = shorten_middle(t, clean, c->width);
	free(clean);
	return cut;
}

/* Read for those alone that are shown: a command line is in the process's own memory. */
static char *command_cell(const struct thpcost *t, const struct row *row)
{
	char *command, *cell;

	if (row->subject != SUBJECT_PROCESS)
		return NULL;
	command = process_command(&t->root, row->pid);
	cell = text_cell(t, &show_columns[COL_COMMAND], command);
	free(command);
	return cell;
}

static char *name_cell(const struct thpcost *t, const struct row *row)
{
	char *user, *cell;

	if (row->subject == SUBJECT_SYSTEM)
		return format("(system)");
	if (row->subject != SUBJECT_USER)
		return text_cell(t, &show_columns[COL_NAME], row->name);
	user = user_text(row->process->uid);
	cell = text_cell(t, &show_columns[COL_NAME], user);
	free(user);
	return cell;
}

/* Of cgroups that the kernel counts, others may be charged for the deposits. */
static bool percent_known(const struct kernel *kernel, const struct row *row)
{
	if (row->counted && !kernel->changed && row->cost.tables < cost_gain(kernel, &row->cost))
		return false;
	return !row->tables_unknown;
}

/* NULL leaves the cell empty: what was not read is not 0. */
static char *cell(const struct thpcost *t, const struct kernel *kernel,
		  const struct row *row, int column)
{
	static const char *const subjects[] = {
		[SUBJECT_SYSTEM] = "system", [SUBJECT_PROCESS] = "process", [SUBJECT_CGROUP] = "cgroup",
		[SUBJECT_NAME] = "name", [SUBJECT_USER] = "user",
	};
	const struct cost *cost = &row->cost;

	switch (column) {
	case COL_TYPE:
		return format("%s", subjects[row->subject]);
	case COL_PID:
		return row->subject == SUBJECT_PROCESS ? format("%d", row->pid) : NULL;
	case COL_NAME:
		return name_cell(t, row);
	case COL_USER:
		if (row->subject != SUBJECT_PROCESS && row->subject != SUBJECT_USER)
			return NULL;
		return user_text(row->process->uid);
	case COL_COMMAND:
		return command_cell(t, row);
	case COL_CGROUP:
		if (row->subject != SUBJECT_PROCESS && row->subject != SUBJECT_CGROUP)
			return NULL;
		return text_cell(t, &show_columns[COL_CGROUP], row->process ? row->process->cgroup : row->name);
	case COL_TABLES:
		return row->tables_unknown ? NULL : size_text(t, cost->tables);
	case COL_MAX:
		if (cost->unbounded)
			return NULL;
		return size_text(t, cost_gain(kernel, cost) + cost->unseen);
	case COL_PROCS:
		return row->counted ? NULL : format("%u", row->processes);
	case COL_UNREAD:
		return row->counted ? NULL : format("%u", row->unread);
	}
	if (!row_thp_known(row))
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
		return percent_known(kernel, row) ? format("%.1f", cost_percent(kernel, cost)) : NULL;
	case COL_RAM:
		return kernel->ram ? format("%.3f", 100.0 * (double)cost_gain(kernel, cost) / (double)kernel->ram) : NULL;
	}
	return NULL;
}

/* What rows may be sorted by: 0 where that is not known, which comes last. */
static double sort_key(const struct kernel *kernel, const struct row *row, int column)
{
	const struct cost *cost = &row->cost;

	switch (column) {
	case COL_PID:
		return -(double)row->pid;
	case COL_THP:
		return (double)cost->thp;
	case COL_ZERO:
		return (double)cost->zero;
	case COL_TABLES:
		return (double)cost->tables;
	case COL_DEPOSIT:
		return (double)cost_deposit(kernel, cost);
	case COL_PERCENT:
		return cost_percent(kernel, cost);
	case COL_MAX:
		return (double)(cost_gain(kernel, cost) + cost->unseen);
	case COL_PROCS:
		return row->processes;
	case COL_UNREAD:
		return row->unread;
	default:
		return (double)cost_gain(kernel, cost);
	}
}

struct order {
	const struct thpcost *t;
	const struct kernel *kernel;
};

static int by_column(const void *a, const void *b, void *arg)
{
	const struct order *order = arg;
	int column = order->t->sort;
	double x, y;

	if (show_columns[column].kind == KIND_TEXT) {
		char *p = cell(order->t, order->kernel, a, column);
		char *q = cell(order->t, order->kernel, b, column);
		int result = strcmp(p ? p : "", q ? q : "");

		free(p);
		free(q);
		return result;
	}
	x = sort_key(order->kernel, a, column);
	y = sort_key(order->kernel, b, column);
	return (x < y) - (x > y);
}

void show_sort(const struct thpcost *t, const struct kernel *kernel, struct row *rows, size_t count)
{
	if (t->sort >= 0)
		qsort_r(rows, count, sizeof(*rows), by_column, &(struct order){ t, kernel });
}

void set_cell(const struct thpcost *t, struct libscols_line *line, size_t column, char *data)
{
	data = raw_text(t, data);
	if (data && scols_line_refer_data(line, column, data))
		errx(EXIT_FAILURE, "out of memory");
}

struct libscols_table *new_table(const struct thpcost *t, const struct column *columns)
{
	struct libscols_table *table = must(scols_new_table());

	scols_table_set_name(table, "thpcost");
	scols_table_enable_json(table, t->json);
	scols_table_enable_raw(table, t->raw);
	scols_table_enable_noheadings(table, t->noheadings);
	for (size_t i = 0; i < t->nr_columns; i++) {
		const struct column *c = &columns[t->columns[i]];
		int flags = t->no_trunc ? c->flags & ~SCOLS_FL_TRUNC : c->flags;
		struct libscols_column *column =
			must(scols_table_new_column(table, c->name, c->width, flags));

		if (c->kind == KIND_NUMBER || (t->bytes && c->kind == KIND_SIZE))
			scols_column_set_json_type(column, SCOLS_JSON_NUMBER);
	}
	return table;
}

static void add_row(const struct thpcost *t, struct libscols_table *table,
		    const struct kernel *kernel, const struct row *row)
{
	struct libscols_line *line = must(scols_table_new_line(table, NULL));

	for (size_t i = 0; i < t->nr_columns; i++)
		set_cell(t, line, i, cell(t, kernel, row, t->columns[i]));
}

/* In JSON the machine comes first, and its figures where  has them. */
static void print_table(const struct thpcost *t, struct libscols_table *table, const struct kernel *kernel,
			const struct survey *survey)
{
	char *machine, *rows;

	if (!t->json) {
		if (scols_print_table(table))
			errx(EXIT_FAILURE, "cannot print the table");
	} else {
		machine = must(machine_print(&t->root, t->version, kernel, survey));
		if (scols_print_table_to_string(table, &rows) || !strchr(rows, '{'))
			errx(EXIT_FAILURE, "cannot print the table");
		printf("{\n   \"machine\": %s,%s", machine, strchr(rows, '{') + 1);
		free(machine);
		free(rows);
	}
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
	size_t groups = groups_unread(survey);

	if (groups)
		warnx("memory.stat of %zu of %zu cgroups may not be read, or does not tell THPs (before Linux 5.1)",
		      groups, survey->nr_groups);
	if (system->counted)
		return;
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
	table = new_table(t, show_columns);
	add_row(t, table, &survey.kernel, &survey.system);
	if (!t->system) {
		count = select_rows(t, &survey, &rows);
		for (size_t i = 0; i < count; i++)
			add_row(t, table, &survey.kernel, &rows[i]);
		free(rows);
	}
	print_table(t, table, &survey.kernel, &survey);
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
	show_sort(t, &kernel, rows, count);
	table = new_table(t, show_columns);
	for (size_t i = 0; i < count; i++)
		add_row(t, table, &kernel, &rows[i]);
	print_table(t, table, &kernel, NULL);
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
