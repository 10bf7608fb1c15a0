// SPDX-License-Identifier: GPL-2.0
#include <sys/mman.h>

#include "shadow.h"

static const struct page fresh = {
	.mapped = true, .readable = true, .writable = true,
};
static const struct page nothing;

size_t shrink_to(const struct call *c)
{
	return (c->pages + 1) / 2;
}

void shadow_fresh(struct room *room, size_t first, size_t pages)
{
	for (size_t i = first; i < first + pages; i++)
		room->page[i] = fresh;
}

static struct page emptied(struct page p)
{
	p.stamp = 0;
	p.lazy = false;
	p.protected = false;
	p.protect_unsure = false;
	return p;
}

/* What a call that succeeds makes of a page in its range. */
static struct page made(struct page p, const struct call *c)
{
	switch (c->op) {
	case MPROTECT:
		p.readable = c->prot & PROT_READ;
		p.writable = c->prot & PROT_WRITE;
		break;
	case MUNMAP:
	case SHRINK:
		p = nothing;
		break;
	case MAP:
		p = fresh;
		break;
	case GUARD:
		p = emptied(p);
		p.guarded = true;
		break;
	case DONTNEED:
	case DONTNEED_LOCKED:
		p = emptied(p);
		break;
	case UNGUARD:
		p.guarded = false;
		break;
	case FREE:
		p.lazy = true;
		/* What is discarded is no longer protected. */
		p.protect_unsure |= p.protected;
		break;
	case DONTFORK:
	case DOFORK:
		p.left_out = c->op == DONTFORK;
		break;
	case WIPE:
	case KEEP:
		p.wiped = c->op == WIPE;
		break;
	case PROTECT:
		p.protected = p.mapped && !p.guarded;
		/* Discarded later, it is protected no longer. */
		p.protect_unsure = p.protected && p.lazy;
		break;
	case UNPROTECT:
	case UNREGISTER:
		p.protected = false;
		p.protect_unsure = false;
		break;
	default:
		break;
	}
	return p;
}

/* mremap() does not take userfaultfd along. */
static struct page moved_from(struct page p)
{
	p.protected = false;
	p.protect_unsure = false;
	return p;
}

/*
 * When mremap() has moved all and cannot split the VMA of what it leaves, it
 * succeeds, and leaves it mapped and empty.
 */
static void left_behind(struct room *room, const struct call *c, size_t i)
{
	const struct page was = room->page[i];
	bool open = page_open(&was) && !was.unsure;
	uint32_t now;
	bool can = room_peek(room, i, &now);

	room->page[i] = nothing;
	if (!c->fail || (open && !can))
		return;
	if (can && now)
		room->mismatch(i, &nothing, "is still there after mremap()");
	room->page[i].unsure = true;
}

static void done_moving(struct room *room, const struct call *c)
{
	struct page last = room->page[c->first + c->pages - 1];

	for (size_t i = 0; i < c->pages; i++) {
		struct page *p = &room->page[c->first + i];

		/* Gaps between VMAs stay gaps, and replace nothing. */
		if (!p->mapped && !p->unsure)
			continue;
		room->page[c->to + i] = moved_from(*p);
		if (c->op == MOVE_KEEP) {
			*p = emptied(*p);
			p->guarded = false;
		} else {
			left_behind(room, c, c->first + i);
		}
	}
	if (c->op != GROW)
		return;
	last = emptied(last);
	last.guarded = false;
	for (size_t i = c->pages; i < 2 * c->pages; i++)
		room->page[c->to + i] = last;
}

void shadow_done(struct room *room, const struct call *c)
{
	size_t first = c->first + (c->op == SHRINK ? shrink_to(c) : 0);

	if (call_moves(c->op)) {
		done_moving(room, c);
		return;
	}
	for (size_t i = first; i < c->first + c->pages; i++)
		room->page[i] = made(room->page[i], c);
}

/* MAP_FIXED and mremap() have unmapped what was there, or not yet. */
static void perhaps_unmapped(struct room *room, const struct call *c, size_t i)
{
	struct page *p = &room->page[i];
	uint32_t now;

	if (p->unsure || !p->mapped)
		return;
	if (!page_open(p)) {
		p->unsure = true;
		return;
	}
	if (!room_peek(room, i, &now)) {
		*p = nothing;
		return;
	}
	/* As with what mremap() leaves behind, so with what it gives up. */
	if (!now && p->stamp && c->fail)
		p->unsure = true;
	room_check(room, i);
}

static bool may_leave_empty(const struct call *c)
{
	return c->op == MOVE_KEEP || (c->op == MOVE && c->fail);
}

