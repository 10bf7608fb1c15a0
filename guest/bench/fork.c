// SPDX-License-Identifier: GPL-2.0
/*
 * fork() of a process with memory, exit of the child that shares it, and both
 * in one; of THPs and, as a control, of base pages.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static int go[2];
static pid_t pid;

static void fork_child(const struct work *w)
{
	(void)w;
	pid = fork();
	if (pid < 0)
		fatal("fork");
	if (!pid) {
		char byte;

		_exit(read(go[0], &byte, 1) == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
	}
}

static void end_child(const struct work *w)
{
	int status;

	(void)w;
	if (write(go[1], "", 1) != 1 || waitpid(pid, &status, 0) != pid ||
	    status)
		fatal("ending the child");
}

static void fork_and_wait(const struct work *w)
{
	int status;

	(void)w;
	pid = fork();
	if (pid < 0)
		fatal("fork");
	if (!pid)
		_exit(EXIT_SUCCESS);
	if (waitpid(pid, &status, 0) != pid || status)
		fatal("waiting for the child");
}

static void setup(const struct work *w)
{
	if (pipe(go))
		fatal("pipe");
	work_populate(w);
}

static void setup_zero(const struct work *w)
{
	if (pipe(go))
		fatal("pipe");
	work_populate_zero(w);
}

static void setup_base(const struct work *w)
{
	if (pipe(go))
		fatal("pipe");
	work_populate_base(w);
}

BENCH(fork, .thps = 512, .setup = setup, .op = fork_child,
      .check = check_huge, .undo = end_child)
BENCH(fork_zero, .thps = 512, .setup = setup_zero, .op = fork_child,
      .check = check_huge, .undo = end_child,
      .missing = zero_page_missing)
BENCH(fork_exit, .thps = 512, .setup = setup, .op = fork_and_wait,
      .check = check_huge, .undo = work_keep)
BENCH(exit_forked, .thps = 512, .setup = setup, .prepare = fork_child,
      .op = end_child, .check = check_huge, .undo = work_keep)
BENCH(base_fork, .thps = 16, .setup = setup_base, .op = fork_child,
      .undo = end_child)
