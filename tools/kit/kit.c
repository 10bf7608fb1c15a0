// SPDX-License-Identifier: GPL-2.0
/*
 * kit - what operations on transparent huge pages take on this machine, and two kernels
 * of it side by side
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../thpcost/replace.h"
#include "kit.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

#define ROUNDS_DEFAULT		15
#define PROCESSES_DEFAULT	3
#define MEMORY_DEFAULT		1024	/* MiB */

/* Left to others when memory is full of what is measured. */
#define MEMORY_LEFT		(128 * MiB)

/* Those that run by many workers at once, too. */
static const struct {
	const char *name;
	bool processes;		/* one each: a fork of all threads' memory is another thing */
} many[] = {
	{ "write_fault", false },
	{ "munmap", false },
	{ "fork", true },
};

/* A disk may be full, and closing is the last to know. */
static void end_output(void)
{
	if (fflush(stdout) || ferror(stdout) || fclose(stdout))
		err(EXIT_FAILURE, "standard output");
}

static void usage(void)
{
	fputs("\n"
	      "Usage:\n"
	      " kit run [options] FILE\n"
	      " kit compare [options] A B\n"
	      " kit list\n"
	      "\n"
	      "What operations on transparent huge pages take on this machine, by clock and counters,\n"
	      "and two kernels of it side by side.\n"
	      "\n"
	      "Options of run:\n"
	      " -o, --operations LIST    these alone (default: all that can run here)\n"
	      " -r, --rounds N           that count, in each process (default: 15)\n"
	      " -p, --processes N        that run an operation, one after another (default: 3)\n"
	      " -n, --thps N             at most, of an operation (default: as the lab's bench)\n"
	      " -m, --memory MIB         of THP whose page tables are read (default: 1024, or what fits)\n"
	      " -t, --threads N          at once, for fault, fork and munmap (default: CPUs, 16 at most)\n"
	      " -c, --cpu N              to stay on (default: the last one that may be used)\n"
	      "\n"
	      "Options of compare:\n"
	      " -a, --all                counters, too, besides times and page tables\n"
	      " -f, --force              compare what was measured on other machines or otherwise\n"
	      " -J, --json               use JSON output format\n"
	      " -R, --raw                use raw output format\n"
	      " -N, --noheadings         don't print headings\n"
	      "\n"
	      "Options of all:\n"
	      " -h, --help               display this help\n"
	      " -V, --version            display version\n"
	      "\n"
	      "Columns of compare:\n", stdout);
	compare_columns();
	fputs("\n"
	      "Units and sources:\n"
	      " All figures but page tables are for one THP: what N THPs take less what one takes, divided\n"
	      " by N - 1; of operations that begin with base_, for as much memory in base pages. ns is\n"
	      " CLOCK_MONOTONIC_RAW; counters are perf events of kernel and user space; vmpte (VmPTE of the\n"
	      " process) and pagetables (PageTables of the system) are bytes that --memory of THPs take.\n"
	      " The spread is from the first quartile to the third. See kit(1).\n", stdout);
}

static unsigned long number(const char *what, const char *arg, unsigned long min, unsigned long max)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(arg, &end, 10);
	if (errno || end == arg || *end || *arg == '-' || value < min || value > max)
		errx(EXIT_FAILURE, "--%s: '%s' is no number from %lu to %lu", what, arg, min, max);
	return value;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct bench *const *)a)->name, (*(const struct bench *const *)b)->name);
}

/* All operations by name; to be freed. */
static const struct bench **all_operations(size_t *count)
{
	const struct bench **all = NULL;

	*count = 0;
	for (const struct bench *b = bench_first(); b; b = b->next) {
		all = must(reallocarray(all, *count + 1, sizeof(*all)));
		all[(*count)++] = b;
	}
	qsort(all, *count, sizeof(*all), by_name);
	return all;
}

/* Why the operation cannot run here; NULL: it can. */
static const char *missing(const struct bench *b)
{
	return b->settings ? "it changes settings of the machine" : bench_missing(b);
}

static void add_result(struct kit *kit, const struct bench *b, size_t workers, bool processes)
{
	kit->results = must(reallocarray(kit->results, kit->nr_results + 1, sizeof(*kit->results)));
	kit->results[kit->nr_results++] = (struct result){
		.b = b, .workers = workers, .processes = processes,
	};
}

