/* SPDX-License-Identifier: GPL-2.0 */
/* /proc/PID/pagemap: how the pages of this process are mapped. */
#ifndef GUEST_PAGEMAP_H
#define GUEST_PAGEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uapi.h"

/* Bits of a pagemap entry. */
#define PAGEMAP_SOFT_DIRTY	(1ULL << 55)
#define PAGEMAP_UFFD_WP		(1ULL << 57)
#define PAGEMAP_SWAPPED		(1ULL << 62)
#define PAGEMAP_PRESENT		(1ULL << 63)

/* What the entry of a page in the next swap slot is more. */
#define PAGEMAP_SLOT		(1ULL << 5)

/* The swap slot that an entry tells, counted from the head of the device. */
static inline uint64_t pagemap_slot(uint64_t entry)
{
	return (entry & (PAGEMAP_SOFT_DIRTY - 1)) / PAGEMAP_SLOT;
}

/* The entry of the page at @addr. */
uint64_t pagemap_entry(const void *addr);

/* Whether a page that was just written is soft-dirty. */
bool pagemap_knows_soft_dirty(void);

/* How many of @pages pages from @addr have all of @bits set. */
size_t pagemap_count(const void *addr, size_t pages, uint64_t bits);

/*
 * The PAGE_IS_... categories that all pages of [@addr, @addr + @size) share,
 * by PAGEMAP_SCAN.
 */
uint64_t pagemap_categories(const void *addr, size_t size);

/*
 * How many pages of the range were written to since they were protected, in
 * at most 64 ranges; with @protect they are protected again in the same step.
 * -1 with errno. The range is registered with UFFD_FEATURE_WP_ASYNC.
 */
long pagemap_written(const void *addr, size_t size, bool protect);

/* Whether one huge PMD maps the THP at @addr (the huge zero page included). */
bool pagemap_is_huge(const void *addr);

/* Whether the THP at @addr is the huge zero page, mapped by one huge PMD. */
bool pagemap_is_huge_zero(const void *addr);

#endif
