/* SPDX-License-Identifier: GPL-2.0 */
/* Makes calls in a room, and their effects in its shadow. */
#ifndef GUEST_ACT_H
#define GUEST_ACT_H

#include "call.h"
#include "room.h"

/* Makes the call, and looks at some of the pages that it is about. */
void act(struct room *room, const struct call *c);

/* Only makes it: for a thread beside, whose calls change no contents. */
void act_churn(const struct room *room, const struct call *c);

/* Waits for the children that are still at work. */
void act_end(struct room *room);

#endif
