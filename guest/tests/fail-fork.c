// SPDX-License-Identifier: GPL-2.0
/*
 * fork() of a pinned THP splits the parent's PMD: when that fails, fork()
 * fails, and the parent has what it had.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../lib/test.h"

static void pin(struct scene *s)
{
	s->fd = pin_open();
	if (pin_pages(s->fd, s->at, page_size()))
		fatal("pinning");
}

static void unpin(struct scene *s)
{
	unpin_pages(s->fd);
	close(s->fd);
}

/* The bare system call: the C library's fork() is more than one. */
static int call_fork(struct scene *s)
{
	s->value = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (s->value < 0)
		return errno;
	if (!s->value)
		_exit(region_intact(&s->r) ? 0 : 1);
	return 0;
}

static void reap(struct scene *s)
{
	if (s->value > 0)
		s->value = child_reap(s->value, 30);
}

static bool child_had_a_copy(struct scene *s)
{
	return s->value == 0 && region_intact(&s->r);
}

static const struct sweep sweeps[] = {
	{ "fork of a pinned THP", .charges = true, .most = 120, .split_error = ENOMEM,
	  .set_up = pin, .call = call_fork, .finish = reap,
	  .done = child_had_a_copy, .tear_down = unpin },
	{ "fork of a THP", .charges = true, .split_error = ENOMEM,
	  .never_splits = true,
	  .call = call_fork, .finish = reap, .done = child_had_a_copy },
};

SWEEPS_AT_LIMIT("fail-fork", sweeps)

TEST("fail-fork")
{
	const char *missing = pin_missing();

	if (missing) {
		report_skip("%s", missing);
		return;
	}
	sweeps_run(SPLIT_OF_PMD, sweeps, sizeof(sweeps) / sizeof(*sweeps));
}