/* By one worker, and by many where that is meant to be. */
static void add_operation(struct kit *kit, const struct bench *b)
{
	add_result(kit, b, 1, false);
	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]) && kit->workers > 1; i++)
		if (!strcmp(many[i].name, b->name))
			add_result(kit, b, kit->workers, many[i].processes);
}

static void choose_all(struct kit *kit)
{
	size_t count;
	const struct bench **all = all_operations(&count);

	for (size_t i = 0; i < count; i++) {
		const char *why = missing(all[i]);

		if (!why) {
			add_operation(kit, all[i]);
			continue;
		}
		kit->skips = must(reallocarray(kit->skips, kit->nr_skips + 1, sizeof(*kit->skips)));
		kit->skips[kit->nr_skips++] = (struct skip){ all[i]->name, why };
	}
	free(all);
}

/* What is asked for by name and cannot run is an error. */
static void choose(struct kit *kit, const char *list)
{
	char *copy = must(strdup(list)), *save, *name;

	for (name = strtok_r(copy, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		const struct bench *b = bench_find(name);

		if (!b)
			errx(EXIT_FAILURE, "unknown operation '%s'; see kit list", name);
		if (missing(b))
			errx(EXIT_FAILURE, "%s cannot run here: %s", name, missing(b));
		for (size_t i = 0; i < kit->nr_results; i++)
			if (kit->results[i].b == b)
				errx(EXIT_FAILURE, "%s is named twice", name);
		add_operation(kit, b);
	}
	free(copy);
	if (!kit->nr_results)
		errx(EXIT_FAILURE, "--operations: none is named");
}

/* As many as there are CPUs, and as half of all memory has room for. */
static size_t workers_default(const struct kit *kit, size_t cpus)
{
	size_t most = 0, fit;

	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++) {
		size_t thps = measure_thps(kit, bench_find(many[i].name));

		most = thps > most ? thps : most;
	}
	fit = memory_total() / 2 / (most * thp_size());
	if (cpus > WORKERS_DEFAULT)
		cpus = WORKERS_DEFAULT;
	return !fit ? 1 : fit < cpus ? fit : cpus;
}

/* The last of those that may be used: the first one serves most interrupts. */
static void choose_cpus(struct kit *kit, const char *cpu, const char *threads)
{
	cpu_set_t *set = must(CPU_ALLOC(CPU_SETSIZE));
	size_t allowed = 0;
	unsigned int *all = must(calloc(CPU_SETSIZE, sizeof(*all)));
	unsigned long first;

	if (sched_getaffinity(0, CPU_ALLOC_SIZE(CPU_SETSIZE), set))
		err(EXIT_FAILURE, "sched_getaffinity");
	for (unsigned int i = CPU_SETSIZE; i-- > 0;)
		if (CPU_ISSET(i, set))
			all[allowed++] = i;
	first = cpu ? number("cpu", cpu, 0, CPU_SETSIZE - 1) : all[0];
	if (!CPU_ISSET(first, set))
		errx(EXIT_FAILURE, "--cpu: %lu is none that this process may use", first);
	if (allowed > WORKERS_MAX)
		allowed = WORKERS_MAX;
	kit->workers = threads ? number("threads", threads, 1, allowed) : workers_default(kit, allowed);
	kit->cpus[0] = (unsigned int)first;
	for (size_t i = 0, n = 1; n < kit->workers; i++)
		if (all[i] != first)
			kit->cpus[n++] = all[i];
	free(all);
	CPU_FREE(set);
}

/* Before anything is measured: all THPs of an operation are there at once. */
static void check_memory(struct kit *kit)
{
	size_t available = memory_available();
	size_t room = available > MEMORY_LEFT ? available - MEMORY_LEFT : 0;

	for (size_t i = 0; i < kit->nr_results; i++) {
		const struct result *r = &kit->results[i];
		size_t needed = measure_thps(kit, r->b) * r->workers * thp_size();

		if (needed > room)
			errx(EXIT_FAILURE, "%s, %zu at once, needs %zu MiB, and %zu can be had: take fewer --thps or --threads",
			     r->b->name, r->workers, needed / MiB, room / MiB);
	}
	kit->thp = kit->memory * MiB < room ? kit->memory * MiB : room;
	kit->thp -= kit->thp % thp_size();
	if (!kit->thp)
		errx(EXIT_FAILURE, "page tables: no THP fits into the %zu MiB that can be had and are asked for",
		     kit->memory < room / MiB ? kit->memory : room / MiB);
}

