/* SPDX-License-Identifier: GPL-2.0 */
/* Reclaim: of a range, or of the test's memory cgroup until its memory is swapped out. */
#ifndef GUEST_RECLAIM_H
#define GUEST_RECLAIM_H

#include <stdbool.h>
#include <stddef.h>

#include "region.h"

/* Goes of reclaim that surely do: the first ones only age the pages. */
#define RECLAIM_GOES	20
/* The same until something is done, which other mappers put off. */
#define RECLAIM_MOST	500

/* MADV_PAGEOUT, which must succeed. */
void reclaim_range(void *at, size_t size);

/* Reclaims until all pages of @r are swapped out; whether they are. */
bool reclaim_region(const struct region *r);

/*
 * A process outside of the group that writes its memory.reclaim when it is
 * told to. To be started before there is memory that a fork would share.
 */
void reclaimer_start(void);
void reclaimer_end(void);

/*
 * Has it reclaim all that it can, while allocation @nth that it comes to fails,
 * see fail_nth(); 0: none. Whether one did.
 */
bool reclaimer_run(unsigned int nth);

#endif
