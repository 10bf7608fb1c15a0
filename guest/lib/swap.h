/* SPDX-License-Identifier: GPL-2.0 */
/* Swap, one device at a time: on zram, on a disk, on a file. */
#ifndef GUEST_SWAP_H
#define GUEST_SWAP_H

#include <stdbool.h>
#include <stddef.h>

#include "region.h"

/*
 * Turns /dev/zram0 into swap of @size bytes; false where the kernel has no
 * zram, and then the test must say that it skips.
 */
bool swap_on(size_t size);

/* The same, with PMD swap entries switched off where the kernel has them. */
bool swap_on_by_pte(size_t size);

/* The same, for PMD swap entries; says why not, as a skip. */
bool swap_on_by_pmd(size_t size);

/*
 * The same on a disk of null_blk, which keeps its sectors in memory and takes
 * @nsec nanoseconds for each request; false where the kernel has none.
 */
bool swap_on_disk(size_t size, unsigned long nsec);

/*
 * The same on a RAM disk of @size bytes at most, which writes at once as zram does,
 * and is told of no slot that is freed; false where the kernel has none.
 */
bool swap_on_ram(size_t size);

/* Makes reads of slot @slot of that disk fail from now on. */
void swap_disk_break(size_t slot);

/* The same on a file in tmpfs, through a loop device. */
bool swap_on_loop(size_t size);

/* Ends it: what is still swapped out comes back. */
void swap_off(void);

/*
 * For tasks that do so at once: swapoff(2) alone, and whether that did it; and
 * swapon(2), whether it was another that went on or off meanwhile or not.
 */
bool swap_leave(void);
void swap_return(void);

/* How many base pages of the region are swapped out. */
size_t swap_holds(const struct region *r);

/*
 * Swaps out the region, which nobody shares, each THP by one entry in its PMD;
 * anything less is the end of the test.
 */
void swap_out_by_pmd(const struct region *r);

/* What is in the swap cache, in bytes. */
long swap_cached(void);

/*
 * Has reclaim drop from the swap cache each THP that was written to the disk, which
 * it does by itself sooner or later; the caller is in a memory cgroup that it made
 * (cgroup_join()). Small pages may stay: of the process itself, or on a CPU's way to
 * a list.
 */
void swap_cache_forget(void);

/* Free slots, in bytes. */
long swap_free(void);

#endif
