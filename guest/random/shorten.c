// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "../lib/report.h"
#include "replay.h"

/* What a search may cost: attempts, and calls in all of them. */
#define MOST_ATTEMPTS	600
#define MOST_CALLS	200000

/* A mismatch beside another thread does not come every time. */
#define TRIES_BESIDE	4

struct search {
	bool look;		/* at all pages after each call */
	unsigned int attempts;
	size_t calls;
	struct mismatch *m;
};

static bool search_over(const struct search *s, const struct replay *r)
{
	return s->attempts >= MOST_ATTEMPTS || s->calls + r->count > MOST_CALLS;
}

/* Whether it still ends in a mismatch; what is behind that is cut off. */
static bool still(struct search *s, struct replay *r)
{
	int tries = r->stream.churn ? TRIES_BESIDE : 1;

	while (tries-- && r->count && !search_over(s, r)) {
		s->attempts++;
		s->calls += r->count;
		if (!play_apart(r, s->look, s->m))
			continue;
		if (s->m->found)
			r->count = s->m->at + 1;
		return true;
	}
	return false;
}

static struct replay without(const struct replay *r, size_t first, size_t count)
{
	struct replay part = *r;

	part.count = r->count - count;
	part.number = malloc((part.count + 1) * sizeof(*part.number));
	if (!part.number)
		fatal("memory");
	memcpy(part.number, r->number, first * sizeof(*part.number));
	memcpy(part.number + first, r->number + first + count,
	       (part.count - first) * sizeof(*part.number));
	return part;
}

static bool try_without(struct search *s, struct replay *r, size_t first,
			size_t count)
{
	struct replay part = without(r, first, count);
	bool good = still(s, &part);

	free(good ? r->number : part.number);
	if (good)
		*r = part;
	return good;
}

/* The end of it alone, from fresh memory: short ends first. */
static bool shorten_to_end(struct search *s, struct replay *r)
{
	for (size_t keep = 8; keep < r->count; keep *= 2)
		if (try_without(s, r, 0, r->count - keep))
			return true;
	return try_without(s, r, 0, 0);
}

/* Leaves out parts, ever smaller ones; returns whether any could be. */
static bool leave_out(struct search *s, struct replay *r)
{
	size_t before = r->count;

	for (size_t part = r->count / 2; part; part /= 2)
		/* From the end: what is there is closest to the mismatch. */
		for (size_t at = r->count; at >= part; at -= part) {
			if (at > r->count)
				at = r->count;
			if (at < part)
				break;
			try_without(s, r, at - part, part);
		}
	return r->count < before;
}

bool replay_shorten(struct replay *r, struct mismatch *m, unsigned int *attempts)
{
	/* What a process dies of, or leaves, is not to be looked for in pages. */
	struct search s = { .look = m->found, .m = m };
	struct replay alone = *r;
	bool again;

	/* Without the other thread it comes every time, if it does. */
	alone.stream.churn = false;
	again = shorten_to_end(&s, &alone);
	if (again)
		*r = alone;
	else if (r->stream.churn)
		again = shorten_to_end(&s, r);
	while (again && leave_out(&s, r))
		;
	/* What it ends in belongs to the last replay, not to the last attempt. */
	if (again)
		play_apart(r, s.look, m);
	*attempts = s.attempts;
	return again;
}
