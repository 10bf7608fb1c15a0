// SPDX-License-Identifier: GPL-2.0
/*
 * The parsers: lines as the kernel writes them, lines it does not, and a
 * million bytes of neither, the same each time.
 */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../machine.h"
#include "../parse.h"
#include "fuzz.h"

#define CORPUS		"tools/thpcost/tests/corpus"
#define MUTATIONS	20000
#define FILE_MAX	16384

static unsigned int number;
static unsigned int failures;

static void report(bool holds, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void report(bool holds, const char *fmt, ...)
{
	va_list args;

	printf("%s %u - ", holds ? "ok" : "not ok", ++number);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	failures += !holds;
}

static void fields(void)
{
	static const struct {
		const char *line;
		bool is;
		uint64_t value;
	} cases[] = {
		{ "VmPTE:\t      60 kB\n", true, 61440 },
		{ "VmPTE: 60 kB", true, 61440 },
		{ "VmPTE 60\n", true, 60 },
		{ "VmPTE:60", true, 60 },
		{ "VmPTE: 0 kB\n", true, 0 },
		{ "VmPTE: 18446744073709551615\n", true, UINT64_MAX },
		{ "VmPTE: 18014398509481983 kB\n", true, UINT64_MAX - 1023 },
		{ "VmPTE: 18446744073709551616\n", false, 0 },
		{ "VmPTE: 18014398509481984 kB\n", false, 0 },
		{ "VmPTE: -1 kB\n", false, 0 },
		{ "VmPTE: +1 kB\n", false, 0 },
		{ "VmPTE: 0x10 kB\n", false, 0 },
		{ "VmPTE: 1 MB\n", false, 0 },
		{ "VmPTE: 1 kB 2\n", false, 0 },
		{ "VmPTE: 1 2\n", false, 0 },
		{ "VmPTE:\n", false, 0 },
		{ "VmPTE", false, 0 },
		{ "VmPTEs: 1 kB\n", false, 0 },
		{ " VmPTE: 1 kB\n", false, 0 },
		{ "VmPT", false, 0 },
		{ "", false, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t value = 12345;
		bool is = parse_field(cases[i].line, "VmPTE", &value);

		report(is == cases[i].is && value == (is ? cases[i].value : 12345), "field: %.*s",
		       (int)strcspn(cases[i].line, "\n"), cases[i].line);
	}
}

static void sums(void)
{
	struct field sum[] = { { .name = "A" }, { .name = "B" } };

	parse_fields(sum, 2, "A: 1 kB\n");
	parse_fields(sum, 2, "A: 2 kB\n");
	parse_fields(sum, 2, "C: 4 kB\n");
	report(sum[0].value == 3072 && sum[0].seen == 2, "lines of a name add up");
	report(!sum[1].seen, "a name that is not there is not seen");
	parse_fields(sum, 2, "A: 18446744073709551615\n");
	report(sum[0].value == UINT64_MAX, "a sum does not wrap around");
}

static void maps(void)
{
	static const struct {
		const char *line;
		bool is;
		bool anonymous;
	} cases[] = {
		{ "7f0000000000-7f0000200000 rw-p 00000000 00:00 0 \n", true, true },
		{ "7f0000000000-7f0000200000 rw-p 00000000 00:00 0                          [heap]\n", true, true },
		{ "7f0000000000-7f0000200000 r-xp 00000000 08:01 1234                       /bin/a b\n", true, false },
		{ "7f0000000000-7f0000200000 rw-p 00000000 00:05 6                          /dev/zero\n", true, true },
		{ "7f0000000000-7f0000200000 rw-s 00000000 00:05 6                          /dev/zero (deleted)\n", true, false },
		{ "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n", true, true },
		{ "7f0000200000-7f0000000000 rw-p 00000000 00:00 0\n", false, 0 },
		{ "7f0000000000-7f0000000000 rw-p 00000000 00:00 0\n", false, 0 },
		{ "7f0000000000 7f0000200000 rw-p 00000000 00:00 0\n", false, 0 },
		{ "-7f0000200000 rw-p 00000000 00:00 0\n", false, 0 },
		{ "7f0000000000-7f0000200000 rw-p", false, false },
		{ "7f0000000000-7f0000200000 rw-p 00000000 00:00\n", false, 0 },
		{ "10000000000000000-20000000000000000 rw-p 00000000 00:00 0\n", false, 0 },
		{ "", false, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct map map = { 0 };
		bool is = parse_map(cases[i].line, &map);

		report(is == cases[i].is && map.anonymous == cases[i].anonymous, "map: %.*s",
		       (int)strcspn(cases[i].line, "\n"), cases[i].line);
	}
}

static void cgroups(void)
{
	static const struct {
		const char *line;
		enum cgroup_rank rank;
		const char *path;
	} cases[] = {
		{ "0::/\n", CGROUP_V2, "/" },
		{ "0::/a:b/c d\n", CGROUP_V2, "/a:b/c d" },
		{ "4:memory:/m\n", CGROUP_MEMORY, "/m" },
		{ "4:cpu,memory,pids:/m", CGROUP_MEMORY, "/m" },
		{ "4:cpu,memoryx:/m\n", CGROUP_NONE, NULL },
		{ "1:name=systemd:/memory:/\n", CGROUP_NONE, NULL },
		{ "0:cpu:/\n", CGROUP_NONE, NULL },
		{ "0::\n", CGROUP_NONE, NULL },
		{ "0::relative\n", CGROUP_NONE, NULL },
		{ "::/\n", CGROUP_NONE, NULL },
		{ "", CGROUP_NONE, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char line[64];
		const char *path = NULL;
		enum cgroup_rank rank;

		snprintf(line, sizeof(line), "%s", cases[i].line);
		rank = parse_cgroup(line, &path);
		report(rank == cases[i].rank && (!rank || !strcmp(path, cases[i].path)), "cgroup: %.*s",
		       (int)strcspn(cases[i].line, "\n"), cases[i].line);
	}
}

static void lists(void)
{
	static const struct {
		const char *list;
		bool holds;
	} cases[] = {
		{ "memory", true }, { "memory\n", true }, { "cpu memory pids\n", true }, { "cpu io memory", true },
		{ "", false }, { "\n", false }, { "cpu\nmemory", false }, { "memory.x", false }, { "xmemory", false },
		{ "memor", false }, { "cpu:memory", false }, { "cpu memory:pids", true }, { "  memory", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		report(list_holds(cases[i].list, ' ', ":", "memory") == cases[i].holds, "list: case %zu", i);
}

static void command_lines(void)
{
	static const struct {
		const char *line;
		bool nokmem;
	} cases[] = {
		{ "quiet cgroup.memory=nokmem ro", true }, { "cgroup.memory=nosocket,nokmem", true },
		{ "cgroup.memory=nokmem,nosocket\n", true }, { "cgroup.memory=nosocket cgroup.memory=nokmem", true },
		{ "cgroup.memory=nosocket nokmem", false }, { "cgroup.memory=", false }, { "nokmem", false },
		{ "cgroup.memory=nokmemx", false }, { "xcgroup.memory=nokmem", false }, { "", false }, { "   ", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		report(parse_nokmem(cases[i].line) == cases[i].nokmem, "nokmem: case %zu", i);
}

static void names(void)
{
	char name[6] = "";

	report(parse_name("Name:\tab c\n", name, sizeof(name)) && !strcmp(name, "ab c"), "name");
	report(parse_name("Name:\tlong name\n", name, sizeof(name)) && !strcmp(name, "long "), "name: shortened");
	report(parse_name("Name:\t\n", name, sizeof(name)) && !*name, "name: empty");
	report(!parse_name("Names:\tx\n", name, sizeof(name)), "name: another field");
}

static void uids(void)
{
	uint32_t uid = 7;

	report(parse_uid("Uid:\t1\t2\t3\t4\n", &uid) && uid == 2, "uid: the effective one");
	report(parse_uid("Uid:\t0\t4294967295\t0\t0\n", &uid) && uid == UINT32_MAX, "uid: the largest");
	uid = 7;
	report(!parse_uid("Uid:\t0\t4294967296\t0\t0\n", &uid) && uid == 7, "uid: too large");
	report(!parse_uid("Uid:\t1\n", &uid) && uid == 7, "uid: one alone");
	report(!parse_uid("Gid:\t1\t2\t3\t4\n", &uid) && uid == 7, "uid: another field");
}

static void machines(void)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{ "{\"machine\":{\"deposits\":true,\"system\":{\"gain\":1}}}", 0 },
		{ " \n{\"thpcost\":[],\"machine\":{\"deposits\":true,\"system\":{}}}", 0 },
		{ "", -ENODATA }, { " \n", -ENODATA }, { "{}", -EINVAL }, { "[]", -EINVAL }, { "1", -EINVAL },
		{ "{\"machine\":[]}", -EINVAL }, { "{\"machine\":{}}", -EINVAL },
		{ "{\"machine\":{\"deposits\":1,\"system\":{}}}", -EINVAL },
		{ "{\"machine\":{\"deposits\":true}}", -ENOMSG },
		{ "{\"machine\":{\"deposits\":true,\"system\":{\"gain\":-1}}}", -EINVAL },
		{ "{\"machine\":{\"deposits\":true,\"system\":{\"gain\":1e300}}}", -EINVAL },
		{ "{\"machine\":{\"deposits\":true,\"system\":{\"gain\":\"1\"}}}", -EINVAL },
		{ "{\"machine\":", -EINVAL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *at = cases[i].text;
		struct machine machine;
		int error = machine_parse(&at, at + strlen(at), &machine);

		report(error == cases[i].error, "machine: case %zu", i);
		machine_free(&machine);
	}
}

static void utf8(void)
{
	static const struct {
		const char *text;
		size_t len;
	} cases[] = {
		{ "a", 1 }, { "\xc3\xa4", 2 }, { "\xe2\x82\xac", 3 }, { "\xf0\x9f\x90\xa7", 4 },
		{ "\xf4\x8f\xbf\xbf", 4 }, { "\xed\x9f\xbf", 3 },
		{ "\xff", 0 }, { "\x80", 0 }, { "\xc3", 0 }, { "\xc3(", 0 }, { "\xe2\x82", 0 }, { "\xc0\x80", 0 },
		{ "\xe0\x9f\xbf", 0 }, { "\xed\xa0\x80", 0 }, { "\xf0\x8f\xbf\xbf", 0 }, { "\xf4\x90\x80\x80", 0 },
		{ "\xf5\x80\x80\x80", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		report(utf8_length(cases[i].text) == cases[i].len, "UTF-8: case %zu", i);
}

/* Returns the number of bytes, 0 where there is no such file. */
static size_t load(const char *name, uint8_t *data)
{
	char path[512];
	size_t size;
	FILE *in;

	snprintf(path, sizeof(path), CORPUS "/%s", name);
	in = fopen(path, "r");
	if (!in)
		return 0;
	size = fread(data, 1, FILE_MAX, in);
	fclose(in);
	return size;
}

/* A failure is a crash: the sanitizers end the program, and the plan is missing. */
static void mutations(void)
{
	static uint8_t file[FILE_MAX], data[2 * FILE_MAX];
	uint64_t seed = 0x7468705f636f7374;
	struct dirent **entries;
	int count = scandir(CORPUS, &entries, NULL, alphasort);

	report(count > 2, "there is a corpus");
	for (int i = 0; i < count; i++) {
		size_t size = *entries[i]->d_name == '.' ? 0 : load(entries[i]->d_name, file);

		for (int j = 0; size && j < MUTATIONS / count; j++) {
			size_t changed = size;

			memcpy(data, file, size);
			mutate(data, &changed, sizeof(data), &seed);
			LLVMFuzzerTestOneInput(data, changed);
		}
		if (size)
			report(true, "survives: %s, %d times changed", entries[i]->d_name, MUTATIONS / count);
		free(entries[i]);
	}
	free(entries);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	fields();
	sums();
	maps();
	cgroups();
	lists();
	command_lines();
	names();
	uids();
	machines();
	utf8();
	mutations();
	printf("1..%u\n", number);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
