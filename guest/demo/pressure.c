// SPDX-License-Identifier: GPL-2.0
/*
 * pressure: whether work goes on while there is more of it than memory, all
 * of it in THPs, and swap behind. In each setting processes renew THPs (discard
 * one, fault it in again, write all of it) and check others page by page, for
 * a fixed number of guest instructions, several times. What is swapped out
 * must come back as it was. One JSON object a line, for each setting:
 *
 * *_units_least	THPs renewed or checked in a repetition: the least,
 * *_units_median	the median,
 * *_units_most	the most
 * *_units		in all of them
 * *_insn_per_unit	guest instructions for one, on average
 * *_oom_kill, ...	what the counters of /proc/vmstat rose by
 *
 * cgroup_*	in a memory cgroup whose limit is half of the work
 * global_*	in the whole machine, two thirds of the work fit
 * *_private	each process has its THPs alone
 * *_shared	each THP is mapped by four processes: a swapout splits four PMDs
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/test.h"
#include "metric.h"

#define REPEATS		12		/* they differ by a tenth and more */
#define BUDGET		1000000000UL	/* instructions a repetition */
#define CGROUP_LIMIT	"96M"
#define CGROUP_WORK	(192UL << 20)
#define SWAP_SIZE	(1UL << 30)
#define LIMIT_SECONDS	3600		/* only a hang comes near */
#define FAMILIES	4
#define LOOKS		32		/* pages of a THP that a check reads */

