/* SPDX-License-Identifier: GPL-2.0 */
/* What madvise() can be asked for on this kernel. */
#ifndef GUEST_ADVICE_H
#define GUEST_ADVICE_H

#include <stdbool.h>

/* Whether the kernel knows MADV_... @advice. */
bool advice_known(int advice);

/* What the kernel lacks for MADV_GUARD_INSTALL; NULL: nothing. */
const char *guards_missing(void);

/* The same for MADV_HWPOISON and MADV_SOFT_OFFLINE. */
const char *poison_missing(void);

#endif
