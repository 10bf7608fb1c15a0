// SPDX-License-Identifier: GPL-2.0
/*
 * thpcost - what page tables of transparent huge pages cost this machine, and
 * what a kernel that does not deposit them gives back
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "thpcost.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

/* The exit status of what is wrong; with --check 1 is an answer. */
static int failure = EXIT_FAILURE;

/* A disk may be full, and closing is the last to know. */
static void end_output(void)
{
	if (fflush(stdout) || ferror(stdout) || fclose(stdout))
		err(failure, "standard output");
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
	      " -d, --depth N            add cgroups up, N levels below PATH\n"
	      " -m, --memory-stat        of cgroups what the kernel counts, and read no process\n"
	      " -g, --group-by WHAT      name or user: those together instead of processes\n"
	      " -t, --top N              the N largest alone, besides the system\n"
	      " -S, --sort COLUMN        largest of that column first, texts in their order\n"
	      " -a, --all                also those without THPs, and those that may not be read\n"
	      " -w, --watch SECONDS      a row of what happened in each interval\n"
	      " -N, --count N            end after N intervals (default: never)\n"
	      " -P, --prometheus FILE    write text for Prometheus to FILE, - for standard output\n"
	      " -C, --check              whether this kernel deposits, tried out: exit status 1; 0 if not, 2 unknown\n"
	      "     --sum FILE...        add up what machines said with --json\n"
	      " -J, --json               use JSON output format\n"
	      " -r, --raw                use raw output format\n"
	      " -b, --bytes              print sizes in bytes, not in human readable format\n"
	      " -n, --noheadings         don't print headings\n"
	      " -o, --output LIST        output columns\n"
	      "     --output-all         output all columns\n"
	      "     --no-trunc           don't shorten what is too wide for the terminal\n"
	      "     --sysroot DIR        use DIR/proc and DIR/sys\n"
	      " -h, --help               display this help\n"
	      " -V, --version            display version\n", stdout);
	print_columns("Columns", show_columns, nr_show_columns);
	print_columns("Columns of --watch", watch_columns, nr_watch_columns);
	print_columns("Columns of --sum", sum_columns, nr_sum_columns);
	fputs("\n"
	      "Sources:\n"
	      " THP is exact: AnonHugePages of smaps_rollup, which counts each mapping; ZERO is found\n"
	      " in pagemap. A table for each is deposited, so GAIN is arithmetic, not\n"
	      " an estimate. What may not be read is bounded by MAX. See thpcost(1).\n", stdout);
}

enum { OPT_ALL_COLUMNS = 256, OPT_SYSROOT, OPT_SUM, OPT_NO_TRUNC };

static const char short_options[] = "sp:c::d:mg:t:S:aw:N:P:CJrbno:hV";

static const struct option options[] = {
	{ "system",	no_argument,	   NULL, 's' },
	{ "pid",	required_argument, NULL, 'p' },
	{ "cgroup",	optional_argument, NULL, 'c' },
	{ "depth",	required_argument, NULL, 'd' },
	{ "memory-stat", no_argument,	   NULL, 'm' },
	{ "group-by",	required_argument, NULL, 'g' },
	{ "top",	required_argument, NULL, 't' },
	{ "sort",	required_argument, NULL, 'S' },
	{ "all",	no_argument,	   NULL, 'a' },
	{ "watch",	required_argument, NULL, 'w' },
	{ "count",	required_argument, NULL, 'N' },
	{ "prometheus",	required_argument, NULL, 'P' },
	{ "check",	no_argument,	   NULL, 'C' },
	{ "sum",	no_argument,	   NULL, OPT_SUM },
	{ "json",	no_argument,	   NULL, 'J' },
	{ "raw",	no_argument,	   NULL, 'r' },
	{ "bytes",	no_argument,	   NULL, 'b' },
	{ "noheadings",	no_argument,	   NULL, 'n' },
	{ "output",	required_argument, NULL, 'o' },
	{ "output-all",	no_argument,	   NULL, OPT_ALL_COLUMNS },
	{ "no-trunc",	no_argument,	   NULL, OPT_NO_TRUNC },
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
		errx(failure, "--%s: '%s' is no number from 1 to %lu", what, arg, max);
	return value;
}

