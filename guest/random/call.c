// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <sys/mman.h>

#include "../lib/size.h"
#include "../lib/uapi.h"
#include "call.h"

#define THPS	4

static const struct {
	const char *name;
	int advice;		/* of madvise(), or -1 */
	unsigned int weight;
	unsigned int churn;	/* weight beside another thread */
	unsigned int whole;	/* of 8, how many are of whole THPs */
} ops[OPS] = {
	[WRITE] = { "write some", -1, 12, 0, 1 },
	[WRITE_MANY] = { "write all", -1, 3, 0, 2 },
	[READ] = { "read some", -1, 8, 0, 1 },
	[MPROTECT] = { "mprotect", -1, 8, 0, 1 },
	[MUNMAP] = { "munmap", -1, 2, 0, 1 },
	[MAP] = { "mmap, MAP_FIXED", -1, 5, 0, 5 },
	[DONTNEED] = { "MADV_DONTNEED", MADV_DONTNEED, 4, 0, 1 },
	[DONTNEED_LOCKED] = { "MADV_DONTNEED_LOCKED", MADV_DONTNEED_LOCKED, 2, 0, 1 },
	[FREE] = { "MADV_FREE", MADV_FREE, 2, 0, 1 },
	[COLD] = { "MADV_COLD", MADV_COLD, 2, 1, 1 },
	[PAGEOUT] = { "MADV_PAGEOUT", MADV_PAGEOUT, 3, 2, 5 },
	[GUARD] = { "MADV_GUARD_INSTALL", MADV_GUARD_INSTALL, 2, 0, 1 },
	[UNGUARD] = { "MADV_GUARD_REMOVE", MADV_GUARD_REMOVE, 3, 0, 1 },
	[LOCK] = { "mlock", -1, 2, 1, 1 },
	[UNLOCK] = { "munlock", -1, 3, 2, 1 },
	[DONTFORK] = { "MADV_DONTFORK", MADV_DONTFORK, 1, 0, 1 },
	[DOFORK] = { "MADV_DOFORK", MADV_DOFORK, 2, 0, 1 },
	[WIPE] = { "MADV_WIPEONFORK", MADV_WIPEONFORK, 1, 0, 1 },
	[KEEP] = { "MADV_KEEPONFORK", MADV_KEEPONFORK, 2, 0, 1 },
	[HUGE] = { "MADV_HUGEPAGE", MADV_HUGEPAGE, 4, 1, 3 },
	[NOHUGE] = { "MADV_NOHUGEPAGE", MADV_NOHUGEPAGE, 1, 1, 1 },
	[COLLAPSE] = { "MADV_COLLAPSE", MADV_COLLAPSE, 1, 2, 7 },
	[POPULATE_READ] = { "MADV_POPULATE_READ", MADV_POPULATE_READ, 2, 1, 6 },
	[POPULATE_WRITE] = { "MADV_POPULATE_WRITE", MADV_POPULATE_WRITE, 4, 0, 6 },
	[SPLIT] = { "split of folios", -1, 1, 2, 1 },
	[FORK] = { "fork", -1, 1, 1, 1 },
	[MOVE] = { "mremap to", -1, 3, 0, 3 },
	[MOVE_KEEP] = { "mremap, MREMAP_DONTUNMAP, to", -1, 1, 0, 1 },
	[GROW] = { "mremap to twice the room, to", -1, 1, 0, 1 },
	[SHRINK] = { "mremap to half the room", -1, 1, 0, 1 },
	[PROTECT] = { "UFFDIO_WRITEPROTECT, on", -1, 3, 0, 2 },
	[UNPROTECT] = { "UFFDIO_WRITEPROTECT, off", -1, 3, 0, 1 },
	[UNREGISTER] = { "UFFDIO_UNREGISTER", -1, 1, 0, 1 },
	[UFFD_MOVE] = { "UFFDIO_MOVE to", -1, 3, 0, 4 },
	[WILLNEED] = { "MADV_WILLNEED", MADV_WILLNEED, 2, 1, 5 },
	[SWAP_AGAIN] = { "swapoff and swapon", -1, 1, 1, 1 },
	[CORE] = { "core dump", -1, 1, 0, 1 },
};

size_t call_room(void)
{
	return THPS * thp_pages();
}

int call_advice(enum op op)
{
	return ops[op].advice;
}

