// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../lib/child.h"
#include "../lib/fail.h"
#include "../lib/file.h"
#include "../lib/report.h"
#include "../lib/size.h"
#include "../lib/swap.h"
#include "../lib/uffd.h"
#include "act.h"
#include "core.h"
#include "shadow.h"

#define CHILD_CALLS	12
#define CHILD_LIMIT	120	/* guest seconds */
#define SOME		8	/* pages that a call for some of them takes */
#define SELDOM		8	/* of so many calls that take long, one is made */

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static bool split_folios_of(char *at, size_t size)
{
	char text[96];

	snprintf(text, sizeof(text), "%d,%p,%p", getpid(), (void *)at,
		 (void *)(at + size));
	return !file_write("/sys/kernel/debug/split_huge_pages", text);
}

/* A failure to open it is an allocation's. */
static bool have_uffd(struct room *room)
{
	if (room->uffd < 0)
		room->uffd = uffd_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP |
				       UFFD_FEATURE_WP_UNPOPULATED |
				       UFFD_FEATURE_SIGBUS | UFFD_FEATURE_MOVE);
	return room->uffd >= 0;
}

static bool watch(struct room *room, char *at, size_t size)
{
	struct uffdio_register reg = {
		.range = { .start = (uintptr_t)at, .len = size },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};

	return have_uffd(room) && !ioctl(room->uffd, UFFDIO_REGISTER, &reg);
}

/*
 * Registered exactly, a range is a VMA, which splits the PMDs at its ends. So
 * the THPs that it is of are, where they are mapped.
 */
static bool watch_widely(struct room *room, char *at, size_t size)
{
	uintptr_t start = (uintptr_t)at & -thp_size();
	uintptr_t end = ((uintptr_t)at + size + thp_size() - 1) & -thp_size();

	return watch(room, (char *)start, end - start) || watch(room, at, size);
}

static bool unwatch(struct room *room, char *at, size_t size)
{
	struct uffdio_range range = { .start = (uintptr_t)at, .len = size };

	return have_uffd(room) && !ioctl(room->uffd, UFFDIO_UNREGISTER, &range);
}

static bool map(char *at, size_t size)
{
	return mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		    MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at;
}

static bool move(char *at, size_t size, size_t new_size, int flags, char *to)
{
	return mremap(at, size, new_size,
		      MREMAP_MAYMOVE | MREMAP_FIXED | flags, to) == to;
}

static bool make_call(struct room *room, const struct call *c)
{
	char *at = region_page(&room->r, c->first);
	char *to = region_page(&room->r, c->to);
	size_t size = c->pages * page_size();

	switch (c->op) {
	case MPROTECT:
		return !mprotect(at, size, c->prot);
	case MUNMAP:
		return !munmap(at, size);
	case MAP:
		return map(at, size);
	case LOCK:
		return !mlock(at, size);
	case UNLOCK:
		return !munlock(at, size);
	case SPLIT:
		return split_folios_of(at, size);
	case MOVE:
		return move(at, size, size, 0, to);
	case MOVE_KEEP:
		return move(at, size, size, MREMAP_DONTUNMAP, to);
	case GROW:
		return move(at, size, 2 * size, 0, to);
	case SHRINK:
		return mremap(at, size, shrink_to(c) * page_size(), 0) == at;
	case PROTECT:
		return have_uffd(room) &&
		       !uffd_protect(room->uffd, at, size, true);
	case UNPROTECT:
		return have_uffd(room) &&
		       !uffd_protect(room->uffd, at, size, false);
	case UNREGISTER:
		return unwatch(room, at, size);
	case SWAP_AGAIN:
		return c->salt % SELDOM || swap_leave();
	default:
		return !madvise(at, size, call_advice(c->op));
	}
}

/*
 * What a task shares with another since a fork is copied when it writes there,
 * which takes memory: it must be alone when there is none.
 */
static void fail_begin(const struct call *c)
{
	if (c->fail == FAIL_ALL)
		fail_me(true);
	else if (c->fail)
		fail_nth(c->fail);
}

static void fail_end(const struct call *c)
{
	if (c->fail == FAIL_ALL)
		fail_me(false);
	else if (c->fail)
		fail_nth(0);
}

/*
 * Where the kernel answers: memory that a child shares would have to be copied
 * for that, which fails as any allocation does.
 */
static struct uffdio_move *answer(void)
{
	static struct uffdio_move *page;
	static pid_t owner;

	if (owner != getpid()) {
		page = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (page == MAP_FAILED)
			fatal("memory");
		owner = getpid();
	}
	return page;
}

/* Bytes that were moved, also by a call that failed later. */
static size_t move_by_uffd(struct room *room, const struct call *c)
{
	struct uffdio_move *arg = answer();

	*arg = (struct uffdio_move){
		.dst = (uintptr_t)region_page(&room->r, c->to),
		.src = (uintptr_t)region_page(&room->r, c->first),
		.len = c->pages * page_size(),
		.mode = UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES,
	};
	fail_begin(c);
	ioctl(room->uffd, UFFDIO_MOVE, arg);
	fail_end(c);
	return arg->move > 0 ? arg->move : 0;
}

