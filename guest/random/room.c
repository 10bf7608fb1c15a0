// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../lib/report.h"
#include "../lib/size.h"
#include "call.h"
#include "room.h"

#define SIGNAL_STACK	(64 * 1024)

static sigjmp_buf back;

static void on_fault(int sig)
{
	siglongjmp(back, sig);
}

/*
 * The kernel writes a signal's frame, and where it cannot, the process dies. Of a
 * page that another process has since a fork, it would first need a copy, which
 * fails as any allocation does; shared memory is never copied.
 */
static void own_signal_stack(void)
{
	stack_t stack = { .ss_size = SIGNAL_STACK };

	stack.ss_sp = mmap(NULL, SIGNAL_STACK, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL))
		fatal("a stack for signals");
}

/* Unlike can_read(), installed once: there are millions of looks. */
static void catch_faults(void)
{
	struct sigaction action = { .sa_handler = on_fault,
				    .sa_flags = SA_NODEFER | SA_ONSTACK };

	own_signal_stack();
	if (sigaction(SIGSEGV, &action, NULL) ||
	    sigaction(SIGBUS, &action, NULL))
		fatal("sigaction");
}

void room_make(struct room *room)
{
	room->pages = call_room();
	room->r = region_reserve(room->pages / thp_pages());
	room->page = calloc(room->pages, sizeof(*room->page));
	room->uffd = -1;
	if (!room->page)
		fatal("memory");
	for (size_t i = 0; i < room->pages; i++)
		room->page[i] = (struct page){ .mapped = true, .readable = true,
					       .writable = true };
	region_map(&room->r, 0, room->r.thps);
	catch_faults();
}

bool page_open(const struct page *p)
{
	return p->mapped && p->readable && !p->guarded;
}

static volatile uint32_t *word(const struct room *room, size_t i)
{
	return (uint32_t *)(region_page(&room->r, i) + room->page[i].at);
}

bool room_peek(const struct room *room, size_t i, uint32_t *value)
{
	if (sigsetjmp(back, 0))
		return false;
	*value = *word(room, i);
	return true;
}

bool room_poke(const struct room *room, size_t i, uint32_t value)
{
	if (sigsetjmp(back, 0))
		return false;
	*word(room, i) = value;
	return true;
}

void room_check(struct room *room, size_t i)
{
	struct page *p = &room->page[i];
	char text[64];
	uint32_t now;
	bool can;

	if (p->unsure)
		return;
	can = room_peek(room, i, &now);
	if (can != page_open(p))
		room->mismatch(i, p, can ? "may be read" : "may not be read");
	if (!can)
		return;
	if (p->lazy && !now)
		p->stamp = 0;
	if (now == p->stamp)
		return;
	snprintf(text, sizeof(text), "holds %#x where %#x was expected", now,
		 p->stamp);
	room->mismatch(i, p, text);
}

/*
 * What may not be touched costs a signal to try. Among many pages one in 8 of
 * those is, each time others.
 */
static bool worth_trying(const struct room *room, size_t i, bool may)
{
	return may || i % 8 == room->stamp % 8;
}

/* Zero but for the stamp. A page that cannot be read is no mismatch here. */
static bool rest_is_zero(const struct room *room, size_t i)
{
	volatile uint32_t *const skip = word(room, i);
	volatile uint32_t *const page = (uint32_t *)region_page(&room->r, i);
	uint32_t sum = 0;

	if (sigsetjmp(back, 0))
		return true;
	for (size_t at = 0; at < page_size() / sizeof(*page); at++)
		if (page + at != skip)
			sum |= page[at];
	return !sum;
}

void room_check_all(struct room *room, bool bytes)
{
	for (size_t i = 0; i < room->pages; i++) {
		if (worth_trying(room, i, bytes || page_open(&room->page[i])))
			room_check(room, i);
		if (bytes && !room->page[i].unsure && !rest_is_zero(room, i))
			room->mismatch(i, &room->page[i], "is not zero around its stamp");
	}
}

void room_write(struct room *room, size_t i)
{
	struct page *p = &room->page[i];
	bool open = page_open(p) && p->writable;
	bool did;

	if (p->unsure)
		return;
	/* Not always the same place of a page. */
	if (!p->stamp)
		p->at = room->stamp * 68 % page_size();
	did = room_poke(room, i, room->stamp + 1);
	if (did && (!open || (p->protected && !p->protect_unsure)))
		room->mismatch(i, p, "may be written");
	if (!did && open && !p->protected && !p->protect_unsure)
		room->mismatch(i, p, "may not be written");
	if (open && p->protect_unsure)
		p->protected = !did;
	if (did) {
		p->stamp = ++room->stamp;
		p->lazy = false;
	}
	if (open)
		p->protect_unsure = p->protected && p->lazy;
}

void room_write_all(struct room *room, size_t first, size_t pages)
{
	for (size_t i = first; i < first + pages; i++) {
		const struct page *p = &room->page[i];

		if (worth_trying(room, i, page_open(p) && p->writable && !p->protected))
			room_write(room, i);
	}
}

void room_inherit(struct room *room)
{
	own_signal_stack();
	for (size_t i = 0; i < room->pages; i++) {
		struct page *p = &room->page[i];

		p->protected = false;
		p->protect_unsure = false;
		if (p->child_unsure)
			p->unsure = true;
		else if (p->left_out)
			*p = (struct page){ .unsure = p->unsure };
		else if (p->wiped)
			*p = (struct page){ .mapped = p->mapped,
					    .readable = p->readable,
					    .writable = p->writable,
					    .wiped = p->wiped,
					    .unsure = p->unsure };
	}
}
