/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A region: room for THPs whose upper page tables exist already, so that what
 * a test then does to it changes the number of PTE tables and nothing else.
 *
 *	| anchor | THP 0 | THP 1 | ... | THP n-1 | spare room (PROT_NONE) |
 *
 * The anchor is one THP of address space with a single base page in it, in
 * the same PMD table: it holds that table in the process and in its children.
 * That is so of all that fits beside it; a larger region takes PMD tables, too.
 */
#ifndef GUEST_REGION_H
#define GUEST_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct region {
	char *base;		/* address of THP 0 */
	size_t thps;
	uint64_t seed;		/* of what region_fill() wrote */
};

/* THPs that a region and its spare room take, if it is not larger. */
#define REGION_ROOM 120

/* The same of a region of @thps THPs: at least 7 are spare then. */
size_t region_room(size_t thps);

/* Reserves the room and populates the anchor; maps no THP. */
struct region region_reserve(size_t thps);

/* Maps memory that may be huge over @thps THPs from number @first, untouched. */
void region_map(struct region *r, size_t first, size_t thps);

/* Address of a THP, and of a base page that is counted from THP 0. */
char *region_thp(const struct region *r, size_t thp);
char *region_page(const struct region *r, size_t page);

/* Writes a pattern to all THPs of the region, which faults them in. */
void region_fill(struct region *r, uint64_t seed);

/*
 * Reserves, maps and fills @thps THPs and makes sure that each is mapped by a
 * huge PMD; anything less is the end of the test.
 */
struct region region_of_thps(size_t thps, uint64_t seed);

/* The seed of a region that was never written: it reads zero. */
#define REGION_ZERO 0

/* Whether @pages base pages from number @first hold what region_fill() wrote. */
bool region_holds(const struct region *r, size_t first, size_t pages);

/* Whether all of the region does. */
bool region_intact(const struct region *r);

/* How many THPs of the region are mapped by a huge PMD now. */
size_t region_huge(const struct region *r);

/* How many pages of the region are swapped out now, and whether all are. */
size_t region_swapped(const struct region *r);
bool region_is_swapped(const struct region *r);

#endif
