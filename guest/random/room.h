/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A room of THPs beside its shadow: what every byte of it must be, and what
 * may be done to it.
 */
#ifndef GUEST_ROOM_H
#define GUEST_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../lib/region.h"

/* A page as it must be; what it holds is its stamp, in one word of it. */
struct page {
	uint32_t stamp;		/* 0: reads zero */
	uint32_t at;		/* byte of the page where it is */
	bool mapped;
	bool readable;
	bool writable;
	bool guarded;
	bool protected;		/* by userfaultfd */
	bool protect_unsure;	/* whether it is, the next write tells */
	bool lazy;		/* MADV_FREE: reads its stamp or zero */
	bool wiped;		/* a child reads zero */
	bool left_out;		/* a child does not have it */
	bool child_unsure;	/* whether either cannot be told */
	bool unsure;		/* a failed call left what cannot be told */
};

#define ROOM_CHILDREN 2

struct room {
	struct region r;
	struct page *page;
	size_t pages;
	uint32_t stamp;		/* last one given */
	int uffd;		/* of this process, or -1 */
	bool is_child;
	pid_t child[ROOM_CHILDREN];
	/* Ends the process: @page is not what it must be. */
	void (*mismatch)(size_t page, const struct page *should, const char *what);
};

/* Maps it all and makes the faults of this process known to it. */
void room_make(struct room *room);

/* Whether a page may be read, by its shadow. */
bool page_open(const struct page *p);

/* Reads the word of page @i; false where that faults. */
bool room_peek(const struct room *room, size_t i, uint32_t *value);

/* Writes it; false where that faults. */
bool room_poke(const struct room *room, size_t i, uint32_t value);

/* Page @i against its shadow. What MADV_FREE discarded is noted there. */
void room_check(struct room *room, size_t i);

/*
 * All pages that may be read, and some of the others; with @bytes all others,
 * too, and every byte of what may be read.
 */
void room_check_all(struct room *room, bool bytes);

/* Gives page @i a new stamp if it may be written, and tries it if not. */
void room_write(struct room *room, size_t i);

/* The same for pages in a row; of those that may not be written, some. */
void room_write_all(struct room *room, size_t first, size_t pages);

/* After fork(): what the child has. */
void room_inherit(struct room *room);

#endif