static double interval(const char *arg)
{
	char *end;
	double seconds = strtod(arg, &end);

	if (end == arg || *end || !(seconds >= 0.01 && seconds <= 1e6))
		errx(failure, "--watch: '%s' is no number of seconds from 0.01 to 1000000", arg);
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
		errx(failure, "--pid: no process is named");
}

/* "A,B" or, added to the default ones, "+A,B"; -1 in libsmartcols' callback. */
static int column_id(const struct column *list, size_t count, const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i].name) == len && !strncasecmp(list[i].name, name, len))
			return (int)i;
	errx(failure, "unknown column: %.*s", (int)len, name);
}

static void choose_columns(struct thpcost *t, const char *arg, bool all)
{
	bool watched = t->files || (t->seconds && !t->prometheus);
	const struct column *list = t->files ? sum_columns : watched ? watch_columns : show_columns;
	size_t count = t->files ? nr_sum_columns : watched ? nr_watch_columns : nr_show_columns;

	if (!arg || *arg == '+') {
		for (size_t i = 0; i < (watched || all ? count : nr_show_default); i++)
			t->columns[t->nr_columns++] = watched || all ? (int)i : show_default[i];
	}
	if (!arg)
		return;
	arg += *arg == '+';
	while (true) {
		size_t len = strcspn(arg, ",");

		if (t->nr_columns == COLUMNS_MAX)
			errx(failure, "more than %d columns", COLUMNS_MAX);
		t->columns[t->nr_columns++] = column_id(list, count, arg, len);
		if (!arg[len])
			break;
		arg += len + 1;
	}
}

/* Options that do not go together would be ignored in silence. */
static void check(const struct thpcost *t, const char *output, bool all_columns,
		  const char *sysroot, const char *sort)
{
	bool rows = t->group != SUBJECT_PROCESS || t->top || t->all || sort;

	if (t->check && (t->system || t->cgroup || t->nr_pids || t->memory_stat || rows || t->seconds ||
			 t->prometheus || t->raw || t->noheadings || output || all_columns || sysroot ||
			 t->depth || t->count || t->no_trunc || t->files))
		errx(failure, "--check takes no option but --bytes and --json");
	if (t->files && (t->system || t->cgroup || t->nr_pids || t->all || t->seconds || t->prometheus ||
			 t->check || t->memory_stat || sort || sysroot || t->group != SUBJECT_PROCESS))
		errx(failure, "--sum is about what machines said: --top, --output and how to print alone go with it");
	if (t->system + !!t->cgroup + !!t->nr_pids + (t->group != SUBJECT_PROCESS) > 1)
		errx(failure, "--system, --pid, --cgroup and --group-by exclude each other");
	if (t->json && t->raw)
		errx(failure, "--json and --raw exclude each other");
	if (t->count && !t->seconds)
		errx(failure, "--count is for --watch");
	if (t->prometheus && (t->json || t->raw || output || all_columns))
		errx(failure, "--prometheus has its own format");
	if ((t->prometheus || t->seconds) && t->nr_pids)
		errx(failure, "--pid is neither for --watch nor for --prometheus");
	if ((t->top || t->all || (sort && !t->nr_pids)) && (t->system || t->nr_pids))
		errx(failure, "--top, --all and --sort are for processes and cgroups: no --system or --pid");
	if (t->noheadings && (t->json || t->prometheus))
		errx(failure, "--noheadings is for tables");
	if (t->bytes && t->prometheus)
		errx(failure, "--prometheus has its own format");
	if (output && all_columns)
		errx(failure, "--output and --output-all exclude each other");
	if (t->seconds && t->system && !t->prometheus)
		errx(failure, "--watch is about the system: no --system");
	if (t->depth && !t->cgroup)
		errx(failure, "--depth is for --cgroup");
	if (t->memory_stat && !t->cgroup)
		errx(failure, "--memory-stat is for --cgroup");
	if (t->seconds && !t->prometheus && (t->cgroup || rows || t->no_trunc))
		errx(failure, "--watch is about the system: no --cgroup, --group-by, --top, --all or --sort");
	if (t->no_trunc && (t->json || t->raw || t->prometheus))
		errx(failure, "--no-trunc is for tables");
}

