// SPDX-License-Identifier: GPL-2.0
/* What this machine, its kernel and its settings are, as far as they may be read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../../guest/lib/file.h"
#include "../../guest/lib/report.h"
#include "../../guest/lib/size.h"
#include "kit.h"

#define THP	"/sys/kernel/mm/transparent_hugepage/"

size_t memory_available(void)
{
	long kib = file_field("/proc/meminfo", "MemAvailable");

	if (kib < 0)
		fatal("/proc/meminfo has no MemAvailable");
	return kib * 1024UL;
}

size_t memory_total(void)
{
	return file_field("/proc/meminfo", "MemTotal") * 1024UL;
}

/* The first line of a file, without its end; NULL where it cannot be read. To be freed. */
static char *first_line(const char *path)
{
	char text[256];

	if (file_read(path, text, sizeof(text)) <= 0)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return must(strdup(text));
}

/* "always [madvise] never" is "madvise"; a file without brackets is all of its line. */
static char *chosen(const char *path)
{
	char *line = first_line(path);
	char *start = line ? strchr(line, '[') : NULL;
	char *end = start ? strchr(start, ']') : NULL;
	char *word;

	if (!end)
		return line;
	*end = '\0';
	word = must(strdup(start + 1));
	free(line);
	return word;
}

char *thp_missing(void)
{
	char size[96], *switched;
	bool never;

	if (access("/proc/self/status", R_OK) || access("/proc/meminfo", R_OK))
		return format("there is no /proc, which all figures begin with");
	if (access("/sys/kernel", F_OK))
		return format("there is no /sys, as in some containers, and so no word of THPs");
	if (access(THP "hpage_pmd_size", R_OK))
		return format("this kernel has no transparent huge pages (no " THP "hpage_pmd_size)");
	snprintf(size, sizeof(size), THP "hugepages-%zukB/enabled", thp_size() / 1024);
	switched = chosen(size);
	if (!switched || !strcmp(switched, "inherit")) {
		free(switched);
		snprintf(size, sizeof(size), THP "enabled");
		switched = chosen(size);
	}
	never = switched && !strcmp(switched, "never");
	free(switched);
	if (never)
		return format("THPs are switched off: %s is never, and it takes madvise", size);
	if (prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) > 0)
		return format("THPs are switched off for this process, by prctl(PR_SET_THP_DISABLE)");
	return NULL;
}

/* To be null in the file where it is NULL; frees it. */
static void add_text(cJSON *object, const char *name, char *text)
{
	must(text ? cJSON_AddStringToObject(object, name, text) : cJSON_AddNullToObject(object, name));
	free(text);
}

/* The value of the first line of /proc/cpuinfo that begins with @key; NULL: none. */
static char *cpuinfo(const char *key)
{
	static char text[65536];
	char *line, *next;

	if (file_read("/proc/cpuinfo", text, sizeof(text)) <= 0)
		return NULL;
	for (line = text; line; line = next) {
		char *colon, *end = strchr(line, '\n');

		next = end ? end + 1 : NULL;
		if (end)
			*end = '\0';
		colon = strchr(line, ':');
		if (colon && !strncmp(line, key, strlen(key)) && strchr("\t :", line[strlen(key)]))
			return must(strdup(colon + 1 + strspn(colon + 1, " ")));
	}
	return NULL;
}

/* arm64 has no name of it, only numbers. */
static char *cpu_model(void)
{
	static const char *const keys[] = { "model name", "cpu model", "cpu", "uarch" };
	char *implementer, *part, *model = NULL;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !model; i++)
		model = cpuinfo(keys[i]);
	if (model)
		return model;
	implementer = cpuinfo("CPU implementer");
	part = cpuinfo("CPU part");
	if (implementer && part)
		model = format("implementer %s, part %s", implementer, part);
	free(implementer);
	free(part);
	return model;
}

cJSON *machine_json(void)
{
	cJSON *machine = must(cJSON_CreateObject());
	char *flags = cpuinfo("flags");

	add_text(machine, "host", first_line("/proc/sys/kernel/hostname"));
	add_text(machine, "product", first_line("/sys/devices/virtual/dmi/id/product_name"));
	add_text(machine, "cpu", cpu_model());
	cJSON_AddNumberToObject(machine, "cpus", (double)sysconf(_SC_NPROCESSORS_ONLN));
	cJSON_AddNumberToObject(machine, "memory", (double)memory_total());
	add_text(machine, "nodes", first_line("/sys/devices/system/node/has_memory"));
	cJSON_AddNumberToObject(machine, "page_size", (double)page_size());
	cJSON_AddNumberToObject(machine, "thp_size", (double)thp_size());
	if (flags)
		cJSON_AddBoolToObject(machine, "hypervisor", strstr(flags, " hypervisor") != NULL);
	else
		cJSON_AddNullToObject(machine, "hypervisor");
	add_text(machine, "governor", first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
	free(flags);
	return machine;
}

cJSON *kernel_json(void)
{
	cJSON *kernel = must(cJSON_CreateObject());
	struct utsname name;

	if (uname(&name))
		fatal("uname");
	cJSON_AddStringToObject(kernel, "release", name.release);
	cJSON_AddStringToObject(kernel, "version", name.version);
	cJSON_AddStringToObject(kernel, "architecture", name.machine);
	return kernel;
}

cJSON *thp_json(void)
{
	cJSON *thp = must(cJSON_CreateObject());
	char size[96];

	snprintf(size, sizeof(size), THP "hugepages-%zukB/enabled", thp_size() / 1024);
	add_text(thp, "enabled", chosen(THP "enabled"));
	add_text(thp, "size_enabled", chosen(size));
	add_text(thp, "defrag", chosen(THP "defrag"));
	add_text(thp, "use_zero_page", chosen(THP "use_zero_page"));
	add_text(thp, "khugepaged_defrag", chosen(THP "khugepaged/defrag"));
	return thp;
}
