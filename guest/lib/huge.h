/* SPDX-License-Identifier: GPL-2.0 */
/*
 * THP memory in bulk, for what measures it: address space that shares no page
 * table with other memory, and the same thing done to every THP of it. Sizes
 * are bytes; a failure is the end of the program.
 */
#ifndef GUEST_HUGE_H
#define GUEST_HUGE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * @size bytes of address space (a power of two), aligned to that and to 1 GiB:
 * no PMD table is shared with others, and its number is the same every time.
 */
char *huge_reserve(size_t size);

/* Maps memory there that may be huge, untouched. */
void huge_map(char *at, size_t size);

/* The same for memory that may not. */
void base_map(char *at, size_t size);

/* Unmaps it, which leaves a hole for others; or back to what was reserved. */
void huge_unmap(char *at, size_t size);
void huge_release(char *at, size_t size);

/* One byte of each THP. */
void huge_write_each(char *at, size_t size);
void huge_read_each(char *at, size_t size);

/* One byte of each base page. */
void base_write_each(char *at, size_t size);
void base_read_each(char *at, size_t size);

/* MADV_DONTNEED of one base page of each THP, which splits it. */
void huge_split_each(char *at, size_t size);

/*
 * Maps hugetlb pages of the size of THPs there; false with errno. Asks for @pages
 * of them in the whole system; the kernel gives what it has.
 */
bool hugetlb_map(char *at, size_t size);
void hugetlb_pages(size_t pages);

/* How many THPs there are mapped by a huge PMD now. */
size_t huge_count(const char *at, size_t size);

#endif
