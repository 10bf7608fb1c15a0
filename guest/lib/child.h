/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Child processes that walk in step with their parent and end within a limit,
 * whatever happens to them.
 */
#ifndef GUEST_CHILD_H
#define GUEST_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct child {
	pid_t pid;
	int tell;		/* to the other side */
	int hear;		/* from the other side */
};

/*
 * Makes all limits of time, here and of child_reap(), so many times as long: for
 * a machine whose emulator is slow. Before any process is started.
 */
void child_limits_times(unsigned int times);

/*
 * Runs @body in a child; it exits with status 0 when @body returns. @me is
 * the child's end of its conversation with the parent.
 */
struct child child_start(void (*body)(struct child *me, void *arg), void *arg);

/*
 * In the child: says that a point is reached and waits for child_go(). It
 * ends quietly if the parent is gone.
 */
void child_pause(struct child *me);

/* In the parent: waits until the child pauses; then lets it go on. */
void child_wait_pause(struct child *c);
void child_go(struct child *c);

/*
 * Waits for @pid at most @seconds, times those of child_limits_times(), then
 * kills it. Returns its wait status, or -1 where it had to be killed or could
 * not even be.
 */
int child_reap(pid_t pid, unsigned int seconds);

/* Ends the conversation with a child. */
void child_close(struct child *c);

/* Waits for the child and reports, as a line, unless it exited with 0. */
void child_end(struct child *c);

/* What child_reap() says of a child that runs @body, if any, and dumps core to @path. */
int child_dump(void (*body)(void *arg), void *arg, const char *path);

#endif
