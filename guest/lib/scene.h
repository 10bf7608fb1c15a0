/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the sweeps of more than one test do to page @at of their scene, and what
 * holds when it is done.
 */
#ifndef GUEST_SCENE_H
#define GUEST_SCENE_H

#include <stdbool.h>

#include "sweep.h"

/* 0 or the errno of the call. */
int scene_munmap(struct scene *s);
int scene_mprotect(struct scene *s);	/* to PROT_READ */

/* Each with the contents of all other pages as they were. */
bool scene_gone(struct scene *s);	/* no access */
bool scene_zero(struct scene *s);
bool scene_read_only(struct scene *s);	/* contents intact, neighbours writable */

/* The region becomes the huge zero page, which is no memory of its own. */
void scene_huge_zero(struct scene *s);

/* userfaultfd that asks no one: a write splits, and counts as a write. */
void scene_watch_writes(struct scene *s);
void scene_unwatch(struct scene *s);

/*
 * MADV_HWPOISON of the page, and of the next one each time: what is poisoned
 * stays so. A process that it must kill is told by SIGBUS, which is caught.
 */
void scene_poison_ready(struct scene *s);
int scene_poison(struct scene *s);
bool scene_poison_told(void);
bool scene_poisoned(struct scene *s);

#endif
