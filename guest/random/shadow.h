/* SPDX-License-Identifier: GPL-2.0 */
/* What calls make of the pages of a room, by what their manual pages say. */
#ifndef GUEST_SHADOW_H
#define GUEST_SHADOW_H

#include "call.h"
#include "room.h"

/* Pages that SHRINK leaves. */
size_t shrink_to(const struct call *c);

/* The call has succeeded. */
void shadow_done(struct room *room, const struct call *c);

/*
 * It has failed, and may have come to some of the pages: each is as it was or
 * as the call makes it, and nothing else. Where that cannot be seen, the page
 * is left alone from now on, until it is mapped anew.
 */
void shadow_failed(struct room *room, const struct call *c);

/* New memory is mapped at @first. */
void shadow_fresh(struct room *room, size_t first, size_t pages);

/* UFFDIO_MOVE has moved @moved pages, to fresh memory. */
void shadow_uffd_moved(struct room *room, const struct call *c, size_t moved);

#endif