uint64_t draw(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

size_t draw_below(uint64_t *state, size_t limit)
{
	return draw(state) % limit;
}

bool call_moves(enum op op)
{
	return op == MOVE || op == MOVE_KEEP || op == GROW;
}

/*
 * Linux 7.3 itself warns (DEBUG_VM) where a child splits a VMA that was moved
 * and that its parent has MADV_WIPEONFORK for: the child's has no anon_vma any
 * more, and still the offset of where it was. So no process does both.
 */
static bool left_out(const struct stream *s, enum op op)
{
	return s->process ? op == WIPE : call_moves(op);
}

static unsigned int weight(const struct stream *s, enum op op, bool churn)
{
	if (left_out(s, op))
		return 0;
	return churn ? ops[op].churn : ops[op].weight;
}

static enum op draw_op(const struct stream *s, uint64_t *state, bool churn)
{
	unsigned int sum = 0;
	unsigned int at;

	for (int i = 0; i < OPS; i++)
		sum += weight(s, i, churn);
	at = draw_below(state, sum);
	for (int i = 0;; i++) {
		if (at < weight(s, i, churn))
			return i;
		at -= weight(s, i, churn);
	}
}

/* Mostly a few pages, now and then a whole THP, and never more. */
static void draw_range(uint64_t *state, struct call *c)
{
	if (draw_below(state, 8) < ops[c->op].whole) {
		c->first = draw_below(state, THPS) * thp_pages();
		c->pages = thp_pages();
		return;
	}
	c->first = draw_below(state, call_room());
	c->pages = 1 + draw_below(state, 1 << draw_below(state, 7));
	if (c->pages > thp_pages())
		c->pages = thp_pages();
	if (c->pages > call_room() - c->first)
		c->pages = call_room() - c->first;
}

/* Half of all moves keep the place in the THP, so that huge PMDs may move. */
static size_t draw_target(uint64_t *state, const struct call *c, size_t pages)
{
	size_t thp = (c->first / thp_pages() + 1 + draw_below(state, THPS - 1)) % THPS;
	size_t to = thp * thp_pages() + c->first % thp_pages();
	size_t below = c->first >= pages ? c->first - pages + 1 : 0;
	size_t end = c->first + pages;
	size_t above = call_room() >= end + pages ? call_room() - end - pages + 1 : 0;

	if (draw(state) % 2 && to + pages <= call_room())
		return to;
	to = draw_below(state, below + above);
	return to < below ? to : end + to - below;
}

static unsigned int draw_failure(uint64_t *state)
{
	switch (draw_below(state, 6)) {
	case 0:
		return 1 + draw_below(state, 1 << draw_below(state, 6));
	case 1:
		return FAIL_ALL;
	default:
		return 0;
	}
}

static struct call draw_call(const struct stream *s, uint64_t state, bool churn)
{
	static const int prots[] = { PROT_NONE, PROT_READ,
				     PROT_READ | PROT_WRITE,
				     PROT_READ | PROT_WRITE };
	struct call c = { .op = draw_op(s, &state, churn) };

	draw_range(&state, &c);
	if (c.op == GROW && c.pages > thp_pages() / 2)
		c.pages = thp_pages() / 2;
	c.to = draw_target(&state, &c, c.op == GROW ? 2 * c.pages : c.pages);
	c.prot = prots[draw_below(&state, 4)];
	c.fail = draw_failure(&state);
	/* Neither a fault nor a child gets anywhere while nothing is there. */
	if (c.fail == FAIL_ALL && (c.op <= READ || c.op == FORK))
		c.fail = 1;
	c.salt = draw(&state);
	return c;
}

static uint64_t state_of(const struct stream *s, unsigned long number)
{
	uint64_t state = s->seed;

	state = draw(&state) + s->process;
	state = draw(&state) + number;
	return draw(&state);
}

struct call call_of(const struct stream *s, unsigned long number)
{
	return draw_call(s, state_of(s, number), false);
}

struct call call_of_churn(const struct stream *s, unsigned long number)
{
	return draw_call(s, ~state_of(s, number), true);
}

void call_text(const struct call *c, char *text, size_t size)
{
	char detail[48] = "";
	char failing[48] = "";

	if (c->op == MPROTECT)
		snprintf(detail, sizeof(detail), ", %s%s", c->prot & PROT_READ ?
			 "read" : "none", c->prot & PROT_WRITE ? " write" : "");
	else if (call_moves(c->op) || c->op == UFFD_MOVE)
		snprintf(detail, sizeof(detail), " page %zu", c->to);
	if (c->fail == FAIL_ALL)
		snprintf(failing, sizeof(failing), ", all allocations fail");
	else if (c->fail)
		snprintf(failing, sizeof(failing), ", allocation %u fails", c->fail);
	snprintf(text, size, "pages %zu-%zu: %s%s%s", c->first,
		 c->first + c->pages - 1, ops[c->op].name, detail, failing);
}
