/* SPDX-License-Identifier: GPL-2.0 */
/* What a fork costs apart from what a test forks for. */
#ifndef GUEST_FAMILY_H
#define GUEST_FAMILY_H

#include "child.h"
#include "tables.h"

/*
 * What a child of the caller costs as the caller is now: its VmPTE, and what
 * PageTables rises by while it lives. To be asked after region_reserve() and
 * before any THP is mapped.
 */
struct tables family_cost(void);

/*
 * A child that shares the THPs of the struct region @region with its parent, and
 * once told to go on reports that each was split for it, too, and is intact.
 */
void family_split_too(struct child *me, void *region);

#endif
