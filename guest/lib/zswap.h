/* SPDX-License-Identifier: GPL-2.0 */
/* zswap: compressed pages in memory, before a swap device. */
#ifndef GUEST_ZSWAP_H
#define GUEST_ZSWAP_H

#include <stdbool.h>

/* Switches it on or off; false where the kernel has none. */
bool zswap_switch(bool on);

/*
 * Has it write pages of the caller's memory cgroup (cgroup_join()) to the swap
 * device, where they stay in the swap cache for now; returns how many.
 */
long zswap_write_some(void);

#endif
