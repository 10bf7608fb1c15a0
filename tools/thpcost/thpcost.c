// SPDX-License-Identifier: GPL-2.0
/*
 * thpcost - what page tables of transparent huge pages cost this machine, and
 * what a kernel that does not deposit them gives back
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>
#include <time.h>

#include "check.h"
#include "parse.h"
#include "thpcost.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

enum {
	COL_TYPE, COL_PID, COL_NAME, COL_THP, COL_ZERO, COL_TABLES, COL_DEPOSIT,
	COL_GAIN, COL_PERCENT, COL_MAX, COL_PROCS, COL_UNREAD,
};

static const struct column columns[] = {
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

static const int default_columns[] = {
	COL_PID, COL_NAME, COL_THP, COL_ZERO, COL_TABLES, COL_DEPOSIT, COL_GAIN,
	COL_PERCENT, COL_MAX,
};

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
		if (row->subject == SUBJECT_PROCESS && row->zero_unread)
			return NULL;
		return size_text(t, cost->zero);
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
		const struct column *c = &columns[t->columns[i]];
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
		set_cell(line, i, cell(t, kernel, row, t->columns[i]));
}

static void print_table(struct libscols_table *table)
{
	if (scols_print_table(table))
		errx(EXIT_FAILURE, "cannot print the table");
	scols_unref_table(table);
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
		warnx("%u of %u processes may not be read (try as root): GAIN is at least right, MAX at the most",
		      system->unread, system->processes);
	if (system->zero_unread)
		warnx("%u of %u processes hide the huge zero page (PAGEMAP_SCAN is of Linux 6.7): ZERO is at least right",
		      system->zero_unread, system->processes);
	if (survey->hidden)
		warnx("/proc does not show all processes (a container, or hidepid=): GAIN is at least right");
}

static void show_survey(const struct thpcost *t)
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

/* Returns the number of processes that could not be shown at all. */
static size_t show_pids(const struct thpcost *t)
{
	struct process *processes = must(calloc(t->nr_pids, sizeof(*processes)));
	struct row *rows = must(calloc(t->nr_pids, sizeof(*rows)));
	struct libscols_table *table;
	struct kernel kernel;
	size_t count = 0;
	int error;

	must_kernel(t, &kernel);
	for (size_t i = 0; i < t->nr_pids; i++) {
		error = process_read(&t->root, &kernel, t->pids[i], &processes[count]);
		if (error) {
			warnx("%d: %s", t->pids[i], why_not(error));
			continue;
		}
		if (!processes[count].read)
			warnx("%d: its memory may not be read (try as root); see MAX", t->pids[i]);
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

/* Whether this kernel does not deposit. */
static bool show_check(const struct thpcost *t)
{
	struct kernel kernel;
	struct utsname name;
	uint64_t tables = 0;
	char *thp, *rise;
	int error;

	must_kernel(t, &kernel);
	uname(&name);
	if (!kernel.thp)
		errx(EXIT_FAILURE, "Linux %s has no transparent huge pages", name.release);
	error = check_deposit(&t->root, &kernel, &tables);
	if (error == -EAGAIN)
		errx(EXIT_FAILURE, "Linux %s gave no THP to try it out with: is it switched off, or memory full?",
		     name.release);
	if (error)
		errx(EXIT_FAILURE, "cannot try it out: %s", strerror(-error));
	thp = size_text(t, kernel.thp);
	rise = size_text(t, tables);
	if (!tables)
		printf("Linux %s does not deposit: mapping a THP of %s took no page table.\n",
		       name.release, thp);
	else
		printf("Linux %s deposits: mapping a THP of %s took %s of page tables.\n",
		       name.release, thp, rise);
	free(thp);
	free(rise);
	return !tables;
}

void wait_interval(const struct thpcost *t, const struct timespec *start, unsigned long number)
{
	double until = (double)start->tv_nsec / 1e9 + t->seconds * (double)number;
	struct timespec at = { .tv_sec = start->tv_sec + (time_t)until };

	at.tv_nsec = (long)((until - (double)(time_t)until) * 1e9);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

static void print_columns(const char *heading, const struct column *list, size_t count)
{
	printf("\n%s:\n", heading);
	for (size_t i = 0; i < count; i++)
		printf(" %8s  %s\n", list[i].name, list[i].help);
}

static void usage(void)
{
	fputs("\n"
	      "Usage:\n"
	      " thpcost [options]\n"
	      "\n"
	      "What page tables of transparent huge pages cost, and what not depositing them gives back.\n"
	      "\n"
	      "Options:\n"
	      " -s, --system             the system alone, no processes\n"
	      " -p, --pid LIST           these processes alone\n"
	      " -c, --cgroup[=PATH]      cgroups (at or below PATH) instead of processes\n"
	      " -t, --top N              the N largest alone, besides the system\n"
	      " -a, --all                also those without THPs, and those that may not be read\n"
	      " -w, --watch SECONDS      a row of what happened in each interval\n"
	      " -N, --count N            end after N intervals (default: never)\n"
	      " -P, --prometheus FILE    write text for Prometheus to FILE, - for standard output\n"
	      " -C, --check              whether this kernel deposits, tried out; the exit status tells\n"
	      " -J, --json               use JSON output format\n"
	      " -r, --raw                use raw output format\n"
	      " -b, --bytes              print sizes in bytes, not in human readable format\n"
	      " -n, --noheadings         don't print headings\n"
	      " -o, --output LIST        output columns\n"
	      "     --output-all         output all columns\n"
	      "     --sysroot DIR        use DIR/proc and DIR/sys\n"
	      " -h, --help               display this help\n"
	      " -V, --version            display version\n", stdout);
	print_columns("Columns", columns, ARRAY_SIZE(columns));
	print_columns("Columns of --watch", watch_columns, nr_watch_columns);
	fputs("\n"
	      "Sources:\n"
	      " THP is exact: AnonHugePages of smaps_rollup, which counts each mapping; ZERO is found\n"
	      " by PAGEMAP_SCAN (Linux 6.7). A table for each is deposited, so GAIN is arithmetic, not\n"
	      " an estimate. What may not be read is bounded by MAX. See thpcost(1).\n", stdout);
}

enum { OPT_ALL_COLUMNS = 256, OPT_SYSROOT };

static const struct option options[] = {
	{ "system",	no_argument,	   NULL, 's' },
	{ "pid",	required_argument, NULL, 'p' },
	{ "cgroup",	optional_argument, NULL, 'c' },
	{ "top",	required_argument, NULL, 't' },
	{ "all",	no_argument,	   NULL, 'a' },
	{ "watch",	required_argument, NULL, 'w' },
	{ "count",	required_argument, NULL, 'N' },
	{ "prometheus",	required_argument, NULL, 'P' },
	{ "check",	no_argument,	   NULL, 'C' },
	{ "json",	no_argument,	   NULL, 'J' },
	{ "raw",	no_argument,	   NULL, 'r' },
	{ "bytes",	no_argument,	   NULL, 'b' },
	{ "noheadings",	no_argument,	   NULL, 'n' },
	{ "output",	required_argument, NULL, 'o' },
	{ "output-all",	no_argument,	   NULL, OPT_ALL_COLUMNS },
	{ "sysroot",	required_argument, NULL, OPT_SYSROOT },
	{ "help",	no_argument,	   NULL, 'h' },
	{ "version",	no_argument,	   NULL, 'V' },
	{ }
};

static unsigned long number(const char *what, const char *arg, unsigned long max)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(arg, &end, 10);
	if (errno || end == arg || *end || *arg == '-' || !value || value > max)
		errx(EXIT_FAILURE, "--%s: '%s' is no number from 1 to %lu", what, arg, max);
	return value;
}

static double interval(const char *arg)
{
	char *end;
	double seconds = strtod(arg, &end);

	if (end == arg || *end || !(seconds >= 0.01 && seconds <= 1e6))
		errx(EXIT_FAILURE, "--watch: '%s' is no number of seconds from 0.01 to 1000000", arg);
	return seconds;
}

static void add_pids(struct thpcost *t, const char *arg)
{
	char *list = must(strdup(arg)), *save, *item;

	for (item = strtok_r(list, ", ", &save); item; item = strtok_r(NULL, ", ", &save)) {
		t->pids = must(reallocarray(t->pids, t->nr_pids + 1, sizeof(*t->pids)));
		t->pids[t->nr_pids++] = (pid_t)number("pid", item, INT32_MAX);
	}
	free(list);
	if (!t->nr_pids)
		errx(EXIT_FAILURE, "--pid: no process is named");
}

/* "A,B" or, added to the default ones, "+A,B"; -1 in libsmartcols' callback. */
static int column_id(const struct column *list, size_t count, const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i].name) == len && !strncasecmp(list[i].name, name, len))
			return (int)i;
	errx(EXIT_FAILURE, "unknown column: %.*s", (int)len, name);
}

