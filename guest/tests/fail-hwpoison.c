// SPDX-License-Identifier: GPL-2.0
/*
 * Memory failure takes one page out of a THP: where the folio cannot be split,
 * the process is told by a signal, the call says EHWPOISON, and all is mapped and
 * intact.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>

#include "../lib/test.h"

static volatile sig_atomic_t told;

static void on_bus(int sig)
{
	told = sig;
}

/* What is poisoned stays so: each call takes the next page. */
static char *page(const struct scene *s, long call)
{
	return s->at + call * page_size();
}

/* A page of the program that is copied when it is written first: now. */
static void be_ready(struct scene *s)
{
	(void)s;
	told = 0;
}

static int call_poison(struct scene *s)
{
	const struct sigaction action = { .sa_handler = on_bus };
	struct sigaction old;
	int error;

	told = 0;
	sigaction(SIGBUS, &action, &old);
	error = madvise(page(s, s->value++), page_size(), MADV_HWPOISON) ?
		errno : 0;
	sigaction(SIGBUS, &old, NULL);
	return error;
}

static bool poisoned(struct scene *s)
{
	size_t first = (s->at - s->r.base) / page_size();
	size_t rest = first + s->value;

	return !can_read(page(s, s->value - 1)) &&
	       region_holds(&s->r, 0, first) &&
	       region_holds(&s->r, rest, thp_pages() - rest);
}

static bool told_and_mapped(struct scene *s)
{
	return (told || s->other_failed) && can_write(s->at);
}

static const struct sweep sweeps[] = {
	{ "MADV_HWPOISON of a page", .split_error = EHWPOISON,
	  .set_up = be_ready, .call = call_poison, .done = poisoned, .undone = told_and_mapped },
};

SWEEPS_AT_LIMIT("fail-hwpoison", sweeps)

TEST("fail-hwpoison")
{
	if (madvise(NULL, 0, MADV_HWPOISON)) {
		report_skip("this kernel has no MADV_HWPOISON");
		return;
	}
	sweeps_run(SPLIT_OF_FOLIO, sweeps, sizeof(sweeps) / sizeof(*sweeps));
}
