// SPDX-License-Identifier: GPL-2.0
/* What many machines said of themselves with --json, added up. */
#include <err.h>
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "thpcost.h"

/* Of one file: ten thousand machines with their processes. */
#define FILE_MAX	(1ULL << 30)

enum { COL_HOST, COL_KERNEL, COL_DEPOSITS, COL_FIRST_FIGURE, COL_TIME = COL_FIRST_FIGURE + MACHINE_FIGURES };

#define FIGURE(which)	(COL_FIRST_FIGURE + MACHINE_##which)

const struct column sum_columns[] = {
	[COL_HOST]		= { "HOST",	0.2, SCOLS_FL_TRUNC, KIND_TEXT, "machine; the first row is their sum" },
	[COL_KERNEL]		= { "KERNEL",	0,   0,		     KIND_TEXT, "release of its kernel" },
	[COL_DEPOSITS]		= { "DEPOSITS",	0,   0,		     KIND_TEXT, "whether that deposits; of the sum: how many do" },
	[FIGURE(RAM)]		= { "RAM",	0,   SCOLS_FL_RIGHT, KIND_SIZE, "memory of the machine" },
	[FIGURE(THP)]		= { "THP",	0,   SCOLS_FL_RIGHT, KIND_SIZE, "anonymous memory mapped by huge PMDs" },
	[FIGURE(ZERO)]		= { "ZERO",	0,   SCOLS_FL_RIGHT, KIND_SIZE, "huge zero page mapped by huge PMDs" },
	[FIGURE(TABLES)]	= { "TABLES",	0,   SCOLS_FL_RIGHT, KIND_SIZE, "page tables of every level" },
	[FIGURE(DEPOSIT)]	= { "DEPOSIT",	0,   SCOLS_FL_RIGHT, KIND_SIZE, "how much of TABLES is deposited" },
	[FIGURE(GAIN)]		= { "GAIN",	0,   SCOLS_FL_RIGHT, KIND_SIZE, "what not depositing would or does give back" },
	[FIGURE(MAX)]		= { "MAX",	0,   SCOLS_FL_RIGHT, KIND_SIZE, "what GAIN is at the most" },
	[FIGURE(PROCESSES)]	= { "PROCS",	0,   SCOLS_FL_RIGHT, KIND_NUMBER, "processes counted" },
	[FIGURE(UNREAD)]	= { "UNREAD",	0,   SCOLS_FL_RIGHT, KIND_NUMBER, "those of them that may not be read" },
	[COL_TIME]		= { "TIME",	0,   0,		     KIND_TEXT, "when it said so" },
};

const size_t nr_sum_columns = sizeof(sum_columns) / sizeof(sum_columns[0]);

struct fleet {
	struct machine *machines;
	size_t count;
	size_t depositing;
	struct figure sum[MACHINE_FIGURES];
};

static char *read_file(const char *name, size_t *size)
{
	FILE *in = strcmp(name, "-") ? fopen(name, "re") : stdin;
	char *text = NULL;
	size_t room = 0;

	if (!in)
		err(EXIT_FAILURE, "%s", name);
	*size = 0;
	do {
		if (*size == room) {
			room = room ? 2 * room : 1 << 16;
			text = must(realloc(text, room));
		}
		*size += fread(text + *size, 1, room - *size, in);
		if (*size > FILE_MAX)
			errx(EXIT_FAILURE, "%s: larger than 1 GiB", name);
	} while (!feof(in) && !ferror(in));
	if (ferror(in))
		err(EXIT_FAILURE, "%s", name);
	if (in != stdin)
		fclose(in);
	return text;
}

/* A sum of which a part is not known is at least right; MAX is then not known. */
static void add_machine(struct fleet *fleet, const struct machine *machine)
{
	if (!(fleet->count & (fleet->count - 1)))
		fleet->machines = must(reallocarray(fleet->machines, fleet->count ? 2 * fleet->count : 1,
						    sizeof(*machine)));
	fleet->machines[fleet->count++] = *machine;
	fleet->depositing += machine->deposits;
	for (int i = 0; i < MACHINE_FIGURES; i++) {
		const struct figure *figure = &machine->figures[i];
		struct figure *sum = &fleet->sum[i];

		if (i == MACHINE_MAX && fleet->count > 1)
			sum->known &= figure->known;
		else
			sum->known |= figure->known;
		if (__builtin_add_overflow(sum->value, figure->value, &sum->value))
			sum->value = UINT64_MAX;
	}
}

