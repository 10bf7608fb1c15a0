// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cgroup.h"
#include "cpu.h"
#include "pressure.h"
#include "report.h"
#include "size.h"
#include "tables.h"
#include "vmstat.h"

#define ROUNDS		16

/* Pages charged at a time and kept in stock: the kernel's MEMCG_CHARGE_BATCH. */
#define STOCK		64

/*
 * Held open, as opening a file is charged, and reading one for the first time.
 * The limit is written with O_NONBLOCK, which lowers it without a reclaim.
 */
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
		.max = cgroup_open("memory.max", O_WRONLY | O_NONBLOCK),
		.current = cgroup_open("memory.current", O_RDONLY),
		.events = cgroup_open("memory.events", O_RDONLY),
	};

	usage(&g);
	limit_hits(&g);
	return g;
}

/* Base pages outside the region, to be charged one by one. */
struct scrap {
	char *next;
	char *end;
};

static struct scrap map_scrap(size_t pages)
{
	size_t size = pages * page_size();
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED || madvise(at, size, MADV_NOHUGEPAGE))
		fatal("mapping base pages");
	return (struct scrap){ .next = at, .end = at + size };
}

static void charge_pages(struct scrap *scrap, size_t pages)
{
	for (size_t i = 0; i < pages; i++) {
		if (scrap->next == scrap->end)
			fatal("out of base pages");
		*scrap->next = 1;
		scrap->next += page_size();
	}
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
 * Brings the cgroup to its limit, with no charge left in stock and without a
 * reclaim on the way: usage rises when the stock is filled, and then does not
 * until all of it is used. A page table among the base pages spoils the count.
 */
static void reach_limit(const struct gauge *g, struct scrap *scrap)
{
	long before;
	long filled;

	do {
		do {
			before = usage(g);
			charge_pages(scrap, 1);
			filled = usage(g);
		} while (filled == before);
		charge_pages(scrap, STOCK - 1);
	} while (usage(g) != filled);
	limit(g, filled);
}

/* What was not unmapped is as it was. */
static bool intact(const struct region *r)
{
	size_t pages = thp_pages();

	for (size_t i = 0; i < r->thps; i++)
		if (!region_holds(r, i * pages,
				  i % PRESSURE_THPS ? pages / 2 : pages))
			return false;
	return true;
}

struct pressure pressure_on(const struct region *r,
			    void (*op)(const struct region *r, size_t thp))
{
	struct pressure p = { .calls = r->thps / PRESSURE_THPS };
	struct gauge g;
	struct scrap scrap;
	long hits;

	cpu_stay();
	g = open_gauge();
	scrap = map_scrap(p.calls * 6 * STOCK);
	for (size_t i = 0; i < p.calls; i++) {
		size_t thp = i * PRESSURE_THPS;

		list_folio(r, thp + 1);
		list_folio(r, thp + 2);
		reach_limit(&g, &scrap);
		hits = limit_hits(&g);
		op(r, thp);
		p.hit += limit_hits(&g) > hits;
		/* If the call did not have to reclaim, this has. */
		charge_pages(&scrap, STOCK);
		limit(&g, LONG_MAX);
	}
	p.intact = intact(r);
	return p;
}

void pressure_run(void (*op)(const struct region *r, size_t thp))
{
	struct region r;
	struct pressure p;
	long splits;

	cgroup_join();
	r = region_of_thps(ROUNDS * PRESSURE_THPS, 1);
	splits = vmstat("thp_split_page");
	p = pressure_on(&r, op);
	splits = vmstat("thp_split_page") - splits;
	report_note("%u of %u calls hit the limit; %ld folios split", p.hit,
		    p.calls, splits);
	report(true, "every call came back");
	if (!kernel_deposits())
		report(p.hit >= p.calls / 2, "tables were charged at the limit");
	report(splits >= 2 * ROUNDS, "the limit made folios split");
	report(p.intact, "contents");
}
