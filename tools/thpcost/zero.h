/* SPDX-License-Identifier: GPL-2.0 */
/* Mappings of the huge zero page, which no smaps counts. */
#ifndef THPCOST_ZERO_H
#define THPCOST_ZERO_H

#include <stdint.h>

/*
 * Adds up in *bytes what huge PMDs map of the huge zero page in the process
 * whose /proc/PID is @dir, by PAGEMAP_SCAN (Linux 6.7). Returns 0, or -errno
 * where that cannot be known; *room is then the anonymous address space in
 * which whole THPs of @thp bytes fit, UINT64_MAX where not even that is known.
 */
int zero_find(int dir, uint64_t thp, uint64_t *bytes, uint64_t *room);

#endif
