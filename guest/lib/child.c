// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "file.h"
#include "report.h"

/* Guest seconds of a fast machine, generous: only a hang comes near. */
#define STEP_LIMIT	90
#define KILL_LIMIT	10

static unsigned int slowness = 1;

void child_limits_times(unsigned int times)
{
	slowness = times;
}

struct child child_start(void (*body)(struct child *me, void *arg), void *arg)
{
	struct child parent;
	struct child me = { 0 };
	int down[2];
	int up[2];

	if (pipe2(down, O_CLOEXEC) || pipe2(up, O_CLOEXEC))
		fatal("pipe");
	parent = (struct child){ .tell = down[1], .hear = up[0] };
	parent.pid = fork();
	if (parent.pid < 0)
		fatal("fork");
	if (parent.pid) {
		close(down[0]);
		close(up[1]);
		return parent;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(down[1]);
	close(up[0]);
	me.tell = up[1];
	me.hear = down[0];
	/* Shared memory is in no child's page tables, but before they are counted. */
	report_count();
	body(&me, arg);
	_exit(EXIT_SUCCESS);
}

/* False if the other side has closed its end. */
static bool hear(struct child *c, const char *who)
{
	struct pollfd fd = { .fd = c->hear, .events = POLLIN };
	char byte;

	if (poll(&fd, 1, STEP_LIMIT * slowness * 1000) != 1)
		fatal("no word from the %s in %u s", who, STEP_LIMIT * slowness);
	return read(c->hear, &byte, 1) == 1;
}

static void tell(struct child *c)
{
	if (write(c->tell, "", 1) != 1)
		fatal("the other process is gone");
}

void child_pause(struct child *me)
{
	tell(me);
	/* The parent's files are closed before its death is a signal here. */
	if (!hear(me, "parent"))
		_exit(EXIT_SUCCESS);
}

void child_wait_pause(struct child *c)
{
	if (!hear(c, "child"))
		fatal("the child is gone");
}

void child_go(struct child *c)
{
	tell(c);
}

static bool reaped(pid_t pid, int *status, unsigned int seconds)
{
	const struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };

	for (unsigned int i = 0; i < seconds * slowness * 200; i++) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

/* Where a task hangs belongs to the failure; the file needs CONFIG_STACKTRACE. */
static void note_stack(pid_t pid)
{
	char path[32];
	char stack[2048];
	char *line;
	char *save;

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	if (file_read(path, stack, sizeof(stack)) <= 0)
		return;
	for (line = strtok_r(stack, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		report_note("%s", line);
}

int child_reap(pid_t pid, unsigned int seconds)
{
	int status;

	if (reaped(pid, &status, seconds))
		return status;
	report_note("process %d has not ended after %u s", pid, seconds * slowness);
	note_stack(pid);
	kill(pid, SIGKILL);
	if (!reaped(pid, &status, KILL_LIMIT)) {
		report_note("process %d does not even die", pid);
		note_stack(pid);
	}
	return -1;
}

void child_close(struct child *c)
{
	close(c->tell);
	close(c->hear);
}

void child_end(struct child *c)
{
	int status = child_reap(c->pid, STEP_LIMIT);

	child_close(c);
	if (status)
		report(false, "child exits (wait status %#x)", status);
}

int child_dump(void (*body)(void *arg), void *arg, const char *path)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	pid_t pid;

	file_must_write("/proc/sys/kernel/core_pattern", path);
	pid = fork();
	if (!pid) {
		if (body)
			body(arg);
		setrlimit(RLIMIT_CORE, &all);
		abort();
	}
	if (pid < 0)
		fatal("fork");
	return child_reap(pid, STEP_LIMIT);
}