/* A machine that did not answer leaves an empty file: false, and the others count. */
static bool read_machines(struct fleet *fleet, const char *name)
{
	size_t size;
	char *text = read_file(name, &size);
	const char *at = text;
	struct machine machine;
	size_t before = fleet->count;
	int error;

	if (!size) {
		warnx("%s: is empty, and does not count", name);
		free(text);
		return false;
	}
	while (!(error = machine_parse(&at, text + size, &machine)))
		add_machine(fleet, &machine);
	free(text);
	if (error == -ENOMSG)
		errx(EXIT_FAILURE, "%s: is about chosen processes, not a machine", name);
	if (error != -ENODATA || fleet->count == before)
		errx(EXIT_FAILURE, "%s: is no output of thpcost --json", name);
	return true;
}

static int by_host(const void *a, const void *b)
{
	const struct machine *const *p = a, *const *q = b;

	return strcmp((*p)->host, (*q)->host);
}

/* Perhaps the same machine twice, perhaps two of one name: who asks must know. */
static void say_doubles(const struct fleet *fleet)
{
	const struct machine **named = must(calloc(fleet->count + 1, sizeof(*named)));
	size_t count = 0;

	for (size_t i = 0; i < fleet->count; i++)
		if (fleet->machines[i].host)
			named[count++] = &fleet->machines[i];
	qsort(named, count, sizeof(*named), by_host);
	for (size_t i = 1; i < count; i++)
		if (!by_host(&named[i - 1], &named[i]) && (i == 1 || by_host(&named[i - 2], &named[i]))) {
			char *host = utf8_text(named[i]->host);

			warnx("more than once, and counted each time: %s", host);
			free(host);
		}
	free(named);
}

static int by_gain(const void *a, const void *b)
{
	const struct machine *p = a, *q = b;
	uint64_t x = p->figures[MACHINE_GAIN].value, y = q->figures[MACHINE_GAIN].value;

	return (x < y) - (x > y);
}

static char *figure_text(const struct thpcost *t, const struct figure *figures, int which)
{
	const struct figure *figure = &figures[which];

	if (!figure->known)
		return NULL;
	return which >= MACHINE_PROCESSES ? format("%llu", (unsigned long long)figure->value) :
		size_text(t, figure->value);
}

static char *copy(const char *text)
{
	return text ? must(strdup(text)) : NULL;
}

static char *cell(const struct thpcost *t, const struct machine *machine, int column)
{
	switch (column) {
	case COL_HOST:
		return copy(machine->host);
	case COL_KERNEL:
		return copy(machine->kernel);
	case COL_DEPOSITS:
		return copy(machine->deposits ? "yes" : "no");
	case COL_TIME:
		return copy(machine->time);
	default:
		return figure_text(t, machine->figures, column - COL_FIRST_FIGURE);
	}
}

static char *sum_cell(const struct thpcost *t, const struct fleet *fleet, int column)
{
	switch (column) {
	case COL_HOST:
		return format("(%zu machines)", fleet->count);
	case COL_DEPOSITS:
		return format("%zu", fleet->depositing);
	case COL_KERNEL:
	case COL_TIME:
		return NULL;
	default:
		return figure_text(t, fleet->sum, column - COL_FIRST_FIGURE);
	}
}

bool sum(const struct thpcost *t)
{
	struct libscols_table *table = new_table(t, sum_columns);
	struct fleet fleet = { 0 };
	bool all = true;
	size_t rows;

	for (char **file = t->files; *file; file++)
		all &= read_machines(&fleet, *file);
	if (!fleet.count)
		errx(EXIT_FAILURE, "--sum: no machine said anything");
	say_doubles(&fleet);
	qsort(fleet.machines, fleet.count, sizeof(*fleet.machines), by_gain);
	rows = t->top && t->top < fleet.count ? t->top : fleet.count;
	for (size_t i = 0; i <= rows; i++) {
		struct libscols_line *line = must(scols_table_new_line(table, NULL));

		for (size_t j = 0; j < t->nr_columns; j++)
			set_cell(t, line, j, i ? cell(t, &fleet.machines[i - 1], t->columns[j]) :
				 sum_cell(t, &fleet, t->columns[j]));
	}
	if (scols_print_table(table))
		errx(EXIT_FAILURE, "cannot print the table");
	scols_unref_table(table);
	for (size_t i = 0; i < fleet.count; i++)
		machine_free(&fleet.machines[i]);
	free(fleet.machines);
	return all;
}
