// SPDX-License-Identifier: GPL-2.0
/*
 * Random calls on THP memory, beside a shadow of what every page must hold
 * and allow. Several processes do so at once, and fork; allocations fail now
 * and then. All follows from the seed, which is printed: undeposit.seed= on
 * the kernel command line replays it, undeposit.calls= sets how many.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../lib/test.h"

#define THPS		4
#define WORKERS		3
#define CALLS		102000
#define TRACE		24
#define SWAP_SIZE	(128 * thp_size())

/* A page as it must be; what it holds is its stamp, in one word of it. */
struct page {
	uint32_t stamp;		/* 0: reads zero */
	bool mapped;
	bool readable;
	bool writable;
	bool guarded;
	bool lazy;		/* MADV_FREE: reads its stamp or zero */
	bool wiped;		/* a child reads zero */
	bool left_out;		/* a child does not have it */
	bool child_unsure;	/* whether either cannot be told */
	bool unsure;		/* a failed call left what cannot be told */
};

struct state {
	struct region r;
	struct page *page;
	size_t pages;
	uint64_t random;
	uint32_t stamp;
	unsigned long calls;
	char trace[TRACE][80];
};

static uint64_t draw(struct state *s)
{
	uint64_t x = s->random += 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

static size_t below(struct state *s, size_t limit)
{
	return draw(s) % limit;
}

static _Noreturn void mismatch(struct state *s, size_t page, const char *what)
{
	const struct page *p = &s->page[page];

	report(false, "call %lu, page %zu: %s", s->calls, page, what);
	report_note("should be:%s%s%s%s%s%s%s, stamp %#x", p->mapped ? " mapped" : "",
		    p->readable ? " readable" : "", p->writable ? " writable" : "",
		    p->guarded ? " guarded" : "", p->lazy ? " lazy" : "",
		    p->wiped ? " wiped" : "", p->left_out ? " left out" : "",
		    p->stamp);
	for (unsigned long i = 1; i <= TRACE; i++)
		report_note("%s", s->trace[(s->calls + i) % TRACE]);
	_exit(EXIT_FAILURE);
}

static sigjmp_buf back;

static void on_fault(int sig)
{
	siglongjmp(back, sig);
}

/* Unlike can_read(), installed once: there are millions of looks. */
static void catch_faults(void)
{
	struct sigaction action = { .sa_handler = on_fault,
				    .sa_flags = SA_NODEFER };

	if (sigaction(SIGSEGV, &action, NULL))
		fatal("sigaction");
}

/* Not always the same place of a page. */
static volatile uint32_t *word(const struct state *s, size_t page)
{
	return (uint32_t *)(region_page(&s->r, page) + page * 68 % 4096);
}

static bool peek(volatile uint32_t *at, uint32_t *value)
{
	if (sigsetjmp(back, 0))
		return false;
	*value = *at;
	return true;
}

static bool poke(volatile uint32_t *at, uint32_t value)
{
	if (sigsetjmp(back, 0))
		return false;
	*at = value;
	return true;
}

static bool open_to_read(const struct page *p)
{
	return p->mapped && p->readable && !p->guarded;
}

static void check(struct state *s, size_t i)
{
	struct page *p = &s->page[i];
	char text[64];
	uint32_t now;
	bool can;

	if (p->unsure)
		return;
	can = peek(word(s, i), &now);
	if (can != open_to_read(p))
		mismatch(s, i, can ? "may be read" : "may not be read");
	if (!can)
		return;
	if (p->lazy && !now)
		p->stamp = 0;
	if (now == p->stamp)
		return;
	snprintf(text, sizeof(text), "holds %#x where %#x was expected", now,
		 p->stamp);
	mismatch(s, i, text);
}

static void check_all(struct state *s)
{
	for (size_t i = 0; i < s->pages; i++)
		check(s, i);
}

static void write_page(struct state *s, size_t i)
{
	struct page *p = &s->page[i];
	bool should = open_to_read(p) && p->writable;

	if (p->unsure)
		return;
	if (poke(word(s, i), s->stamp + 1) != should)
		mismatch(s, i, should ? "may not be written" : "may be written");
	if (should) {
		p->stamp = ++s->stamp;
		p->lazy = false;
	}
}

enum call {
	WRITE, WRITE_MANY, READ, MPROTECT, MUNMAP, MAP, DONTNEED, FREE, COLD,
	PAGEOUT, GUARD, UNGUARD, LOCK, UNLOCK, DONTFORK, DOFORK, WIPE, KEEP,
	HUGE, NOHUGE, COLLAPSE, FORK, SPLIT, CALLS_KNOWN,
};

static const struct {
	const char *name;
	int advice;		/* of madvise() */
	unsigned int weight;
} calls[CALLS_KNOWN] = {
	[WRITE] = { "write", 0, 12 },
	[WRITE_MANY] = { "write many", 0, 2 },
	[READ] = { "read", 0, 12 },
	[MPROTECT] = { "mprotect", 0, 8 },
	[MUNMAP] = { "munmap", 0, 2 },
	[MAP] = { "mmap", 0, 3 },
	[DONTNEED] = { "MADV_DONTNEED", MADV_DONTNEED, 4 },
	[FREE] = { "MADV_FREE", MADV_FREE, 2 },
	[COLD] = { "MADV_COLD", MADV_COLD, 2 },
	[PAGEOUT] = { "MADV_PAGEOUT", MADV_PAGEOUT, 1 },
	[GUARD] = { "MADV_GUARD_INSTALL", MADV_GUARD_INSTALL, 2 },
	[UNGUARD] = { "MADV_GUARD_REMOVE", MADV_GUARD_REMOVE, 3 },
	[LOCK] = { "mlock", 0, 2 },
	[UNLOCK] = { "munlock", 0, 3 },
	[DONTFORK] = { "MADV_DONTFORK", MADV_DONTFORK, 1 },
	[DOFORK] = { "MADV_DOFORK", MADV_DOFORK, 2 },
	[WIPE] = { "MADV_WIPEONFORK", MADV_WIPEONFORK, 1 },
	[KEEP] = { "MADV_KEEPONFORK", MADV_KEEPONFORK, 2 },
	[HUGE] = { "MADV_HUGEPAGE", MADV_HUGEPAGE, 4 },
	[NOHUGE] = { "MADV_NOHUGEPAGE", MADV_NOHUGEPAGE, 1 },
	[COLLAPSE] = { "MADV_COLLAPSE", MADV_COLLAPSE, 1 },
	[FORK] = { "fork", 0, 1 },
	[SPLIT] = { "split of folios", 0, 1 },
};

static enum call draw_call(struct state *s)
{
	unsigned int sum = 0;
	unsigned int at;

	for (int i = 0; i < CALLS_KNOWN; i++)
		sum += calls[i].weight;
	at = below(s, sum);
	for (int i = 0;; i++) {
		if (at < calls[i].weight)
			return i;
		at -= calls[i].weight;
	}
}

/* What call @c that succeeds makes of a page. */
static struct page made(struct page p, enum call c, int prot)
{
	switch (c) {
	case MPROTECT:
		p.readable = prot & PROT_READ;
		p.writable = prot & PROT_WRITE;
		break;
	case MUNMAP:
		p = (struct page){ 0 };
		break;
	case MAP:
		p = (struct page){ .mapped = true, .readable = true,
				   .writable = true };
		break;
	case GUARD:
		p.guarded = true;
		p.stamp = 0;
		break;
	case DONTNEED:
		p.stamp = 0;
		break;
	case UNGUARD:
		p.guarded = false;
		break;
	case FREE:
		p.lazy = true;
		break;
	case DONTFORK:
	case DOFORK:
		p.left_out = c == DONTFORK;
		break;
	case WIPE:
	case KEEP:
		p.wiped = c == WIPE;
		break;
	default:
		break;
	}
	return p;
}

static void done(struct state *s, enum call c, size_t first, size_t pages,
		 int prot)
{
	for (size_t i = first; i < first + pages; i++) {
		s->page[i] = made(s->page[i], c, prot);
		if (c == MUNMAP || c == MAP)
			s->page[i].unsure = false;
	}
}

/*
 * A call that failed may have come to some of the pages: each is as it was or
 * as the call makes it, and nothing else. Where that cannot be seen, the page
 * is left alone from now on, until it is mapped anew.
 */
static void failed(struct state *s, enum call c, size_t i, int prot)
{
	struct page was = s->page[i];
	/* MAP_FIXED has unmapped what was there, perhaps. */
	struct page is = made(was, c == MAP ? MUNMAP : c, prot);
	uint32_t now = 0;
	bool can;

	if (was.unsure || c == LOCK || c == UNLOCK)
		return;
	if (!was.mapped && c != MAP)
		return;
	if (c >= DONTFORK && c <= KEEP) {
		s->page[i].child_unsure = true;
		return;
	}
	can = peek(word(s, i), &now);
	if (can != open_to_read(&was) && can != open_to_read(&is))
		mismatch(s, i, "neither what it was nor what it should be");
	if (open_to_read(&was) != open_to_read(&is))
		s->page[i] = can == open_to_read(&is) ? is : was;
	else if (!can || is.writable != was.writable)
		s->page[i].unsure = true;
	/* Discarded, and the guard not yet there. */
	if (can && !now && (c == GUARD || c == DONTNEED || c == FREE))
		s->page[i].stamp = 0;
	if (c == FREE)
		s->page[i].lazy = true;
	check(s, i);
}

/* The child has what the shadow says, and both go on alone. */
static int do_fork(struct state *s)
{
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid) {
		fail_me(false);
		if (child_reap(pid, 120))
			mismatch(s, 0, "the child has seen something else");
		return 0;
	}
	/* Opening it may fail on purpose. */
	while (file_write("/proc/self/make-it-fail", "0"))
		;
	for (size_t i = 0; i < s->pages; i++) {
		struct page *p = &s->page[i];

		if (p->child_unsure)
			p->unsure = true;
		else if (p->left_out)
			p->mapped = false;
		else if (p->wiped)
			*p = (struct page){ .mapped = p->mapped,
					    .readable = p->readable,
					    .writable = p->writable,
					    .unsure = p->unsure };
	}
	check_all(s);
	for (int i = 0; i < 16; i++)
		write_page(s, below(s, s->pages));
	check_all(s);
	_exit(EXIT_SUCCESS);
}

