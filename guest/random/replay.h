/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A replay is a list of calls of one stream, in order. As text, which
 * undeposit.replay= takes: SEED/PROCESS:NUMBERS or, beside a thread,
 * SEED/PROCESS+:NUMBERS, where NUMBERS are single or FIRST-LAST, with commas.
 */
#ifndef GUEST_REPLAY_H
#define GUEST_REPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "call.h"
#include "room.h"

struct replay {
	struct stream stream;
	unsigned long *number;
	size_t count;
};

/* Calls @first to @last of @s. */
struct replay replay_range(const struct stream *s, unsigned long first,
			   unsigned long last);

/* Reads a text; false where it is none. */
bool replay_parse(struct replay *r, const char *text);

/* Writes one; false where it does not fit. */
bool replay_text(const struct replay *r, char *text, size_t size);

/* Where a replay came upon a mismatch, or what it left. */
struct mismatch {
	long left;		/* bytes of page tables, after its process has ended */
	int status;		/* of the process, as of wait() */
	bool found;		/* all below is set then */
	size_t at;		/* in the list of numbers */
	size_t page;
	struct page should;
	char what[64];
};

/* Guest seconds that @count calls surely end in. */
unsigned int play_limit(size_t count);

/*
 * Plays it in the calling process, which a mismatch ends. With @all, looks at
 * all pages after each call, not only at some. @m is shared memory.
 */
void play(const struct replay *r, bool all, struct mismatch *m);

/*
 * Plays it in a process of its own; whether that found a mismatch, died, or
 * left page tables.
 */
bool play_apart(const struct replay *r, bool all, struct mismatch *m);

/*
 * The shortest replay it finds, in a limited number of attempts, that ends in
 * a mismatch like @r does. false where not even @r does so once more.
 */
bool replay_shorten(struct replay *r, struct mismatch *m, unsigned int *attempts);

#endif
