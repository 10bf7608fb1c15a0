/* SPDX-License-Identifier: GPL-2.0 */
/* Mappings of the huge zero page, which no smaps counts. */
#ifndef THPCOST_ZERO_H
#define THPCOST_ZERO_H

#include <stdbool.h>
#include <stdint.h>

/* How they are found; before ZERO_NEVER they are not. */
enum zero_way {
	ZERO_UNTRIED,		/* none was to be had to try it out with */
	ZERO_CLOSED,		/* pagemap shows page frame numbers to CAP_SYS_ADMIN alone */
	ZERO_COPY,		/* this is no live /proc */
	ZERO_NEVER,		/* there never was a huge zero page */
	ZERO_SCAN,		/* PAGEMAP_SCAN (Linux 6.7) says PFNZERO */
	ZERO_PFN,		/* its page frame number, which pagemap shows */
};

struct zero {
	enum zero_way way;
	uint64_t thp;		/* bytes of a THP and of a page */
	uint64_t page;
	uint64_t pfn;		/* with ZERO_PFN; who mapped it once holds it (Linux 4.10) */
};

/*
 * Maps the huge zero page in this process for a moment and learns how it shows in
 * @proc: zero->way. @trust: where there is none to try it out with, PAGEMAP_SCAN is right.
 */
void zero_try(int proc, bool trust, struct zero *zero);

/* Why they are not found: for people. */
const char *zero_why_not(enum zero_way way);

/*
 * Adds up in *bytes what huge PMDs map of the huge zero page in the process
 * whose /proc/PID is @dir. Returns 0, or -errno where that cannot be known; *room
 * is then the anonymous address space in which whole THPs fit, UINT64_MAX where
 * not even that is known.
 */
int zero_find(const struct zero *zero, int dir, uint64_t *bytes, uint64_t *room);

#endif
