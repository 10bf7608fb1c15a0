// SPDX-License-Identifier: GPL-2.0
/*
 * Exit of a process that owns THPs; as a control, of one that owns base pages.
 */
#include <sys/wait.h>

#include "bench.h"

static struct child owner;

static void own(struct child *me, void *arg)
{
	work_populate(arg);
	child_pause(me);
}

static void own_base(struct child *me, void *arg)
{
	work_populate_base(arg);
	child_pause(me);
}

static void start(const struct work *w)
{
	owner = child_start(own, (void *)w);
	child_wait_pause(&owner);
}

static void start_base(const struct work *w)
{
	owner = child_start(own_base, (void *)w);
	child_wait_pause(&owner);
}

static void end(const struct work *w)
{
	int status;

	(void)w;
	child_go(&owner);
	if (waitpid(owner.pid, &status, 0) != owner.pid || status)
		fatal("ending the child");
}

static void undo(const struct work *w)
{
	(void)w;
	child_close(&owner);
}

BENCH(exit, .thps = 64, .prepare = start, .op = end, .undo = undo)
BENCH(base_exit, .thps = 16, .prepare = start_base, .op = end, .undo = undo)