/* Not to find out after all has been measured. */
static void check_output(const char *path)
{
	char *copy = must(strdup(path));
	const char *dir = dirname(copy);
	struct stat st;

	if (access(dir, W_OK | X_OK))
		err(EXIT_FAILURE, "%s", path);
	if (!lstat(path, &st) && !S_ISREG(st.st_mode))
		errx(EXIT_FAILURE, "%s: is there and no regular file", path);
	free(copy);
}

static cJSON *result_json(const struct result *r)
{
	cJSON *object = must(cJSON_CreateObject()), *figures;

	cJSON_AddStringToObject(object, "name", r->b->name);
	cJSON_AddNumberToObject(object, "workers", (double)r->workers);
	cJSON_AddStringToObject(object, "as", r->processes ? "processes" : "threads");
	cJSON_AddNumberToObject(object, "thps", (double)r->thps);
	figures = must(cJSON_AddObjectToObject(object, "figures"));
	for (enum figure f = NS; f < NR_FIGURES; f++)
		cJSON_AddItemToObject(figures, figure_name(f), spread_json(&r->figures[f]));
	return object;
}

static cJSON *run_json(const struct kit *kit)
{
	cJSON *run = must(cJSON_CreateObject()), *counters;

	cJSON_AddNumberToObject(run, "rounds", (double)kit->rounds);
	cJSON_AddNumberToObject(run, "warm_ups", WARM_UPS);
	cJSON_AddNumberToObject(run, "processes", (double)kit->processes);
	cJSON_AddNumberToObject(run, "cpu", kit->cpus[0]);
	cJSON_AddStringToObject(run, "clock", "CLOCK_MONOTONIC_RAW");
	counters = must(cJSON_AddObjectToObject(run, "unread"));
	for (enum figure f = CYCLES; f < NR_FIGURES; f++)
		if (*kit->counters.why[f])
			cJSON_AddStringToObject(counters, figure_name(f), kit->counters.why[f]);
	return run;
}

static cJSON *tables_json(const struct kit *kit)
{
	cJSON *tables = must(cJSON_CreateObject());

	cJSON_AddNumberToObject(tables, "thp", (double)kit->thp);
	cJSON_AddItemToObject(tables, "vmpte", spread_json(&kit->vmpte));
	cJSON_AddItemToObject(tables, "pagetables", spread_json(&kit->pagetables));
	return tables;
}

static void save(const struct kit *kit)
{
	cJSON *all = must(cJSON_CreateObject()), *list;
	time_t now = time(NULL);
	char utc[32];
	char *printed, *text;
	int error;

	strftime(utc, sizeof(utc), "%FT%TZ", gmtime(&now));
	cJSON_AddNumberToObject(all, "kit", FORMAT);
	cJSON_AddStringToObject(all, "version", VERSION);
	cJSON_AddStringToObject(all, "time", utc);
	cJSON_AddItemToObject(all, "machine", machine_json());
	cJSON_AddItemToObject(all, "kernel", kernel_json());
	cJSON_AddItemToObject(all, "thp", thp_json());
	cJSON_AddItemToObject(all, "run", run_json(kit));
	list = must(cJSON_AddArrayToObject(all, "operations"));
	for (size_t i = 0; i < kit->nr_results; i++)
		cJSON_AddItemToArray(list, result_json(&kit->results[i]));
	list = must(cJSON_AddObjectToObject(all, "skipped"));
	for (size_t i = 0; i < kit->nr_skips; i++)
		cJSON_AddStringToObject(list, kit->skips[i].name, kit->skips[i].why);
	cJSON_AddItemToObject(all, "page_tables", tables_json(kit));
	printed = must(cJSON_Print(all));
	text = format("%s\n", printed);
	error = replace_file(kit->out, text, strlen(text));
	free(text);
	free(printed);
	cJSON_Delete(all);
	if (error)
		errx(EXIT_FAILURE, "%s: %s", kit->out, strerror(-error));
}

/* What the file lacks, and why. */
static void print_lacks(const struct kit *kit)
{
	const char (*why)[sizeof(kit->counters.why[0])] = kit->counters.why;

	for (enum figure f = CYCLES; f < NR_FIGURES; f++) {
		if (!*why[f] || (f > CYCLES && !strcmp(why[f], why[f - 1])))
			continue;
		printf("not read: %s", figure_name(f));
		for (enum figure g = f + 1; g < NR_FIGURES && !strcmp(why[g], why[f]); g++)
			printf(", %s", figure_name(g));
		printf(": %s\n", why[f]);
	}
	for (size_t i = 0; i < kit->nr_skips; i++)
		printf("not run: %s: %s\n", kit->skips[i].name, kit->skips[i].why);
	if (kit->thp != kit->memory * MiB)
		printf("page tables of %zu MiB of THP: no more fits\n", kit->thp / MiB);
}

