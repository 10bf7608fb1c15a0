/* SPDX-License-Identifier: GPL-2.0 */
/* What /proc/self/smaps says of a range of addresses. */
#ifndef GUEST_VMAS_H
#define GUEST_VMAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VMAS_MAX 32

/* Neighbours of one kind count as one VMA: a failed call may leave two. */
struct vmas {
	size_t count;
	struct vma {
		uintptr_t start;
		uintptr_t end;
		char kind[128];		/* permissions and VmFlags */
	} vma[VMAS_MAX];
	size_t mapped;			/* bytes that are resident or swapped */
	size_t huge;			/* bytes of huge PMDs (AnonHugePages) */
	size_t swapped;			/* bytes that are swapped out (Swap), */
	size_t share;			/* and what of them is its own (SwapPss) */
};

/* Reads the VMAs that begin in [@start, @end). */
struct vmas vmas_read(const void *start, const void *end);

/* Whether both are of the same kinds at the same addresses, and as full. */
bool vmas_same(const struct vmas *a, const struct vmas *b);

/* Notes what the VMAs are, for whoever reads a failure. */
void vmas_note(const struct vmas *v, const char *what);

#endif
