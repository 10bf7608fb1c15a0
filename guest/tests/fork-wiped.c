// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that was faulted in, moved by mremap(), and is wiped in the child
 * (MADV_WIPEONFORK): the child may split it and write to it like any that is new.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define PAGES	8

static void wiped(struct child *me, void *arg)
{
	const size_t size = page_size();
	char *at = arg;

	(void)me;
	report(pattern_zero(at, PAGES), "wiped");
	if (mprotect(at + 2 * size, 2 * size, PROT_READ) ||
	    mprotect(at + 2 * size, 2 * size, PROT_READ | PROT_WRITE))
		fatal("mprotect");
	pattern_fill(at, PAGES, 2, 0);
	report(pattern_holds(at, PAGES, 2, 0), "the child's contents");
}

static void moved_before(void)
{
	const size_t size = PAGES * page_size();
	char *from = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct child c;
	char *to;

	if (from == MAP_FAILED)
		fatal("mmap");
	to = from + size;
	pattern_fill(from, PAGES, 1, 0);
	if (mremap(from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		fatal("mremap");
	if (madvise(to, size, MADV_WIPEONFORK))
		fatal("MADV_WIPEONFORK");
	c = child_start(wiped, to);
	child_end(&c);
	report(pattern_holds(to, PAGES, 1, 0), "the parent's contents");
}

TEST_OF_ANY_PAGES("fork-wiped")
{
	CASE(moved_before);
}