static const struct setting {
	const char *name;
	bool cgroup;
	size_t families;	/* each with THPs of its own */
	size_t sharers;		/* processes of one that map them */
} settings[] = {
	{ "cgroup_private", true, 4, 1 },
	{ "cgroup_shared", true, 1, 4 },
	{ "global_private", false, 4, 1 },
	{ "global_shared", false, 1, 4 },
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static const char *const counters[] = {
	"oom_kill", "thp_fault_alloc", "thp_fault_fallback",
	"thp_split_page", "thp_split_pmd", "thp_split_pmd_failed",
	"thp_swpout", "thp_swpout_fallback", "pswpout", "pswpin",
	"pgscan_anon", "pgsteal_anon", "pgscan_direct", "pgscan_kswapd",
};

/* One for each kind of zone; a kernel does not have all of them. */
static const char *const stalls[] = {
	"allocstall_dma", "allocstall_dma32", "allocstall_normal",
	"allocstall_movable",
};

#define COUNTERS (sizeof(counters) / sizeof(counters[0]))
#define STALLS (sizeof(stalls) / sizeof(stalls[0]))

/* Shared by all processes of a repetition. */
static struct {
	atomic_ulong units;
	atomic_bool wrong;
	uint64_t end;		/* of insn_now() */
} *common;

struct worker {
	char *base;
	size_t thps;
	size_t sharers;
	uint64_t *version;	/* of each THP; 0: reads zero */
	uint64_t random;
};

static uint64_t draw(struct worker *w)
{
	uint64_t x = w->random += 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

/* One word, all over the page: swap on zram takes next to no memory for it. */
static uint64_t word_of(const struct worker *w, size_t thp, size_t page)
{
	uint64_t version = w->version[thp];

	return version ? version << 32 | thp << 16 | page : 0;
}

static uint64_t *page_of(const struct worker *w, size_t thp, size_t page)
{
	return (uint64_t *)(w->base + thp * thp_size() + page * page_size());
}

static void renew(struct worker *w, size_t thp)
{
	const size_t pages = thp_pages();
	const size_t words = page_size() / sizeof(uint64_t);

	if (madvise(page_of(w, thp, 0), thp_size(), MADV_DONTNEED))
		fatal("MADV_DONTNEED");
	w->version[thp]++;
	for (size_t page = 0; page < pages; page++) {
		uint64_t *at = page_of(w, thp, page);
		uint64_t word = word_of(w, thp, page);

		for (size_t i = 0; i < words; i++)
			at[i] = word;
	}
}

static void check(struct worker *w, size_t thp)
{
	for (int i = 0; i < LOOKS; i++) {
		uint64_t x = draw(w);
		size_t page = x % thp_pages();
		size_t at = (x >> 32) % (page_size() / sizeof(x));

		if (page_of(w, thp, page)[at] == word_of(w, thp, page))
			continue;
		report_note("THP %zu, page %zu: %#llx where %#llx was expected",
			    thp, page, (unsigned long long)page_of(w, thp, page)[at],
			    (unsigned long long)word_of(w, thp, page));
		atomic_store(&common->wrong, true);
		_exit(EXIT_FAILURE);
	}
}

/* What is shared is read, and seldom written: then it is not shared any more. */
static void work(struct worker *w)
{
	while (insn_now() < common->end) {
		size_t thp = draw(w) % w->thps;

		if (draw(w) % (w->sharers > 1 ? 16 : 2))
			check(w, thp);
		else
			renew(w, thp);
		atomic_fetch_add(&common->units, 1);
	}
}

static void share(struct worker *w)
{
	for (size_t i = 1; i < w->sharers; i++) {
		pid_t pid = fork();

		if (pid < 0)
			fatal("fork");
		if (pid)
			continue;
		w->random += i << 32;
		work(w);
		_exit(EXIT_SUCCESS);
	}
}

static void family(struct child *me, void *arg)
{
	struct worker *w = arg;

	(void)me;
	file_must_write("/proc/self/oom_score_adj", "1000");
	w->version = calloc(w->thps, sizeof(*w->version));
	w->base = mmap(NULL, (w->thps + 1) * thp_size(), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!w->version || w->base == MAP_FAILED)
		fatal("memory");
	w->base += -(uintptr_t)w->base & (thp_size() - 1);
	if (madvise(w->base, w->thps * thp_size(), MADV_HUGEPAGE))
		fatal("MADV_HUGEPAGE");
	for (size_t i = 0; i < w->thps && insn_now() < common->end; i++) {
		renew(w, i);
		atomic_fetch_add(&common->units, 1);
	}
	share(w);
	work(w);
	/* Killed ones are counted by the kernel. */
	while (wait(NULL) > 0)
		;
}

static size_t bytes_of_work(const struct setting *s)
{
	if (s->cgroup)
		return CGROUP_WORK;
	return file_field("/proc/meminfo", "MemAvailable:") * 1024 / 2 * 3;
}

/* A family that is killed is not replaced: the units that it lacks tell. */
static void repeat(const struct setting *s, int number)
{
	size_t thps = bytes_of_work(s) / thp_size() / s->families;
	struct child children[FAMILIES];

	common->units = 0;
	common->end = insn_now() + BUDGET;
	for (size_t i = 0; i < s->families; i++) {
		struct worker w = {
			.thps = thps,
			.sharers = s->sharers,
			.random = number * 1000 + i,
		};

		children[i] = child_start(family, &w);
	}
	for (size_t i = 0; i < s->families; i++) {
		int status = child_reap(children[i].pid, LIMIT_SECONDS);

		child_close(&children[i]);
		if (atomic_load(&common->wrong) || (status && status != SIGKILL))
			fatal("a family of %s", s->name);
	}
}

static int compare(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a;
	unsigned long y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

static void play(struct child *me, void *arg)
{
	const struct setting *s = arg;
	unsigned long each[REPEATS];
	unsigned long units = 0;

	(void)me;
	file_must_write("/proc/self/oom_score_adj", "-1000");
	if (s->cgroup) {
		if (cgroup_write("memory.max", CGROUP_LIMIT))
			fatal("memory.max");
		cgroup_join();
	}
	for (int i = 0; i < REPEATS; i++) {
		repeat(s, i + 1);
		each[i] = common->units;
		units += each[i];
	}
	qsort(each, REPEATS, sizeof(each[0]), compare);
	metric(s->name, "units_least", each[0], "count");
	metric(s->name, "units_median", each[REPEATS / 2], "count");
	metric(s->name, "units_most", each[REPEATS - 1], "count");
	metric(s->name, "units", units, "count");
	if (insn_counts())
		metric(s->name, "insn_per_unit", REPEATS * BUDGET / units,
		       "instructions");
}

static long count_stalls(void)
{
	long sum = 0;

	for (size_t i = 0; i < STALLS; i++) {
		long count = vmstat(stalls[i]);

		sum += count < 0 ? 0 : count;
	}
	return sum;
}

static void run(const struct setting *s)
{
	long before[COUNTERS];
	long stalls_before;
	struct child c;

	if (!swap_on(SWAP_SIZE) || (s->cgroup && !cgroup_make()))
		fatal("this kernel has no zram, or no memory cgroups");
	for (size_t i = 0; i < COUNTERS; i++)
		before[i] = vmstat(counters[i]);
	stalls_before = count_stalls();
	c = child_start(play, (void *)s);
	if (child_reap(c.pid, LIMIT_SECONDS))
		fatal("%s", s->name);
	child_close(&c);
	for (size_t i = 0; i < COUNTERS; i++)
		if (before[i] >= 0)
			metric(s->name, counters[i],
			       vmstat(counters[i]) - before[i], "count");
	metric(s->name, "allocstalls", count_stalls() - stalls_before, "count");
	if (s->cgroup)
		cgroup_remove();
	swap_off();
}

PROGRAM("pressure")
{
	common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (common == MAP_FAILED)
		fatal("memory");
	for (size_t i = 0; i < SETTINGS; i++)
		run(&settings[i]);
}
