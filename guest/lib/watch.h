/* SPDX-License-Identifier: GPL-2.0 */
/* What kernels that watch their memory know: page_owner and kmemleak. */
#ifndef GUEST_WATCH_H
#define GUEST_WATCH_H

/*
 * Base pages that someone allocated for PTE tables of processes and has not
 * freed, whatever they are counted as; -1 where page_owner is not on.
 */
long watch_pte_pages(void);

/* Notes who allocated them. */
void watch_note_pte_pages(void);

/*
 * Looks for memory of the slab that nothing points to any more; objects found,
 * each with its lines noted, or -1 where there is no kmemleak. Takes seconds.
 */
long watch_leaks(void);

#endif
