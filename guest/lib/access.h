/* SPDX-License-Identifier: GPL-2.0 */
/* Whether the CPU may touch an address: tried, with SIGSEGV caught. */
#ifndef GUEST_ACCESS_H
#define GUEST_ACCESS_H

#include <stdbool.h>

bool can_read(const void *addr);

/* Writes back the byte that is there. */
bool can_write(void *addr);

#endif