/*
 * Whether a page has come along, VMA by VMA; one that has not is at its old
 * place, or mismatches there. That can be empty, as left_behind() says.
 */
static bool has_moved(struct room *room, const struct call *c, size_t i)
{
	const struct page *p = &room->page[c->first + i];
	uint32_t now;

	if (!room_peek(room, c->first + i, &now))
		return c->op == MOVE;
	return may_leave_empty(c) && !now && p->stamp && !p->lazy;
}

static void failed_moving(struct room *room, const struct call *c, size_t i)
{
	struct page *from = &room->page[c->first + i];
	struct page *to = &room->page[c->to + i];

	if (from->unsure || (from->mapped && !page_open(from))) {
		from->unsure = true;
		to->unsure = true;
	} else if (from->mapped && has_moved(room, c, i)) {
		*to = moved_from(*from);
		if (c->op == MOVE_KEEP)
			*from = emptied(*from);
		else
			left_behind(room, c, c->first + i);
		room_check(room, c->to + i);
	} else if (from->mapped && may_leave_empty(c) &&
		   (!from->stamp || from->lazy)) {
		/* Zero before, zero when it has moved. */
		to->unsure = true;
		from->unsure |= from->lazy;
	} else {
		room_check(room, c->first + i);
		/* What was moved back was protected no longer. */
		from->protect_unsure |= from->protected;
		perhaps_unmapped(room, c, c->to + i);
	}
}

static bool same_access(const struct page *a, const struct page *b)
{
	return a->mapped == b->mapped && a->readable == b->readable &&
	       a->writable == b->writable && a->guarded == b->guarded;
}

/* Found by writing what is there; not where userfaultfd may be in the way. */
static void tell_writable(struct room *room, size_t i, const struct page *is,
			  bool can)
{
	struct page *p = &room->page[i];

	room_check(room, i);
	if (!can || p->protected || p->protect_unsure)
		p->unsure = true;
	else if (room_poke(room, i, p->stamp) == is->writable)
		p->writable = is->writable;
	/* What was written is no longer free to go. */
	if (p->writable)
		p->lazy = false;
}

static void failed_in_range(struct room *room, const struct call *c, size_t i)
{
	struct page was = room->page[i];
	struct page is = made(was, c);
	uint32_t now = 0;
	bool can;

	if (was.unsure || !was.mapped)
		return;
	if (c->op >= DONTFORK && c->op <= KEEP) {
		room->page[i].child_unsure = true;
		return;
	}
	can = room_peek(room, i, &now);
	if (can != page_open(&was) && can != page_open(&is))
		room->mismatch(i, &was, "is neither what it was nor what it should be");
	if (page_open(&was) != page_open(&is))
		room->page[i] = can == page_open(&is) ? is : was;
	else if (!same_access(&is, &was))
		tell_writable(room, i, &is, can);
	/* It cannot be seen whether it is discarded. */
	if (!can && !is.stamp && was.stamp)
		room->page[i].unsure = true;
	/* Discarded, and the guard not yet there. */
	if (can && !now && (c->op == GUARD || c->op == FREE || is.stamp == 0))
		room->page[i].stamp = 0;
	if (c->op == FREE)
		room->page[i].lazy = true;
	/* Whether it came that far, the next write tells. */
	room->page[i].protect_unsure |= is.protected != was.protected ||
					is.protect_unsure;
	room_check(room, i);
}

void shadow_failed(struct room *room, const struct call *c)
{
	size_t pages = c->op == GROW ? 2 * c->pages : c->pages;

	switch (c->op) {
	case MOVE:
	case MOVE_KEEP:
	case GROW:
		for (size_t i = 0; i < c->pages; i++)
			failed_moving(room, c, i);
		for (size_t i = c->pages; i < pages; i++)
			perhaps_unmapped(room, c, c->to + i);
		break;
	case MAP:
		for (size_t i = 0; i < c->pages; i++)
			perhaps_unmapped(room, c, c->first + i);
		break;
	case LOCK:
	case UNLOCK:
		break;
	default:
		for (size_t i = c->op == SHRINK ? shrink_to(c) : 0; i < c->pages; i++)
			failed_in_range(room, c, c->first + i);
	}
}

void shadow_uffd_moved(struct room *room, const struct call *c, size_t moved)
{
	for (size_t i = 0; i < moved; i++) {
		struct page *from = &room->page[c->first + i];
		struct page *to = &room->page[c->to + i];

		to->stamp = from->stamp;
		to->at = from->at;
		to->lazy = from->lazy;
		to->unsure = from->unsure;
		/* A swap entry takes it along. */
		to->protect_unsure = from->protected || from->protect_unsure;
		*from = emptied(*from);
	}
}
