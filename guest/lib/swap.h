/* SPDX-License-Identifier: GPL-2.0 */
/* Swap on zram. */
#ifndef GUEST_SWAP_H
#define GUEST_SWAP_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Turns /dev/zram0 into swap of @size bytes; false where the kernel has no
 * zram, and then the test must say that it skips.
 */
bool swap_on(size_t size);

/* Ends it: what is still swapped out comes back. */
void swap_off(void);

#endif
