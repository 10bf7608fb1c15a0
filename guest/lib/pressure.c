// SPDX-License-Identifier: GPL-2.0
#include <sys/mman.h>

#include "cgroup.h"
#include "limit.h"
#include "pressure.h"
#include "report.h"
#include "size.h"
#include "tables.h"
#include "vmstat.h"

#define ROUNDS		16

/* Unmaps half of a THP, which puts its folio on the list. */
static void list_folio(const struct region *r, size_t thp)
{
	size_t half = thp_pages() / 2;

	if (madvise(region_page(r, thp * thp_pages() + half),
		    half * page_size(), MADV_DONTNEED))
		fatal("MADV_DONTNEED");
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
	struct limit l = limit_open();
	long hits;

	for (size_t i = 0; i < p.calls; i++) {
		size_t thp = i * PRESSURE_THPS;

		list_folio(r, thp + 1);
		list_folio(r, thp + 2);
		limit_reach(&l, 0);
		hits = limit_hits(&l);
		op(r, thp);
		p.hit += limit_hits(&l) > hits;
		/* If the call did not have to reclaim, this has. */
		limit_charge(&l, LIMIT_BATCH);
		limit_lift(&l);
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
