/* SPDX-License-Identifier: GPL-2.0 */
/* Splitting folios by request: debugfs split_huge_pages. */
#ifndef GUEST_SPLIT_H
#define GUEST_SPLIT_H

#include <stddef.h>

/* Asks the kernel to split every huge folio in this process's @size bytes. */
void split_folios(const void *addr, size_t size);

#endif
