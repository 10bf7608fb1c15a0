// SPDX-License-Identifier: GPL-2.0
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>

#include "cgroup.h"
#include "pressure.h"
#include "report.h"
#include "size.h"
#include "vmstat.h"

/* A round uses one THP for the call and two for the deferred split list. */
#define ROUNDS		16
#define A_ROUND		3

/* Charges are kept in stock by CPU: one CPU has one stock. */
static void stay_on_this_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fatal("sched_setaffinity");
}

/* Base pages to charge, and VMAs to split, outside the region. */
static char *make_scrap(void)
{
	size_t size = thp_size();
	char *scrap = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (scrap == MAP_FAILED || madvise(scrap, size, MADV_NOHUGEPAGE))
		fatal("mapping base pages");
	*scrap = 1;
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

static void limit(long bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", bytes);
	if (cgroup_write("memory.max", text))
		fatal("memory.max");
}

/*
 * Brings the cgroup to its limit without a reclaim on the way. A limit below
 * the usage gives back the stock, of which a fresh charge made sure that
 * there is some. One page is left, for the slab objects of a VMA split on the
 * scrap: they leave enough for those of the next VMA split, so that nothing
 * but a page is charged next.
 */
static void reach_limit(char *scrap, size_t round)
{
	char *fresh = scrap + (2 * round + 2) * page_size();

	*fresh = 1;
	limit(cgroup_number("memory.current") - page_size());
	limit(cgroup_number("memory.current") + page_size());
	if (mprotect(fresh, page_size(), PROT_READ))
		fatal("mprotect of a base page");
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
	unsigned int reclaimed = 0;
	struct region r;
	char *scrap;
	long splits;
	long start;

	cgroup_join();
	stay_on_this_cpu();
	scrap = make_scrap();
	r = region_of_thps(ROUNDS * A_ROUND, 1);
	start = vmstat("thp_split_page");
	for (size_t round = 0; round < ROUNDS; round++) {
		list_folio(&r, round * A_ROUND + 1);
		list_folio(&r, round * A_ROUND + 2);
		reach_limit(scrap, round);
		splits = vmstat("thp_split_page");
		op(&r, round * A_ROUND);
		reclaimed += vmstat("thp_split_page") - splits >= 2;
		/* If the call itself did not need to reclaim, this does. */
		for (size_t i = 0; i < 64; i++)
			scrap[(2 * ROUNDS + 2 + round * 64 + i) % thp_pages() *
			      page_size()] = 1;
		if (cgroup_write("memory.max", "max"))
			fatal("memory.max");
	}
	splits = vmstat("thp_split_page") - start;
	report_note("%d calls, %u of them reclaimed, %ld folio splits in all",
		    ROUNDS, reclaimed, splits);
	report(true, "every call came back");
	report(splits >= ROUNDS, "the limit made folios split");
	report(intact(&r), "contents");
}