static void choose_columns(struct thpcost *t, const char *arg, bool all)
{
	bool watched = t->seconds && !t->prometheus;
	const struct column *list = watched ? watch_columns : columns;
	size_t count = watched ? nr_watch_columns : ARRAY_SIZE(columns);

	if (!arg || *arg == '+') {
		for (size_t i = 0; i < (watched || all ? count : ARRAY_SIZE(default_columns)); i++)
			t->columns[t->nr_columns++] = watched || all ? (int)i : default_columns[i];
	}
	if (!arg)
		return;
	arg += *arg == '+';
	while (true) {
		size_t len = strcspn(arg, ",");

		if (t->nr_columns == COLUMNS_MAX)
			errx(EXIT_FAILURE, "more than %d columns", COLUMNS_MAX);
		t->columns[t->nr_columns++] = column_id(list, count, arg, len);
		if (!arg[len])
			break;
		arg += len + 1;
	}
}

/* Options that do not go together would be ignored in silence. */
static void check(const struct thpcost *t, const char *output, bool all_columns,
		  const char *sysroot)
{
	if (t->system + !!t->cgroup + !!t->nr_pids > 1)
		errx(EXIT_FAILURE, "--system, --pid and --cgroup exclude each other");
	if (t->json && t->raw)
		errx(EXIT_FAILURE, "--json and --raw exclude each other");
	if (t->count && !t->seconds)
		errx(EXIT_FAILURE, "--count is for --watch");
	if (t->prometheus && (t->json || t->raw || output || all_columns))
		errx(EXIT_FAILURE, "--prometheus has its own format");
	if ((t->prometheus || t->seconds) && t->nr_pids)
		errx(EXIT_FAILURE, "--pid is neither for --watch nor for --prometheus");
	if (t->check && (t->system || t->cgroup || t->nr_pids || t->top || t->all || t->seconds ||
			 t->prometheus || t->json || t->raw || output || all_columns || sysroot))
		errx(EXIT_FAILURE, "--check takes no option but --bytes");
	if (t->seconds && !t->prometheus && (t->cgroup || t->top || t->all))
		errx(EXIT_FAILURE, "--watch is about the system: no --cgroup, --top or --all");
}

