/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A memory cgroup exactly at its limit: not a page is left in it, nor in what the
 * kernel charges ahead for a CPU. Small objects (a VMA or two) find room, as
 * they are charged by the byte.
 */
#ifndef GUEST_LIMIT_H
#define GUEST_LIMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "child.h"

/* Pages charged at a time and kept for a CPU: the kernel's MEMCG_CHARGE_BATCH. */
#define LIMIT_BATCH	64

/*
 * Files held open, as opening a file is charged, and reading one for the first
 * time; and base pages and VMAs to be charged one by one.
 */
struct limit {
	int max;
	int current;
	int events;		/* -1 in cgroup v1, which has none */
	int drain;
	int caches;
	int rcu;
	char *pages;
	size_t charged;
	char *vmas;
	size_t split;		/* pages of these */
};

/*
 * For the group of the caller (cgroup_join()), which is its alone from
 * limit_reach() to limit_lift(), and so is its CPU, on which it stays.
 */
struct limit limit_open(void);

/*
 * Frees what the kernel keeps of the group until it is asked for, and all that a
 * reclaim can get. At the limit there is nothing to reclaim then.
 */
void limit_settle(const struct limit *l);

/*
 * Brings the group to its limit, without a reclaim on the way; @spare pages
 * are left.
 */
void limit_reach(struct limit *l, size_t spare);

/* No limit any more; what was charged to reach it goes. */
void limit_lift(struct limit *l);

/* Charges base pages, one by one. */
void limit_charge(struct limit *l, size_t pages);

/* What is charged to the group, in bytes, or left in a batch of pages. */
long limit_usage(const struct limit *l);

/*
 * The pages that the group is charged for @call, less what it gives back, to the
 * page. The group has no limit.
 */
long limit_pages_of(struct limit *l, void (*call)(void *arg), void *arg);

/* How often a charge found the group at its limit. */
long limit_hits(const struct limit *l);

/* The kernel chose a process of the group to be killed, or had none to choose. */
long limit_ooms(void);

/* Whom the kernel may kill when the group runs out of memory. */
enum limit_prey {
	LIMIT_NOBODY,
	LIMIT_CALLER,
	LIMIT_OTHER,		/* before the caller */
};

/*
 * Sees to that for the caller and children it will have; the other process
 * is started here, and has to be ended by limit_end_prey().
 */
struct child limit_prey(enum limit_prey prey);
void limit_end_prey(enum limit_prey prey, struct child *other);

#endif
