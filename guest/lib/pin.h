/* SPDX-License-Identifier: GPL-2.0 */
/* Pages pinned for long, as for a device that writes to them: by gup_test. */
#ifndef GUEST_PIN_H
#define GUEST_PIN_H

#include <stddef.h>

/* What this kernel lacks for it; NULL: nothing. */
const char *pin_missing(void);

/* For one range of pages at a time. */
int pin_open(void);

/* Pins @size bytes at @addr to be written to; 0 or errno. */
int pin_pages(int pin, void *addr, size_t size);

void unpin_pages(int pin);

#endif
