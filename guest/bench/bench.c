// SPDX-License-Identifier: GPL-2.0
/*
 * bench: runs the operations that undeposit.bench= of the kernel command line
 * names, or all, and says for each:
 *
 * {"metric":"<name>","value":<median>,"min":...,"max":...,
 *  "unit":"instructions","thps":...,"rounds":...,
 *  "tables_before":<bytes>,"tables_after":<bytes>}
 *
 * where the values are instructions for one THP, and the tables what PageTables
 * of /proc/meminfo stood above its level before the operation's memory was
 * mapped, just before the operation and just after it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/mark.h"
#include "bench.h"

#define CHILD_LIMIT	1800	/* guest seconds */

/* Written by the process of an operation, read by the first one. */
static struct outcome {
	uint64_t cost[WARM_UPS + ROUNDS];
	long level, before, after;	/* PageTables */
} *outcome;

struct job {
	const struct bench *b;
	size_t thps;
};

static uint64_t cost_of(const struct bench *b, const struct work *w)
{
	uint64_t (*now)(void) = b->clock ? b->clock : insn_now;
	uint64_t start, cost;

	bench_step(b->prepare, w);
	mark(MARK_BEGIN);
	start = now();
	b->op(w);
	cost = now() - start;
	mark(MARK_END);
	return cost;
}

/* The body of an operation's process. */
static void work(struct child *me, void *arg)
{
	const struct job *job = arg;
	const struct bench *b = job->b;
	struct work w = {
		.at = huge_reserve(b->thps * thp_size()),
		.to = huge_reserve(b->thps * thp_size()),
		.thps = job->thps,
		.size = job->thps * thp_size(),
	};

	(void)me;
	insn_alone();
	if (mlockall(MCL_CURRENT) || munlockall())
		fatal("mlockall");
	outcome->level = tables_system();
	bench_step(b->setup, &w);
	for (size_t i = 0; i < WARM_UPS + ROUNDS; i++) {
		outcome->cost[i] = cost_of(b, &w);
		bench_undo(b, &w);
	}
	bench_step(b->prepare, &w);
	outcome->before = tables_system();
	b->op(&w);
	outcome->after = tables_system();
	bench_step(b->check, &w);
	bench_undo(b, &w);
	bench_step(b->teardown, &w);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Leaves the costs of the rounds, sorted, at the start of outcome->cost. */
static void run_job(const struct bench *b, size_t thps)
{
	struct job job = { b, thps };
	struct child c = child_start(work, &job);

	if (child_reap(c.pid, CHILD_LIMIT))
		fatal("%s of %zu THPs", b->name, thps);
	child_close(&c);
	memmove(outcome->cost, outcome->cost + WARM_UPS,
		ROUNDS * sizeof(outcome->cost[0]));
	qsort(outcome->cost, ROUNDS, sizeof(outcome->cost[0]), by_value);
}

static void run(const struct bench *b)
{
	double per_thp[ROUNDS];
	const char *missing = bench_missing(b);
	uint64_t one;

	if (missing)
		fatal("%s: %s", b->name, missing);
	run_job(b, 1);
	one = outcome->cost[ROUNDS / 2];
	run_job(b, b->thps);
	for (size_t i = 0; i < ROUNDS; i++)
		per_thp[i] = ((double)outcome->cost[i] - one) / (b->thps - 1);
	report_raw("{\"metric\":\"%s\",\"value\":%.1f,\"min\":%.1f,\"max\":%.1f,"
		   "\"unit\":\"instructions\",\"thps\":%zu,\"rounds\":%d,"
		   "\"tables_before\":%ld,\"tables_after\":%ld}",
		   b->name, per_thp[ROUNDS / 2], per_thp[0], per_thp[ROUNDS - 1],
		   b->thps, ROUNDS, outcome->before - outcome->level,
		   outcome->after - outcome->level);
}

static const struct bench *find(const char *name)
{
	const struct bench *b = bench_find(name);

	if (!b)
		fatal("no operation is called %s", name);
	return b;
}

PROGRAM("bench")
{
	char names[1024];
	char *name;
	char *save;

	if (!insn_counts())
		fatal("the clock does not count instructions");
	outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcome == MAP_FAILED)
		fatal("mmap");
	/* As everything on a distribution: in a group, charged for. */
	cgroup_use("bench");
	if (!cgroup_make())
		fatal("no memory cgroups");
	cgroup_join();
	if (!cmdline_value("undeposit.bench=", names, sizeof(names))) {
		for (const struct bench *b = bench_first(); b; b = b->next)
			run(b);
		return;
	}
	for (name = strtok_r(names, ",", &save); name;
	     name = strtok_r(NULL, ",", &save))
		run(find(name));
}
