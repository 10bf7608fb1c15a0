/* SPDX-License-Identifier: GPL-2.0 */
/* Sizes of the running kernel, in bytes; nothing here is assumed. */
#ifndef GUEST_SIZE_H
#define GUEST_SIZE_H

#include <stdbool.h>
#include <stddef.h>

size_t page_size(void);

/* The least power of two that is no less than @size. */
size_t power_of_two(size_t size);

/*
 * Whether this machine can map memory with huge PMDs: undeposit.thp=0 on the
 * kernel command line says that it cannot.
 */
bool thp_possible(void);

/*
 * What one huge PMD maps: transparent_hugepage/hpage_pmd_size; a stretch of base
 * pages without THP.
 */
size_t thp_size(void);

/* Base pages in a THP. */
size_t thp_pages(void);

/*
 * One PTE table as VmPTE counts it: an entry of 8 bytes for each base page of
 * a THP, which holds on every 64-bit Linux architecture.
 */
size_t table_size(void);

/* Whether several tables share a page: most splits then allocate nothing. */
bool tables_share_pages(void);

#endif
