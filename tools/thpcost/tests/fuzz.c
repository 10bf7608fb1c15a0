// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "../machine.h"
#include "../parse.h"
#include "fuzz.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void try_fields(FILE *in)
{
	struct field fields[] = {
		{ .name = "AnonHugePages" }, { .name = "VmPTE" }, { .name = "thp_split_pmd" },
		{ .name = "anon_thp" }, { .name = "pagetables" },
	};

	check(!read_fields(in, fields, ARRAY_SIZE(fields)));
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		check(fields[i].seen || !fields[i].value);
}

static void try_line(char *line)
{
	size_t len = strlen(line);
	struct map map = { 0 };
	const char *path = NULL;
	char name[8];
	uint32_t uid = 0;

	if (parse_map(line, &map))
		check(map.start < map.end);
	if (parse_name(line, name, sizeof(name)))
		check(strlen(name) < sizeof(name));
	if (!parse_uid(line, &uid))
		check(!uid);
	if (parse_nokmem(line) || list_holds(line, ' ', "", "memory"))
		check(strstr(line, "mem"));
	for (size_t i = 0; i < len; i++)
		check(utf8_length(line + i) <= len - i);
	/* The last: it cuts the line. */
	if (parse_cgroup(line, &path))
		check(path > line && path < line + len && *path == '/' && !strchr(path, '\n'));
}

/* What --sum reads: documents one behind another, and no byte behind the last. */
static void try_machines(const uint8_t *data, size_t size)
{
	char *exact = malloc(size);
	const char *at = exact;
	struct machine machine;

	check(exact);
	memcpy(exact, data, size);
	while (!machine_parse(&at, exact + size, &machine)) {
		check(at > exact && at <= exact + size);
		for (int i = 0; i < MACHINE_FIGURES; i++)
			check(machine.figures[i].known || !machine.figures[i].value);
		machine_free(&machine);
	}
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = NULL;
	size_t room = 0;
	FILE *in;

	if (!size)
		return 0;
	try_machines(data, size);
	in = fmemopen((void *)data, size, "r");
	check(in);
	try_fields(in);
	rewind(in);
	while (getline(&line, &room, in) >= 0) {
		/* No byte behind the NUL: reading on is seen. */
		char *exact = strdup(line);

		check(exact);
		try_line(exact);
		free(exact);
	}
	free(line);
	fclose(in);
	return 0;
}
