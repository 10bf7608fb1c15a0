/* SPDX-License-Identifier: GPL-2.0 */
/* Memory cgroups of the test's own: one, unless it asks for more. */
#ifndef GUEST_CGROUP_H
#define GUEST_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

/* Which group this process means from now on; "test" at first. */
void cgroup_use(const char *name);

/* Makes the group; false where the kernel has no memory controller. */
bool cgroup_make(void);

/* The same; says why not, as a skip. */
bool cgroup_make_or_skip(void);

/* That where each split of a PMD charges a table, if splits allocate any. */
bool cgroup_make_for_tables(void);

/*
 * Groups that are made from now on are of cgroup v1; false where the kernel's
 * memory controller knows v2 only. No group is there.
 */
bool cgroup_turn_to_v1(void);
bool cgroup_is_v1(void);

/* Moves the calling process into it. */
void cgroup_join(void);

/* Moves it to the root of all groups. */
void cgroup_leave(void);

/* Takes away its limit, which a process that was killed may have left. */
void cgroup_unlimit(void);

/* A file of it ("memory.max"): writes @text; 0 or -1 with errno. */
int cgroup_write(const char *file, const char *text);

/* Opens a file of it, with the flags of open(2). */
int cgroup_open(const char *file, int flags);

/*
 * Asks reclaim for 64 MiB of it, anonymous memory first; that there is less is
 * no failure.
 */
void cgroup_reclaim(void);

/* The same through memory.reclaim, opened before; 0 or -1 with errno. */
int cgroup_reclaim_through(int fd);

/*
 * Asks reclaim for @size bytes of it, anonymous memory first; whether it says
 * that they were reclaimed.
 */
bool cgroup_reclaim_size(size_t size);

/* The number that a file of it holds. */
long cgroup_number(const char *file);

/* The number that follows @key in a file of it; -1 where there is none. */
long cgroup_field(const char *file, const char *key);

/* Removes it; its processes must be gone. */
void cgroup_remove(void);

#endif