static void progress(const struct kit *kit, size_t done, const char *what)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K  %zu of %zu: %s", done + 1, kit->nr_results + 1, what);
}

static void measure_all(struct kit *kit)
{
	for (size_t i = 0; i < kit->nr_results; i++) {
		struct result *r = &kit->results[i];

		progress(kit, i, r->b->name);
		*r = measure(kit, r->b, r->workers, r->processes);
	}
	progress(kit, kit->nr_results, "page tables");
	measure_tables(kit);
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static const struct option run_options[] = {
	{ "operations", required_argument, NULL, 'o' },
	{ "rounds",	required_argument, NULL, 'r' },
	{ "processes",	required_argument, NULL, 'p' },
	{ "thps",	required_argument, NULL, 'n' },
	{ "memory",	required_argument, NULL, 'm' },
	{ "threads",	required_argument, NULL, 't' },
	{ "cpu",	required_argument, NULL, 'c' },
	{ }
};

static int run(int argc, char **argv)
{
	struct kit kit = {
		.rounds = ROUNDS_DEFAULT, .processes = PROCESSES_DEFAULT, .memory = MEMORY_DEFAULT,
	};
	const char *list = NULL, *cpu = NULL, *threads = NULL;
	char *why;
	int c;

	while ((c = getopt_long(argc, argv, "o:r:p:n:m:t:c:", run_options, NULL)) != -1) {
		switch (c) {
		case 'o': list = optarg; break;
		case 'r': kit.rounds = number("rounds", optarg, 1, 10000); break;
		case 'p': kit.processes = number("processes", optarg, 1, 1000); break;
		case 'n': kit.most = number("thps", optarg, 2, 1UL << 20); break;
		case 'm': kit.memory = number("memory", optarg, 1, 1UL << 30); break;
		case 't': threads = optarg; break;
		case 'c': cpu = optarg; break;
		default:
			fputs("Try 'kit --help' for more information.\n", stderr);
			return EXIT_FAILURE;
		}
	}
	if (argc - optind != 1)
		errx(EXIT_FAILURE, "run writes one file; see kit --help");
	kit.out = argv[optind];
	why = thp_missing();
	if (why)
		errx(EXIT_FAILURE, "%s", why);
	choose_cpus(&kit, cpu, threads);
	if (list)
		choose(&kit, list);
	else
		choose_all(&kit);
	check_memory(&kit);
	check_output(kit.out);
	measure_probe();
	kit.counters = counters_try();
	measure_all(&kit);
	save(&kit);
	print_lacks(&kit);
	free(kit.results);
	free(kit.skips);
	return EXIT_SUCCESS;
}

static int list(int argc)
{
	const struct bench **all;
	size_t count;
	char *why;

	if (argc != 1)
		errx(EXIT_FAILURE, "list takes no argument");
	why = thp_missing();
	if (why)
		errx(EXIT_FAILURE, "%s", why);
	all = all_operations(&count);
	for (size_t i = 0; i < count; i++) {
		const char *lacks = missing(all[i]);

		if (lacks)
			printf("%-16s cannot run here: %s\n", all[i]->name, lacks);
		else
			puts(all[i]->name);
	}
	free(all);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	int status;

	if (argc < 2)
		errx(EXIT_FAILURE, "run, compare or list? See kit --help");
	if (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")) {
		usage();
		status = EXIT_SUCCESS;
	} else if (!strcmp(argv[1], "-V") || !strcmp(argv[1], "--version")) {
		puts("kit from Undeposit " VERSION);
		status = EXIT_SUCCESS;
	} else if (!strcmp(argv[1], "run")) {
		status = run(argc - 1, argv + 1);
	} else if (!strcmp(argv[1], "compare")) {
		status = compare(argc - 1, argv + 1);
	} else if (!strcmp(argv[1], "list")) {
		status = list(argc - 1);
	} else {
		errx(EXIT_FAILURE, "'%s' is neither run, compare nor list; see kit --help", argv[1]);
	}
	end_output();
	return status;
}