static int do_call(struct state *s, enum call c, char *at, size_t size, int prot)
{
	char text[96];

	switch (c) {
	case MPROTECT:
		return mprotect(at, size, prot);
	case MUNMAP:
		return munmap(at, size);
	case MAP:
		return mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			    MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at ? 0 : -1;
	case LOCK:
		return mlock(at, size);
	case UNLOCK:
		return munlock(at, size);
	case FORK:
		return do_fork(s);
	case SPLIT:
		snprintf(text, sizeof(text), "%d,%p,%p", getpid(), (void *)at,
			 (void *)(at + size));
		return file_write("/sys/kernel/debug/split_huge_pages", text);
	default:
		return madvise(at, size, calls[c].advice);
	}
}

/* Mostly a few pages, now and then a whole THP. */
static void draw_range(struct state *s, size_t *first, size_t *pages)
{
	if (below(s, 8) == 0) {
		*first = below(s, THPS) * thp_pages();
		*pages = thp_pages();
		return;
	}
	*first = below(s, s->pages);
	*pages = 1 + below(s, 1 << below(s, 7));
	if (*pages > s->pages - *first)
		*pages = s->pages - *first;
}

static void one_call(struct state *s)
{
	static const int prots[] = { PROT_NONE, PROT_READ,
				     PROT_READ | PROT_WRITE,
				     PROT_READ | PROT_WRITE };
	enum call c = draw_call(s);
	int prot = prots[below(s, 4)];
	bool inject = below(s, 3) == 0;
	size_t first, pages;
	char *at;
	int ret;

	draw_range(s, &first, &pages);
	at = region_page(&s->r, first);
	snprintf(s->trace[s->calls % TRACE], sizeof(s->trace[0]),
		 "call %lu: %s of pages %zu to %zu, prot %d%s", s->calls,
		 calls[c].name, first, first + pages - 1, prot,
		 inject ? ", may fail" : "");
	if (c == WRITE || c == READ) {
		for (int i = 0; i < 8; i++)
			(c == WRITE ? write_page : check)(s, first + below(s, pages));
		return;
	}
	if (c == WRITE_MANY) {
		for (size_t i = first; i < first + pages; i++)
			write_page(s, i);
		return;
	}
	fail_me(inject);
	ret = do_call(s, c, at, pages * page_size(), prot);
	fail_me(false);
	if (!ret)
		done(s, c, first, pages, prot);
	else
		for (size_t i = first; i < first + pages; i++)
			failed(s, c, i, prot);
	/* New memory is to be huge, too. */
	if (c == MAP && !ret && madvise(at, pages * page_size(), MADV_HUGEPAGE))
		fatal("MADV_HUGEPAGE");
	for (int i = 0; i < 4; i++)
		check(s, first + below(s, pages));
	check(s, first);
	check(s, first + pages - 1);
}