static void parse(struct thpcost *t, int argc, char **argv)
{
	const char *output = NULL, *sysroot = NULL, *root = "/";
	bool all_columns = false;
	int c, error;

	while ((c = getopt_long(argc, argv, "sp:c::t:aw:N:P:CJrbno:hV", options, NULL)) != -1) {
		switch (c) {
		case 's': t->system = true; break;
		case 'p': add_pids(t, optarg); break;
		case 'c': t->cgroup = optarg ? optarg : "/"; break;
		case 't': t->top = number("top", optarg, UINT32_MAX); break;
		case 'a': t->all = true; break;
		case 'w': t->seconds = interval(optarg); break;
		case 'N': t->count = number("count", optarg, UINT32_MAX); break;
		case 'P': t->prometheus = optarg; break;
		case 'C': t->check = true; break;
		case 'J': t->json = true; break;
		case 'r': t->raw = true; break;
		case 'b': t->bytes = true; break;
		case 'n': t->noheadings = true; break;
		case 'o': output = optarg; break;
		case OPT_ALL_COLUMNS: all_columns = true; break;
		case OPT_SYSROOT: root = sysroot = optarg; break;
		case 'h': usage(); exit(EXIT_SUCCESS);
		case 'V': puts("thpcost from Undeposit " VERSION); exit(EXIT_SUCCESS);
		default:
			fputs("Try 'thpcost --help' for more information.\n", stderr);
			exit(EXIT_FAILURE);
		}
	}
	if (optind != argc)
		errx(EXIT_FAILURE, "unexpected argument: %s", argv[optind]);
	check(t, output, all_columns, sysroot);
	choose_columns(t, output, all_columns);
	error = root_open(&t->root, root);
	if (error)
		errx(EXIT_FAILURE, "no /proc in %s: %s", root, strerror(-error));
}

int main(int argc, char **argv)
{
	struct thpcost t = { 0 };
	size_t missing = 0;
	bool good = true;

	setlocale(LC_ALL, "");
	parse(&t, argc, argv);
	if (t.check)
		good = show_check(&t);
	else if (t.prometheus)
		prometheus(&t);
	else if (t.seconds)
		watch(&t);
	else if (t.nr_pids)
		missing = show_pids(&t);
	else
		show_survey(&t);
	root_close(&t.root);
	free(t.pids);
	if (fflush(stdout) || ferror(stdout))
		err(EXIT_FAILURE, "standard output");
	return missing || !good ? EXIT_FAILURE : EXIT_SUCCESS;
}
