// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "report.h"
#include "watch.h"

#define STACKS		"/sys/kernel/debug/page_owner_stacks/show_stacks"
#define KMEMLEAK	"/sys/kernel/debug/kmemleak"

/* One of these is in every stack that allocates a table for a process. */
static const char *const allocators[] = {
	"pte_alloc_one+", "pmd_split_alloc_table+",
};

/* Lines of a stack, and of a leak, that are worth noting. */
#define FRAMES		16
#define LEAK_LINES	60

/* One stack of STACKS: its frames, then its number of pages. */
struct owner {
	char frames[FRAMES][80];
	size_t count;
	long pages;
};

static bool next_owner(FILE *stacks, struct owner *o)
{
	char line[512];

	o->count = 0;
	while (fgets(line, sizeof(line), stacks)) {
		if (sscanf(line, "nr_base_pages: %ld", &o->pages) == 1)
			return true;
		if (o->count < FRAMES &&
		    sscanf(line, "%79s", o->frames[o->count]) == 1)
			o->count++;
	}
	return false;
}

static bool owns_pte_tables(const struct owner *o)
{
	for (size_t i = 0; i < o->count; i++)
		for (size_t j = 0; j < sizeof(allocators) / sizeof(*allocators); j++)
			if (!strncmp(o->frames[i], allocators[j],
				     strlen(allocators[j])))
				return true;
	return false;
}

static void note(const struct owner *o)
{
	report_note("%ld pages from:", o->pages);
	for (size_t i = 0; i < o->count; i++)
		report_note("  %s", o->frames[i]);
}

static long sum(void (*each)(const struct owner *o))
{
	FILE *stacks = fopen(STACKS, "re");
	struct owner o;
	long pages = 0;
	bool on = false;

	if (!stacks)
		return -1;
	while (next_owner(stacks, &o)) {
		on = true;
		if (!owns_pte_tables(&o))
			continue;
		pages += o.pages;
		if (each)
			each(&o);
	}
	fclose(stacks);
	return on ? pages : -1;
}

long watch_pte_pages(void)
{
	return sum(NULL);
}

void watch_note_pte_pages(void)
{
	sum(note);
}

/*
 * A scan passes over what is younger than five seconds, and what has changed
 * since the scan before, which is everything that no scan has seen yet.
 */
static bool scan(void)
{
	const struct timespec age = { .tv_sec = 5, .tv_nsec = 500 * 1000 * 1000 };

	nanosleep(&age, NULL);
	for (int i = 0; i < 3; i++)
		if (file_write(KMEMLEAK, "scan"))
			return false;
	return true;
}

long watch_leaks(void)
{
	static const char head[] = "unreferenced object";
	char line[512];
	long leaks = 0;
	FILE *found;
	int noted = 0;

	if (access(KMEMLEAK, F_OK))
		return -1;
	/* It ends itself where it cannot go on. */
	if (!scan())
		fatal("kmemleak is off");
	found = fopen(KMEMLEAK, "re");
	if (!found)
		fatal("opening " KMEMLEAK);
	while (fgets(line, sizeof(line), found)) {
		line[strcspn(line, "\n")] = '\0';
		leaks += !strncmp(line, head, sizeof(head) - 1);
		if (noted++ < LEAK_LINES)
			report_note("%s", line);
	}
	fclose(found);
	return leaks;
}