static uint64_t seed;
static unsigned long count;

/* Guest seconds: far above what  calls take. */
static unsigned int limit(void)
{
	return 600 + count / 100;
}

static void worker(struct child *me, void *arg)
{
	static struct state s;

	(void)me;
	s.r = region_reserve(THPS);
	s.pages = THPS * thp_pages();
	s.page = calloc(s.pages, sizeof(*s.page));
	s.random = seed * WORKERS + (uintptr_t)arg;
	if (!s.page)
		fatal("memory");
	catch_faults();
	region_map(&s.r, 0, THPS);
	done(&s, MAP, 0, s.pages, 0);
	for (s.calls = 0; s.calls < count / WORKERS; s.calls++) {
		one_call(&s);
		if (s.calls % 1000 == 0)
			check_all(&s);
	}
	check_all(&s);
}

static void calls_that_fail_now_and_then(void)
{
	struct child c[WORKERS];
	long splits = vmstat("thp_split_pmd");
	long failed = vmstat("thp_split_pmd_failed");

	/* A stack that vmalloc() cannot get is told with a trace on the console. */
	if (stacks_in_vmalloc())
		fail_aim(FAIL_OUTSIDE, "__vmalloc_node_range_noprof");
	else
		fail_aim(FAIL_ANY, NULL);
	fail_always(10, false);
	for (uintptr_t i = 0; i < WORKERS; i++)
		c[i] = child_start(worker, (void *)i);
	for (int i = 0; i < WORKERS; i++) {
		int status = child_reap(c[i].pid, limit());

		child_close(&c[i]);
		report(!status, "process %d: %lu calls, seed %llu", i,
		       count / WORKERS, (unsigned long long)seed);
	}
	fail_always(0, false);
	report_note("%ld PMDs were split, %ld splits failed",
		    vmstat("thp_split_pmd") - splits,
		    vmstat("thp_split_pmd_failed") - failed);
}

TEST_OF_ANY_PAGES("random")
{
	char value[32];

	seed = time(NULL) ^ (uint64_t)getpid() << 32;
	if (cmdline_value("undeposit.seed=", value, sizeof(value)))
		seed = strtoull(value, NULL, 0);
	count = CALLS;
	if (cmdline_value("undeposit.calls=", value, sizeof(value)))
		count = strtoul(value, NULL, 0);
	report_note("seed %llu: undeposit.seed=%llu replays it",
		    (unsigned long long)seed, (unsigned long long)seed);
	if (!fail_possible() || !swap_on(SWAP_SIZE)) {
		report_skip("this kernel cannot fail allocations, or has no zram");
		return;
	}
	case_run_for("random", calls_that_fail_now_and_then, limit() + 60);
	swap_off();
}
