// SPDX-License-Identifier: GPL-2.0
/*
 * thpcost-truth: what thpcost says of a workload on this kernel, beside what
 * page tables the workload really has. One JSON object a line, for each of
 *
 *   anon	THPs, each written to
 *   forked	the same, shared with two children
 *   split	the same, every fourth THP split
 *   zero	mappings of the huge zero page
 *
 * thpcost_*_tables	what PageTables of /proc/meminfo rose by
 * thpcost_*_gain	what GAIN of the system rose by
 * thpcost_*_without	what that leaves where there is no deposit: predicted
 *			by a kernel that deposits, so by one that does not
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../tools/thpcost/survey.h"
#include "../lib/test.h"
#include "metric.h"

#define THPS		100
#define CHILDREN	2

/* The system at one moment, in bytes. */
struct moment {
	long tables;
	long deposit;
	long gain;
};

static struct moment moment_now(void)
{
	struct moment now;
	struct survey s;
	struct root root;

	if (root_open(&root, "/") || survey_read(&root, &s))
		fatal("survey");
	if (s.hidden || s.system.unread || s.system.cost.unseen)
		fatal("there is something that thpcost does not see");
	now.deposit = cost_deposit(&s.kernel, &s.system.cost);
	now.gain = cost_gain(&s.kernel, &s.system.cost);
	survey_free(&s);
	root_close(&root);
	now.tables = tables_system();
	return now;
}

/* @others: tables that came with the workload and have nothing to do with THP. */
static void say(const char *name, const struct moment *before, long others)
{
	struct moment now = moment_now();
	long tables = now.tables - before->tables - others;
	long deposit = now.deposit - before->deposit;
	char metric_name[64];

	snprintf(metric_name, sizeof(metric_name), "%s_tables", name);
	metric("thpcost", metric_name, tables, "bytes");
	snprintf(metric_name, sizeof(metric_name), "%s_gain", name);
	metric("thpcost", metric_name, now.gain - before->gain, "bytes");
	snprintf(metric_name, sizeof(metric_name), "%s_without", name);
	metric("thpcost", metric_name, tables - deposit, "bytes");
}

static void sharer(struct child *me, void *arg)
{
	(void)arg;
	child_pause(me);
}

static void anonymous(void)
{
	struct region r = region_reserve(THPS);
	struct tables cost = family_cost();
	struct child children[CHILDREN];
	struct moment before;

	moment_now();	/* the heap that a survey takes is there from now on */
	before = moment_now();
	region_map(&r, 0, THPS);
	region_fill(&r, 1);
	say("anon", &before, 0);
	for (size_t i = 0; i < CHILDREN; i++) {
		children[i] = child_start(sharer, NULL);
		child_wait_pause(&children[i]);
	}
	say("forked", &before, CHILDREN * cost.system);
	for (size_t i = 0; i < CHILDREN; i++) {
		child_go(&children[i]);
		child_end(&children[i]);
	}
	for (size_t i = 0; i < THPS; i += 4)
		if (madvise(region_thp(&r, i), page_size(), MADV_DONTNEED))
			fatal("splitting");
	say("split", &before, 0);
}

static void zero(void)
{
	struct region r = region_reserve(THPS);
	struct moment before;

	moment_now();
	before = moment_now();
	region_map(&r, 0, THPS);
	for (size_t i = 0; i < THPS; i++)
		if (!can_read(region_thp(&r, i)))
			fatal("reading");
	say("zero", &before, 0);
}

PROGRAM("thpcost-truth")
{
	pid_t pid = fork();

	if (pid < 0)
		fatal("fork");
	if (!pid) {
		anonymous();
		_exit(EXIT_SUCCESS);
	}
	if (child_reap(pid, 300))
		fatal("a workload");
	zero();
}
