/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file whose fsync() does not come back: FUSE with a server that reads the
 * request and is silent. A process that left it to the kernel (IOCB_CMD_FSYNC)
 * does not get out of exit(): its memory stays mapped by nobody.
 */
#ifndef GUEST_STUCK_H
#define GUEST_STUCK_H

#include "child.h"

/* What the kernel lacks for it; NULL: nothing. */
const char *stuck_missing(void);

/* Makes the file; a child that was forked before can get stuck on it. */
void stuck_make(void);

/* In such a child: asks for the fsync(). It is to end then. */
void stuck_ask(void);

/* In the parent: serves the child until it hangs in exit(). */
void stuck_wait(const struct child *c);

/* Lets it go. */
void stuck_end(void);

#endif
