/* SPDX-License-Identifier: GPL-2.0 */
/* Splitting what a THP is made of, each by one system call. */
#ifndef GUEST_SPLIT_H
#define GUEST_SPLIT_H

#include <stddef.h>
#include <sys/types.h>

#include "region.h"

/*
 * Asks the kernel to split every huge folio in this process's @size bytes:
 * debugfs split_huge_pages.
 */
void split_folios(const void *addr, size_t size);

/* The same in process @pid. */
void split_folios_of(pid_t pid, const void *addr, size_t size);

/* The same for one THP of a region. */
void split_folio(const struct region *r, size_t thp);

/* Makes a page of a THP read-only, which splits its VMA and its PMD. */
void split_vma(const struct region *r, size_t thp);

/* The same and back again: the PMD stays split. */
void split_pmd(const struct region *r, size_t thp);

#endif
