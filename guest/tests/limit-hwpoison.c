// SPDX-License-Identifier: GPL-2.0
/*
 * A page of a THP whose memory fails is taken out at the limit of a memory
 * cgroup, too, in every process that maps it, and when the first try to get a page
 * table fails. Beside these the operations of fail-hwpoison.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"
#include "../lib/uapi.h"

static int call_soft_offline(struct scene *s)
{
	return madvise(s->at, page_size(), MADV_SOFT_OFFLINE) ? errno : 0;
}

static void share(struct scene *s)
{
	scene_share(s, 2);
}

/* Its copy of the scene is from before the page was poisoned. */
static void sharer_of_poison(struct child *me, void *arg)
{
	struct scene *s = arg;

	child_pause(me);
	s->value = 1;
	if (!scene_poisoned(s))
		_exit(EXIT_FAILURE);
}

static void share_and_poison(struct scene *s)
{
	for (s->children = 0; s->children < 2; s->children++) {
		struct child *c = &s->child[s->children];

		*c = child_start(sharer_of_poison, s);
		child_wait_pause(c);
	}
	/* Writes to memory that the children share no more, then. */
	scene_poison_ready(s);
}

/* Where nothing is allocated for a split, nothing fails. */
static void aim_at_tables(struct scene *s)
{
	scene_poison_ready(s);
	if (!kernel_deposits())
		fail_aim(FAIL_INSIDE, SPLIT_OF_FOLIO);
	/* So that its own file is there. */
	fail_nth(0);
}

static int fail_one_table(int (*call)(struct scene *s), struct scene *s)
{
	int error;

	if (!kernel_deposits())
		fail_nth(1);
	error = call(s);
	if (!kernel_deposits()) {
		s->other_failed = fail_nth_end();
		/* Where none failed, nothing was seen. */
		if (!s->other_failed && !error)
			error = ENODATA;
	}
	return error;
}

static int call_poison_without_table(struct scene *s)
{
	return fail_one_table(scene_poison, s);
}

static int call_soft_offline_without_table(struct scene *s)
{
	return fail_one_table(call_soft_offline, s);
}

static void aim_no_more(struct scene *s)
{
	(void)s;
	if (!kernel_deposits())
		fail_aim(FAIL_ANY, NULL);
}

static const struct sweep failures[] = {
	{ "MADV_HWPOISON of a page of three processes",
	  .set_up = share_and_poison, .call = scene_poison,
	  .done = scene_poisoned },
	{ "MADV_HWPOISON while a first table cannot be had",
	  .missing = fail_missing,
	  .set_up = aim_at_tables, .call = call_poison_without_table,
	  .finish = aim_no_more, .done = scene_poisoned },
	{ "MADV_SOFT_OFFLINE of a page", .call = call_soft_offline },
	{ "MADV_SOFT_OFFLINE of a page of three processes",
	  .set_up = share, .call = call_soft_offline },
	{ "MADV_SOFT_OFFLINE while a first table cannot be had",
	  .missing = fail_missing,
	  .set_up = aim_at_tables, .call = call_soft_offline_without_table,
	  .finish = aim_no_more },
};

SWEEPS_AT_LIMIT("limit-hwpoison", failures)

TEST("limit-hwpoison")
{
	const char *missing = poison_missing();

	if (missing) {
		report_skip("%s", missing);
		return;
	}
	if (!cgroup_make_or_skip())
		return;
	sweeps_at_limit("fail-hwpoison", LIMIT_NOBODY);
	sweeps_at_limit("fail-hwpoison", LIMIT_CALLER);
	sweeps_at_limit("limit-hwpoison", LIMIT_NOBODY);
	cgroup_remove();
}
