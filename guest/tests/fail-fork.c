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

#define GUP_TEST "/sys/kernel/debug/gup_test"

static void pin(struct scene *s)
{
	struct pin_longterm_test pin = {
		.addr = (uintptr_t)s->at,
		.size = page_size(),
		.flags = PIN_LONGTERM_TEST_FLAG_USE_WRITE,
	};

	s->fd = open(GUP_TEST, O_RDWR | O_CLOEXEC);
	if (s->fd < 0 || ioctl(s->fd, PIN_LONGTERM_TEST_START, &pin))
		fatal("pinning");
}

static void unpin(struct scene *s)
{
	if (ioctl(s->fd, PIN_LONGTERM_TEST_STOP))
		fatal("unpinning");
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

SWEEPS_AT_LIMIT(sweeps)

TEST("fail-fork")
{
	if (access(GUP_TEST, F_OK)) {
		report_skip("this kernel has no gup_test to pin pages with");
		return;
	}
	sweeps_run(SPLIT_OF_PMD, sweeps, sizeof(sweeps) / sizeof(*sweeps));
}
