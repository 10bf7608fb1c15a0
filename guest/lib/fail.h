/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Allocations that fail on purpose, by what every Linux has for it: fail-nth
 * of a task, fail_page_alloc and failslab, and their stack trace filter.
 */
#ifndef GUEST_FAIL_H
#define GUEST_FAIL_H

#include <stdbool.h>

/* Which allocations may fail, by the functions that ask for them. */
enum fail_aim {
	FAIL_ANY,
	FAIL_INSIDE,		/* only those that the function leads to */
	FAIL_OUTSIDE,		/* only those that it does not */
};

/* Whether the kernel can do all of that. */
bool fail_possible(void);

/* What the kernel lacks for it; NULL: nothing. */
const char *fail_missing(void);

/* Aims at kernel @function, which must stand in /proc/kallsyms. */
void fail_aim(enum fail_aim aim, const char *function);

/* Lets the @nth allocation that this task comes to from now on fail. */
void fail_nth(unsigned int nth);

/* Ends that; whether the allocation was reached, and so has failed. */
bool fail_nth_end(void);

/*
 * Lets @percent of 100 allocations fail from now on, those of tasks that said
 * fail_me(true), or with @all those of every task. 0 ends it.
 */
void fail_always(unsigned int percent, bool all);

/* Takes this task, and the children it will have, in or out. */
void fail_me(bool on);

/* Spares page allocations below @order, and with order > 0 all of slab. */
void fail_from_order(unsigned int order);

/* Whether this task gets no huge page from now on, and all that is smaller. */
void fail_huge(bool on);

/* Lets no more than @most page allocations fail, and none of slab. */
void fail_pages(unsigned int most);

#endif
