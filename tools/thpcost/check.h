/* SPDX-License-Identifier: GPL-2.0 */
/* Whether the kernel deposits, tried out rather than read from its counters. */
#ifndef THPCOST_CHECK_H
#define THPCOST_CHECK_H

#include "cost.h"

/*
 * Maps a THP in this process and takes it away again. *tables is what page
 * tables rose by, in bytes: VmPTE, before its first page was written and after.
 * Where tables are smaller than VmPTE's unit, it is as many THPs as fill one,
 * and *tables is for one of them. Returns 0, -EAGAIN where the kernel gave no
 * THP, or -errno.
 */
int check_deposit(const struct root *root, const struct kernel *kernel, uint64_t *tables);

#endif
