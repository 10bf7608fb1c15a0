// SPDX-License-Identifier: GPL-2.0
/*
 * A process forks again and again, and its children exit at once, while another
 * CPU splits its THPs or swaps them out: mappers come and go between the look at
 * who needs a PTE table and the walk that takes it. All THPs are done within a
 * few tries, and no contents change.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/test.h"

#define THPS		4
#define SWAP_SIZE	(16 * THPS * thp_size())
#define ROUNDS		16

/* Children at a time. */
#define CHILDREN	4

/* Until one THP more is done. */
#define MOST_TRIES	RECLAIM_MOST

/* Guest seconds; it takes a tenth of it: only a hang comes near. */
#define LIMIT		300

struct work {
	const char *name;
	/* Does it to THP @i, if it can choose. */
	void (*act)(size_t i);
	/* How many bytes are done in all. */
	size_t (*done)(void);
	/* Children look at the memory. What they look at reclaim keeps. */
	bool look;
};

static struct shared {
	const struct work *work;
	struct region r;
	pid_t pid;			/* who forks */
	atomic_bool over;
	unsigned int tries;		/* at most, for one more */
	unsigned int undone;		/* rounds that did not do all */
} *shared;

static void split(size_t i)
{
	split_folios_of(shared->pid, region_thp(&shared->r, i), thp_size());
}

static size_t split_bytes(void)
{
	return vmstat("thp_split_page") * thp_size();
}

static void swap_some(size_t i)
{
	(void)i;
	cgroup_reclaim_size(thp_size());
}

/* Of the process that forks. */
static size_t swapped_bytes(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", shared->pid);
	return file_field(path, "Swap") * 1024;
}

static const struct work split_all = {
	.name = "folios are split",
	.act = split,
	.done = split_bytes,
	.look = true,
};

static const struct work swap_all = {
	.name = "THPs are swapped out",
	.act = swap_some,
	.done = swapped_bytes,
};

/* Whether it was, and in how many tries. */
static bool do_one(const struct work *work, size_t i, size_t want)
{
	unsigned int tries;

	for (tries = 0; work->done() < want && tries < MOST_TRIES; tries++)
		work->act(i);
	if (tries > shared->tries)
		shared->tries = tries;
	return work->done() >= want;
}

static void other(struct child *me, void *arg)
{
	size_t before;

	(void)arg;
	cpu_stay_on(1);
	/* Its table is there before any are counted. */
	shared->over = false;
	for (;;) {
		child_pause(me);
		before = shared->work->done();
		for (size_t i = 0; i < THPS; i++)
			if (!do_one(shared->work, i,
				    before + (i + 1) * thp_size()))
				break;
		shared->undone += before + THPS * thp_size() >
				  shared->work->done();
		shared->over = true;
	}
}

/* Whether child @pid found what it looked at as it should be. */
static bool end_of(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && !status;
}

static pid_t fork_one(void)
{
	pid_t pid = fork();

	if (pid < 0)
		fatal("fork");
	if (pid)
		return pid;
	for (size_t i = 0; shared->work->look && i < THPS; i++)
		if (!region_holds(&shared->r, i * thp_pages(), 1))
			_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

/* Forks until the other one is through; how many children did not like it. */
static unsigned int storm(unsigned long *forks)
{
	pid_t pid[CHILDREN];
	unsigned int bad = 0;
	unsigned long n;

	for (n = 0; !shared->over; n++) {
		if (n >= CHILDREN)
			bad += !end_of(pid[n % CHILDREN]);
		pid[n % CHILDREN] = fork_one();
	}
	for (unsigned long i = n < CHILDREN ? 0 : n - CHILDREN; i < n; i++)
		bad += !end_of(pid[i % CHILDREN]);
	*forks += n;
	return bad;
}

/* The THPs, and nothing else, are the group's. */
static void fill(struct region *r, unsigned int round)
{
	region_map(r, 0, THPS);
	cgroup_join();
	region_fill(r, 1 + round);
	cgroup_leave();
	if (region_huge(r) != THPS)
		fatal("not all THPs are huge");
}

static void in_the_storm(const struct work *work)
{
	long failed = vmstat("thp_split_pmd_failed");
	unsigned int bad = 0, changed = 0;
	unsigned long forks = 0;
	struct tables before;
	struct child c;

	shared = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		fatal("mmap");
	c = child_start(other, NULL);
	child_wait_pause(&c);
	cpu_stay_on(0);
	shared->work = work;
	shared->pid = getpid();
	shared->r = region_reserve(THPS);
	before = tables_read(0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		fill(&shared->r, i);
		shared->over = false;
		child_go(&c);
		bad += storm(&forks);
		child_wait_pause(&c);
		changed += !region_intact(&shared->r);
	}
	failed = vmstat("thp_split_pmd_failed") - failed;
	report_note("%lu forks, at most %u tries, %ld splits of a PMD failed",
		    forks, shared->tries, failed);
	report(!shared->undone, "%s, each in a few tries", work->name);
	report(!changed, "contents");
	report(!bad, "contents in the children");
	report_tables(&before, THPS, "split");
	kill(c.pid, SIGKILL);
	child_reap(c.pid, 10);
	child_close(&c);
}

static void folio_splits(void)
{
	in_the_storm(&split_all);
}

static void reclaim(void)
{
	in_the_storm(&swap_all);
}

TEST("fork-storm")
{
	if (!cgroup_make_or_skip())
		return;
	case_run_for("folio splits", folio_splits, LIMIT);
	if (swap_on_by_pte(SWAP_SIZE)) {
		case_run_for("reclaim", reclaim, LIMIT);
		swap_off();
	} else {
		report_skip("this kernel has no zram");
	}
	cgroup_remove();
}
