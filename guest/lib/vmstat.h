/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GUEST_VMSTAT_H
#define GUEST_VMSTAT_H

/* The counter @name of /proc/vmstat, -1 where this kernel has none. */
long vmstat(const char *name);

#endif
