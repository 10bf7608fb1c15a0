// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cgroup.h"
#include "pressure.h"
#include "report.h"
#include "size.h"
#include "vmstat.h"

/* A round uses one THP for the call and two for the deferred split list. */
#define ROUNDS		16
#define A_ROUND		3

/* Pages charged at a time and kept in stock: the kernel's MEMCG_CHARGE_BATCH. */
#define STOCK		64

/* Held open: opening a file is charged, and reading one for the first time. */
struct gauge {
	int max;
	int current;
	int events;
};

static long read_number(int fd, const char *after)
{
	char text[256] = "";
	const char *at;

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		fatal("reading the cgroup");
	at = strstr(text, after);
	if (!at)
		fatal("no '%s' in '%s'", after, text);
	return strtol(at + strlen(after), NULL, 10);
}

static long usage(const struct gauge *g)
{
	return read_number(g->current, "");
}

/* How often a charge found the group at its limit. */
static long limit_hits(const struct gauge *g)
{
	return read_number(g->events, "\nmax ");
}

static void limit(const struct gauge *g, long bytes)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%ld", bytes);

	if (pwrite(g->max, text, len, 0) != len)
		fatal("memory.max");
}

static struct gauge open_gauge(void)
{
	struct gauge g = {
		.max = cgroup_open("memory.max"),
		.current = cgroup_open("memory.current"),
		.events = cgroup_open("memory.events"),
	};

	usage(&g);
	limit_hits(&g);
	return g;
}

/* Stock is kept by CPU: one CPU has one. */
static void stay_on_this_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fatal("sched_setaffinity");
}

/* Base pages outside the region, to be charged one by one. */
static char *map_scrap(size_t pages)
{
	size_t size = pages * page_size();
	char *scrap = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (scrap == MAP_FAILED || madvise(scrap, size, MADV_NOHUGEPAGE))
		fatal("mapping base pages");
	return scrap;
}

/* Unmaps half of a THP, which puts its folio on the list. */
static void list_folio(const struct region *r, size_t thp)
{
	size_t half = thp_pages() / 2;

	if (madvise(region_page(r, thp * thp_pages() + half),
		    half * page_size(), MADV_DONTNEED))
		fatal("MADV_DONTNEED");
}

/*
 * Brings the cgroup to its limit without a reclaim on the way; false if there
 * was one, and the list is empty. A limit below the usage gives back the
 * stock, of which a fresh charge has made sure that there is some. One page is
 * left for the slab objects of splitting a VMA of base pages: that page also
 * holds those of the next VMA split, so that only a table is charged there.
 */
static bool reach_limit(const struct gauge *g, char *fresh)
{
	long before;
	long now;

	*fresh = 1;
	before = usage(g);
	limit(g, before - page_size());
	now = usage(g);
	if (before - now > (long)(STOCK * page_size()))
		return false;
	limit(g, now + page_size());
	if (mprotect(fresh, page_size(), PROT_READ))
		fatal("mprotect of a base page");
	return true;
}

/* What was not unmapped is as it was. */
static bool intact(const struct region *r)
{
	size_t pages = thp_pages();

	for (size_t i = 0; i < r->thps; i++)
		if (!region_holds(r, i * pages,
				  i % A_ROUND ? pages / 2 : pages))
			return false;
	return true;
}

void pressure_run(void (*op)(const struct region *r, size_t thp))
{
	size_t scrap_pages = ROUNDS * (STOCK + 2);
	unsigned int calls = 0;
	unsigned int hit = 0;
	struct region r;
	struct gauge g;
	char *scrap;
	long splits;
	long hits;

	cgroup_join();
	stay_on_this_cpu();
	g = open_gauge();
	scrap = map_scrap(scrap_pages);
	r = region_of_thps(ROUNDS * A_ROUND, 1);
	splits = vmstat("thp_split_page");
	for (size_t round = 0; round < ROUNDS; round++) {
		list_folio(&r, round * A_ROUND + 1);
		list_folio(&r, round * A_ROUND + 2);
		/* Not the neighbour of a page that was protected before. */
		scrap += page_size();
		if (reach_limit(&g, scrap)) {
			hits = limit_hits(&g);
			op(&r, round * A_ROUND);
			hit += limit_hits(&g) > hits;
			calls++;
		}
		/* If the call did not have to reclaim, this has. */
		for (size_t i = 0; i < STOCK; i++) {
			scrap += page_size();
			*scrap = 1;
		}
		limit(&g, LONG_MAX);
	}
	splits = vmstat("thp_split_page") - splits;
	report_note("%u calls, %u of them hit the limit; %ld folios split",
		    calls, hit, splits);
	report(calls >= ROUNDS / 2, "the calls came back");
	report(splits >= 2 * ROUNDS, "the limit made folios split");
	report(intact(&r), "contents");
}
