/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Contents that tell every page of a test from every other: the bytes of a
 * page follow from a seed and the page's number, wherever it is mapped.
 */
#ifndef GUEST_PATTERN_H
#define GUEST_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes pages @first, @first + 1, ... of @seed to @pages pages at @addr. */
void pattern_fill(void *addr, size_t pages, uint64_t seed, size_t first);

/*
 * Whether @pages pages at @addr hold, in every byte, pages @first, ... of
 * @seed; the first byte that differs is noted.
 */
bool pattern_holds(const void *addr, size_t pages, uint64_t seed, size_t first);

/* Whether every byte of @pages pages at @addr is zero; notes one that is not. */
bool pattern_zero(const void *addr, size_t pages);

#endif
