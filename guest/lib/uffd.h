/* SPDX-License-Identifier: GPL-2.0 */
/* userfaultfd, set up and registered; failures are the end of the test. */
#ifndef GUEST_UFFD_H
#define GUEST_UFFD_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#include "uapi.h"

/* A userfaultfd with @features, or -1 where the kernel lacks them. */
int uffd_open(uint64_t features);

/* Whether it has all of @features. */
bool uffd_has(uint64_t features);

/* Says so where the kernel cannot write-protect by userfaultfd; NULL: it can. */
const char *uffd_protect_missing(void);

/* The same of UFFDIO_MOVE. */
const char *uffd_move_missing(void);

/* Registers @size bytes at @addr in UFFDIO_REGISTER_MODE_... @mode. */
void uffd_register(int uffd, void *addr, size_t size, uint64_t mode);

/* Write-protects the range or lifts that; 0 or -1 with errno. */
int uffd_protect(int uffd, void *addr, size_t size, int protect);

/* Moves pages from @src to @dst; bytes moved, or -1 with errno. */
long uffd_move(int uffd, void *dst, void *src, size_t size);

#endif
