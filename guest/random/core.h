/* SPDX-License-Identifier: GPL-2.0 */
/* Core dumps of a room. */
#ifndef GUEST_CORE_H
#define GUEST_CORE_H

#include <stdbool.h>

#include "room.h"

/* Where cores go from now on; false where the kernel dumps none. */
bool core_begin(void);

/*
 * Forks a child that dumps core at once, and compares the file with what the
 * shadow says that the child had. Nothing if fork() fails, or without
 * core_begin().
 */
void core_check(struct room *room);

#endif
