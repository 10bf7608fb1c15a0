// SPDX-License-Identifier: GPL-2.0
#include <sys/mman.h>

#include "pagemap.h"
#include "pattern.h"
#include "region.h"
#include "report.h"
#include "size.h"

/*
 * THPs of address space that a PMD table surely covers when they are aligned
 * to their own size: 128 entries are the fewest of any architecture with THP.
 */
#define WINDOW 128

size_t region_room(size_t thps)
{
	size_t room = REGION_ROOM;

	while (thps > REGION_ROOM && room < thps + WINDOW - 1 - REGION_ROOM)
		room += WINDOW;
	return room;
}

struct region region_reserve(size_t thps)
{
	size_t window = (region_room(thps) + WINDOW - REGION_ROOM) * thp_size();
	struct region r = { .thps = thps };
	uintptr_t start;
	char *room;
	char *anchor;

	room = mmap(NULL, window + WINDOW * thp_size(), PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		fatal("reserving address space");
	start = (uintptr_t)room + WINDOW * thp_size() - 1;
	start -= start % (WINDOW * thp_size());
	anchor = (char *)start;
	if (mmap(anchor, thp_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != anchor ||
	    madvise(anchor, thp_size(), MADV_NOHUGEPAGE))
		fatal("mapping the anchor");
	*anchor = 1;
	r.base = anchor + thp_size();
	return r;
}

void region_map(struct region *r, size_t first, size_t thps)
{
	char *at = region_thp(r, first);

	if (mmap(at, thps * thp_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at)
		fatal("mapping %zu THPs", thps);
	if (madvise(at, thps * thp_size(), MADV_HUGEPAGE))
		fatal("MADV_HUGEPAGE");
}

char *region_thp(const struct region *r, size_t thp)
{
	return r->base + thp * thp_size();
}

char *region_page(const struct region *r, size_t page)
{
	return r->base + page * page_size();
}

void region_fill(struct region *r, uint64_t seed)
{
	r->seed = seed;
	pattern_fill(r->base, r->thps * thp_pages(), seed, 0);
}

struct region region_of_thps(size_t thps, uint64_t seed)
{
	struct region r = region_reserve(thps);

	region_map(&r, 0, thps);
	region_fill(&r, seed);
	if (region_huge(&r) != thps)
		fatal("only %zu of %zu THPs are huge", region_huge(&r), thps);
	return r;
}

bool region_holds(const struct region *r, size_t first, size_t pages)
{
	if (r->seed == REGION_ZERO)
		return pattern_zero(region_page(r, first), pages);
	return pattern_holds(region_page(r, first), pages, r->seed, first);
}

bool region_intact(const struct region *r)
{
	return region_holds(r, 0, r->thps * thp_pages());
}

size_t region_huge(const struct region *r)
{
	size_t huge = 0;

	for (size_t i = 0; i < r->thps; i++)
		huge += pagemap_is_huge(region_thp(r, i));
	return huge;
}

size_t region_swapped(const struct region *r)
{
	return pagemap_count(r->base, r->thps * thp_pages(), PAGEMAP_SWAPPED);
}

bool region_is_swapped(const struct region *r)
{
	return region_swapped(r) == r->thps * thp_pages();
}
