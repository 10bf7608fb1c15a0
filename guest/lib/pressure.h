/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A memory cgroup at its limit whose only way out is the shrinker of the
 * deferred split list: a charge there makes it split folios of the region.
 */
#ifndef GUEST_PRESSURE_H
#define GUEST_PRESSURE_H

#include <stdbool.h>

#include "region.h"

/* A call takes one THP, and two more for the deferred split list. */
#define PRESSURE_THPS	3

struct pressure {
	unsigned int calls;	/* that came back */
	unsigned int hit;	/* of them, those that hit the limit */
	bool intact;		/* no contents changed */
};

/*
 * Does @op to one intact THP after the other of @r, each time with the cgroup
 * of the caller exactly at its limit and other folios of @r on the deferred
 * split list. The THPs of @r are charged to that cgroup, which is the
 * caller's alone, and so is its CPU, as far as it is used by cgroups with a limit.
 */
struct pressure pressure_on(const struct region *r,
			    void (*op)(const struct region *r, size_t thp));

/*
 * The same in a cgroup that cgroup_make() made, to a region of its own.
 * Reports that every call came back, that the limit made folios split, and
 * that no contents changed.
 */
void pressure_run(void (*op)(const struct region *r, size_t thp));

#endif
