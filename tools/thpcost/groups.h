/* SPDX-License-Identifier: GPL-2.0 */
/* Cgroups as the kernel counts them: a read of memory.stat each, and no process. */
#ifndef THPCOST_GROUPS_H
#define THPCOST_GROUPS_H

#include "survey.h"

/*
 * Reads, instead of processes, what the kernel counts: the system's row from totals,
 * and rows for the cgroup @path and those at most @depth levels below it (0: all). The
 * last of them have what is below them; all bytes are in one row alone. Cgroups without
 * the memory controller, and those that were removed meanwhile, count in the one above.
 * Returns 0, -ENOSYS where no hierarchy has the memory controller, -ENOENT where there is
 * no such cgroup, -EOPNOTSUPP where the memory controller is not enabled in it, or another
 * -errno: nothing is left to be freed then.
 */
int groups_read(const struct root *root, const char *path, unsigned long depth, struct survey *survey);

/* How many of the rows do not know their THPs. */
size_t groups_unread(const struct survey *survey);

#endif