/* To fresh memory: UFFDIO_MOVE replaces nothing. */
static void uffd_move_call(struct room *room, const struct call *c)
{
	char *to = region_page(&room->r, c->to);
	size_t size = c->pages * page_size();
	size_t moved;

	if (!map(to, size) || madvise(to, size, MADV_HUGEPAGE))
		fatal("mapping");
	shadow_fresh(room, c->to, c->pages);
	if (!watch(room, to, size))
		return;
	moved = move_by_uffd(room, c) / page_size();
	shadow_uffd_moved(room, c, moved);
}

static void write_pages(struct room *room, const struct call *c)
{
	uint64_t state = c->salt;

	fail_begin(c);
	if (c->op == WRITE)
		for (int i = 0; i < SOME; i++)
			room_write(room, c->first + draw_below(&state, c->pages));
	else
		room_write_all(room, c->first, c->pages);
	fail_end(c);
}

static void reap(struct room *room, size_t which)
{
	pid_t pid = room->child[which];

	room->child[which] = 0;
	if (pid && child_reap(pid, CHILD_LIMIT))
		room->mismatch(0, &room->page[0], "a child has seen something else");
}

void act_end(struct room *room)
{
	for (size_t i = 0; i < ROOM_CHILDREN; i++)
		reap(room, i);
}

/* Has what the shadow says, and makes calls of its own beside its parent. */
static _Noreturn void child(struct room *room, const struct call *c)
{
	struct stream own = { .seed = c->salt };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (room->uffd >= 0)
		close(room->uffd);
	room->uffd = -1;
	room->is_child = true;
	room_inherit(room);
	room_check_all(room, false);
	for (unsigned long i = 0; i < CHILD_CALLS; i++) {
		struct call next = call_of(&own, i);

		if (next.fail == FAIL_ALL)
			next.fail = 1;
		if (next.op != FORK)
			act(room, &next);
	}
	room_check_all(room, false);
	_exit(EXIT_SUCCESS);
}

static void fork_call(struct room *room, const struct call *c)
{
	size_t which = c->salt % ROOM_CHILDREN;
	pid_t pid;

	reap(room, which);
	fail_begin(c);
	pid = fork();
	if (!pid)
		child(room, c);
	fail_end(c);
	if (pid > 0)
		room->child[which] = pid;
}

static void read_pages(struct room *room, const struct call *c)
{
	uint64_t state = c->salt;

	for (int i = 0; i < SOME; i++)
		room_check(room, c->first + draw_below(&state, c->pages));
}

static void look(struct room *room, const struct call *c)
{
	read_pages(room, c);
	room_check(room, c->first);
	room_check(room, c->first + c->pages - 1);
	room_check(room, c->to);
	room_check(room, c->to + c->pages - 1);
}

static bool make_and_note(struct room *room, const struct call *c)
{
	bool worked;

	/* That fails, not what comes before it. */
	if (c->op == PROTECT)
		watch_widely(room, region_page(&room->r, c->first),
			     c->pages * page_size());
	fail_begin(c);
	worked = make_call(room, c);
	fail_end(c);
	if (c->op == SWAP_AGAIN)
		swap_return();
	if (worked)
		shadow_done(room, c);
	else
		shadow_failed(room, c);
	return worked;
}

void act(struct room *room, const struct call *c)
{
	if (c->fail == FAIL_ALL)
		act_end(room);

	switch (c->op) {
	case WRITE:
	case WRITE_MANY:
		write_pages(room, c);
		return;
	case READ:
		read_pages(room, c);
		return;
	case FORK:
		fork_call(room, c);
		return;
	case UFFD_MOVE:
		uffd_move_call(room, c);
		break;
	case CORE:
		if (!(c->salt % SELDOM))
			core_check(room);
		break;
	default:
		/* New memory is to be huge, too. */
		if (make_and_note(room, c) && c->op == MAP)
			madvise(region_page(&room->r, c->first),
				c->pages * page_size(), MADV_HUGEPAGE);
	}
	look(room, c);
}

void act_churn(const struct room *room, const struct call *c)
{
	char *at = region_page(&room->r, c->first);
	size_t size = c->pages * page_size();
	pid_t pid;

	switch (c->op) {
	case FORK:
		pid = fork();
		if (!pid)
			_exit(EXIT_SUCCESS);
		if (pid > 0)
			child_reap(pid, CHILD_LIMIT);
		break;
	case LOCK:
		mlock(at, size);
		break;
	case UNLOCK:
		munlock(at, size);
		break;
	case SPLIT:
		split_folios_of(at, size);
		break;
	case SWAP_AGAIN:
		if (!(c->salt % SELDOM)) {
			swap_leave();
			swap_return();
		}
		break;
	default:
		madvise(at, size, call_advice(c->op));
	}
}