/* "a.slice" and "/sys/fs/cgroup/a.slice" are "/a.slice", as /proc/PID/cgroup has it. */
static char *cgroup_path(const char *arg)
{
	static const char *const mounts[] = {
		"/sys/fs/cgroup/memory", "/sys/fs/cgroup/unified", "/sys/fs/cgroup",
	};

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		size_t len = strlen(mounts[i]);

		if (!strncmp(arg, mounts[i], len) && (!arg[len] || arg[len] == '/')) {
			arg += len;
			break;
		}
	}
	arg += strspn(arg, "/");
	return format("/%s", arg);
}

static enum subject group(const char *arg)
{
	if (!strcmp(arg, "name"))
		return SUBJECT_NAME;
	if (!strcmp(arg, "user"))
		return SUBJECT_USER;
	errx(failure, "--group-by: '%s' is neither name nor user", arg);
}

static int sort_column(const char *arg)
{
	return column_id(show_columns, nr_show_columns, arg, strlen(arg));
}

static void parse(struct thpcost *t, int argc, char **argv)
{
	const char *output = NULL, *sysroot = NULL, *root = "/";
	const char *sort = NULL;
	bool all_columns = false, adds = false;
	int c, error;

	/* Known before anything is refused, wherever it stands. */
	opterr = 0;
	while ((c = getopt_long(argc, argv, short_options, options, NULL)) != -1)
		if (c == 'C')
			failure = CHECK_CANNOT_TELL;
	optind = 0;
	opterr = 1;
	while ((c = getopt_long(argc, argv, short_options, options, NULL)) != -1) {
		switch (c) {
		case 's': t->system = true; break;
		case 'p': add_pids(t, optarg); break;
		case 'c': free(t->cgroup); t->cgroup = cgroup_path(optarg ? optarg : "/"); break;
		case 'd': t->depth = number("depth", optarg, 1000); break;
		case 'm': t->memory_stat = true; break;
		case 'g': t->group = group(optarg); break;
		case 't': t->top = number("top", optarg, UINT32_MAX); break;
		case 'S': sort = optarg; break;
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
		case OPT_SUM: adds = true; break;
		case OPT_NO_TRUNC: t->no_trunc = true; break;
		case OPT_SYSROOT: root = sysroot = optarg; break;
		case 'h': usage(); end_output(); exit(EXIT_SUCCESS);
		case 'V': puts("thpcost from Undeposit " VERSION); end_output(); exit(EXIT_SUCCESS);
		default:
			fputs("Try 'thpcost --help' for more information.\n", stderr);
			exit(failure);
		}
	}
	if (adds && optind == argc)
		errx(failure, "--sum: no file is named");
	if (adds)
		t->files = argv + optind;
	else if (optind != argc)
		errx(failure, "unexpected argument: %s", argv[optind]);
	check(t, output, all_columns, sysroot, sort);
	if (t->cgroup)
		t->group = SUBJECT_CGROUP;
	t->sort = sort ? sort_column(sort) : -1;
	choose_columns(t, output, all_columns);
	error = root_open(&t->root, root);
	if (error)
		errx(failure, "no /proc in %s: %s", root, strerror(-error));
}

int main(int argc, char **argv)
{
	struct thpcost t = { .version = VERSION, .group = SUBJECT_PROCESS };
	int status = EXIT_SUCCESS;

	/* Characters alone: numbers are the same in every locale. */
	setlocale(LC_CTYPE, "");
	parse(&t, argc, argv);
	if (t.check)
		status = show_check(&t);
	else if (t.files)
		status = sum(&t) ? EXIT_SUCCESS : EXIT_FAILURE;
	else if (t.prometheus)
		prometheus(&t);
	else if (t.seconds)
		watch(&t);
	else if (t.nr_pids)
		status = show_pids(&t) ? EXIT_FAILURE : EXIT_SUCCESS;
	else
		show_survey(&t);
	root_close(&t.root);
	free(t.cgroup);
	free(t.pids);
	end_output();
	return status;
}
