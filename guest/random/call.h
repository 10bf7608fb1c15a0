/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random calls as data: call N of a stream follows from the seed and N alone,
 * so a list of numbers is a sequence of calls, and any part of it is one, too.
 *
 * Which calls are made never depends on time. What may: whether one finds memory
 * shared with a child, swapped out or locked, so which of its allocations fails,
 * and so what it does. The shadow takes what each call says of itself.
 */
#ifndef GUEST_CALL_H
#define GUEST_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum op {
	WRITE, WRITE_MANY, READ, MPROTECT, MUNMAP, MAP, DONTNEED,
	DONTNEED_LOCKED, FREE, COLD, PAGEOUT, GUARD, UNGUARD, LOCK, UNLOCK,
	DONTFORK, DOFORK, WIPE, KEEP, HUGE, NOHUGE, COLLAPSE,
	POPULATE_READ, POPULATE_WRITE, SPLIT, FORK, MOVE, MOVE_KEEP, GROW,
	SHRINK, PROTECT, UNPROTECT, UNREGISTER, UFFD_MOVE, WILLNEED,
	SWAP_AGAIN, CORE, OPS,
};

/* Of fail: every allocation of the call does. */
#define FAIL_ALL	1000

struct call {
	enum op op;
	size_t first;		/* page of the room, and how many */
	size_t pages;
	size_t to;		/* where a move goes: does not overlap */
	int prot;		/* of mprotect() */
	unsigned int fail;	/* which allocation does; 0: none */
	uint64_t salt;		/* what else the call draws from */
};

struct stream {
	uint64_t seed;
	unsigned int process;	/* 0: never mremap() to elsewhere; else never WIPE */
	bool churn;		/* beside a thread of this stream */
};

/* Pages of a room that calls are drawn for. */
size_t call_room(void);

/* The next number drawn from @state, and one below @limit. */
uint64_t draw(uint64_t *state);
size_t draw_below(uint64_t *state, size_t limit);

struct call call_of(const struct stream *s, unsigned long number);

/*
 * The same for the thread beside. Its calls change neither what memory holds
 * nor what may be done to it: only how it is mapped, and whether calls of the
 * other thread fail, as on locked memory.
 */
struct call call_of_churn(const struct stream *s, unsigned long number);

/* Advice of madvise() where the call is that; -1 elsewhere. */
int call_advice(enum op op);

/* Whether it is mremap() to elsewhere. */
bool call_moves(enum op op);

/* Says the call and its arguments, in one line. */
void call_text(const struct call *c, char *text, size_t size);

#endif
