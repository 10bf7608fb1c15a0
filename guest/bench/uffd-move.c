// SPDX-License-Identifier: GPL-2.0
/* UFFDIO_MOVE of whole THPs. */
#include <unistd.h>

#include "bench.h"

static int uffd;

static const char *missing(void)
{
	return uffd_has(UFFD_FEATURE_MOVE) ? NULL :
	       "no UFFDIO_MOVE, or userfaultfd() is not permitted";
}

static void setup(const struct work *w)
{
	(void)w;
	uffd = uffd_open(UFFD_FEATURE_MOVE);
	if (uffd < 0)
		fatal("no UFFDIO_MOVE");
}

static void prepare(const struct work *w)
{
	work_populate(w);
	huge_map(w->to, w->size);
	uffd_register(uffd, w->to, w->size, UFFDIO_REGISTER_MODE_MISSING);
}

static void move(const struct work *w)
{
	if (uffd_move(uffd, w->to, w->at, w->size) != (long)w->size)
		fatal("UFFDIO_MOVE");
}

static void check(const struct work *w)
{
	if (huge_count(w->to, w->size) != w->thps)
		fatal("not huge after the move");
}

BENCH(uffd_move, .thps = 64, .setup = setup, .prepare = prepare, .op = move,
      .check = check, .missing = missing)
