/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A crowd: a thousand children, say, that cost little. They share the memory of
 * their parent, do nothing, and end with it at the latest.
 */
#ifndef GUEST_CROWD_H
#define GUEST_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "region.h"

struct crowd {
	size_t count;
	pid_t *pid;
	int gate;		/* they wait at the other end */
	struct crowd_report *report;
};

/* Forks @count children that share @r. */
struct crowd crowd_start(size_t count, const struct region *r);

/*
 * Has @some of them look at @r, who then end; whether it is intact in all. No
 * more than @count in all calls.
 */
bool crowd_finds_intact(struct crowd *c, size_t some);

/* Ends all that are left; reports, as a line, if not all ended well. */
void crowd_end(struct crowd *c);

#endif
