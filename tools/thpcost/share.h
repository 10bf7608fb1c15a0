/* SPDX-License-Identifier: GPL-2.0 */
/* Processes that share their memory without being threads (vfork(), CLONE_VM). */
#ifndef THPCOST_SHARE_H
#define THPCOST_SHARE_H

#include "cost.h"

/*
 * Drops, of @count processes that were read from @root, all but the lowest number
 * of those that share memory with THPs in it. Returns how many are left. Where
 * kcmp() cannot tell, all are.
 */
size_t share_once(const struct root *root, struct process *processes, size_t count);

#endif
