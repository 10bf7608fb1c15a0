/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A memory cgroup at its limit whose only way out is the shrinker of the
 * deferred split list: a charge there makes it split folios of the region.
 */
#ifndef GUEST_PRESSURE_H
#define GUEST_PRESSURE_H

#include "region.h"

/*
 * In a cgroup that cgroup_make() made, does @op to one intact THP after the
 * other of one region, each time with its cgroup exactly at the limit and
 * other folios of the same anon_vma on the deferred split list. Reports that
 * every call came back, that the limit made folios split, and that no
 * contents changed.
 */
void pressure_run(void (*op)(const struct region *r, size_t thp));

#endif
