// SPDX-License-Identifier: GPL-2.0
/*
 * The list of operations, and what they have in common. How their cost is taken is
 * not known here: bench.c counts instructions, tools/kit reads clocks and counters.
 */
#include <string.h>

#include "bench.h"

#define SHARERS_MAX	8

static struct bench *benches;

void bench_register(struct bench *b)
{
	b->next = benches;
	benches = b;
}

const struct bench *bench_first(void)
{
	return benches;
}

const struct bench *bench_find(const char *name)
{
	const struct bench *b;

	for (b = benches; b && strcmp(b->name, name); b = b->next)
		;
	return b;
}

const char *bench_missing(const struct bench *b)
{
	return b->missing ? b->missing() : NULL;
}

void bench_step(void (*step)(const struct work *w), const struct work *w)
{
	if (step)
		step(w);
}

void work_map(const struct work *w)
{
	huge_map(w->at, w->size);
}

void work_populate(const struct work *w)
{
	huge_map(w->at, w->size);
	huge_write_each(w->at, w->size);
	check_huge(w);
}

void work_populate_zero(const struct work *w)
{
	huge_map(w->at, w->size);
	huge_read_each(w->at, w->size);
	check_huge(w);
}

void work_populate_base(const struct work *w)
{
	base_map(w->at, w->size);
	base_write_each(w->at, w->size);
}

void work_keep(const struct work *w)
{
	(void)w;
}

static void release(const struct work *w)
{
	huge_release(w->at, w->size);
	huge_release(w->to, w->size);
}

void bench_undo(const struct bench *b, const struct work *w)
{
	if (b->undo)
		b->undo(w);
	else
		release(w);
}

static void expect_huge(const struct work *w, size_t want)
{
	size_t huge = huge_count(w->at, w->size);

	if (huge != want)
		fatal("%zu of %zu THPs are huge, not %zu", huge, w->thps, want);
}

void check_huge(const struct work *w)
{
	expect_huge(w, w->thps);
}

void check_split(const struct work *w)
{
	expect_huge(w, 0);
}

static struct child sharers[SHARERS_MAX];
static size_t sharers_count;

static void stay(struct child *me, void *arg)
{
	(void)arg;
	child_pause(me);
}

void sharers_start(size_t children)
{
	if (children > SHARERS_MAX)
		fatal("%zu children", children);
	for (sharers_count = 0; sharers_count < children; sharers_count++) {
		sharers[sharers_count] = child_start(stay, NULL);
		child_wait_pause(&sharers[sharers_count]);
	}
}

void sharers_end(void)
{
	while (sharers_count) {
		struct child *c = &sharers[--sharers_count];

		child_go(c);
		child_end(c);
	}
}

const char *zero_page_missing(void)
{
	static const char file[] = "/sys/kernel/mm/transparent_hugepage/use_zero_page";

	return file_number(file) ? NULL : "use_zero_page is 0";
}
