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
 * *_tables_peak	the most that PageTables of /proc/meminfo was seen to be, in bytes
 *
 * cgroup_*	in a memory cgroup whose limit is half of the work
 * global_*	in the whole machine, two thirds of the work fit
 * *_private	each process has its THPs alone
 * *_shared	each THP is mapped by four processes
 * *_slow	swap is a disk that takes milliseconds for a request
 * *_fragmented	no 512 slots of swap that follow one another are free, so that each THP
 *		is split to be swapped out: how often reclaim needs tables then, for
 *		the tables of whole THPs, is *_thp_split_pmd
 * *_crowd	a thousand processes map 32 MiB of THPs, do nothing and are in the
 *		way: beside them there is room for a third of the work
 * *_atomic	watermarks are low, and a process allocates with GFP_ATOMIC:
 *		*_atomic_tries times, *_atomic_failed of them in vain
 *
 * And what is read for little: 64 THPs are swapped out, and a byte here and there
 * is read, in an order that is the same on each kernel.
 *
 * touch_bytes	bytes read
 * touch_pswpin	pages that were read from swap for them
 * touch_insn	guest instructions for a byte, on average
 *
 * undeposit.pmd_swap= of the kernel command line, where the kernel has that knob,
 * is what it is set to; undeposit.setting= is one setting, or touch, to be run alone:
 * what another has done to memory, fragments of a thousand processes' page tables
 * say, is not measured then.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/test.h"
#include "metric.h"

#define REPEATS		5		/* they differ by a tenth and more */
#define BUDGET		1000000000UL	/* instructions a repetition */
#define GLOBAL_BUDGET	2500000000UL	/* the first touch of all takes 1000000000 */
#define MiB		(1UL << 20)
#define SWAP_SIZE	(1UL << 30)
#define SLOW_SIZE	(256UL << 20)	/* it keeps in memory what it is given */
#define SLOW_NSEC	2000000UL
#define FRAGMENTED_SIZE	(192UL << 20)
#define FRAGMENT	128		/* slots, of which one stays in use */
#define CROWD		1000
#define CROWD_THPS	16
#define LOW_WATERMARKS	"1024"		/* KiB of min_free_kbytes */
#define SIGNALS		20000		/* queued at a time */
#define TABLES_EVERY	16		/* units between looks at PageTables */
#define TOUCH_THPS	64
#define TOUCHES		96
#define MIN_FREE	"/proc/sys/vm/min_free_kbytes"
#define KNOB		"/sys/kernel/mm/transparent_hugepage/pmd_swap"
#define LIMIT_SECONDS	3600		/* only a hang comes near */
#define FAMILIES	4
#define LOOKS		32		/* pages of a THP that a check reads */

static const struct setting {
	const char *name;
	size_t limit;		/* of a memory cgroup; 0: none */
	size_t work;		/* bytes; 0: half as much again as is available */
	size_t families;	/* each with THPs of its own */
	size_t sharers;		/* processes of one that map them */
	bool slow;
	bool fragmented;
	bool crowd;		/* the limit is what it takes, and so much more */
	bool atomic;
} settings[] = {
	{ "cgroup_private", .limit = 96 * MiB, .work = 192 * MiB,
	  .families = 4, .sharers = 1 },
	{ "cgroup_shared", .limit = 96 * MiB, .work = 192 * MiB,
	  .families = 1, .sharers = 4 },
	{ "cgroup_slow", .limit = 64 * MiB, .work = 128 * MiB,
	  .families = 4, .sharers = 1, .slow = true },
	{ "cgroup_fragmented", .limit = 64 * MiB, .work = 128 * MiB,
	  .families = 4, .sharers = 1, .fragmented = true },
	{ "cgroup_crowd", .limit = 32 * MiB, .work = 96 * MiB,
	  .families = 1, .sharers = 1, .crowd = true },
	{ "global_private", .families = 4, .sharers = 1 },
	{ "global_shared", .families = 1, .sharers = 4 },
	{ "global_atomic", .families = 4, .sharers = 1, .atomic = true },
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static const char *const counters[] = {
	"oom_kill", "thp_fault_alloc", "thp_fault_fallback",
	"thp_split_page", "thp_split_pmd", "thp_split_pmd_failed",
	"thp_swpout", "thp_swpout_fallback", "thp_swpout_pmd",
	"thp_swpin_pmd", "thp_swpin_pmd_fallback", "pswpout", "pswpin",
	"pgmajfault",
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
	atomic_long tables;	/* the most, in KiB */
	atomic_long atomic_tries;
	atomic_long atomic_failed;
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

static void look_at_tables(void)
{
	long now = file_field("/proc/meminfo", "PageTables:");
	long most = atomic_load(&common->tables);

	while (now > most &&
	       !atomic_compare_exchange_weak(&common->tables, &most, now))
		;
}

static void one_more(void)
{
	if (atomic_fetch_add(&common->units, 1) % TABLES_EVERY == 0)
		look_at_tables();
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
		one_more();
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
		one_more();
	}
	share(w);
	work(w);
	/* Killed ones are counted by the kernel. */
	while (wait(NULL) > 0)
		;
}

/* A queued signal is allocated by GFP_ATOMIC. */
static void queue_signals(struct child *me, void *arg)
{
	const struct rlimit many = { 2 * SIGNALS, 2 * SIGNALS };
	const struct timespec at_once = { 0 };
	const union sigval value = { 0 };
	sigset_t set;

	(void)me;
	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	if (setrlimit(RLIMIT_SIGPENDING, &many) ||
	    sigprocmask(SIG_BLOCK, &set, NULL))
		fatal("blocking signals");
	while (insn_now() < common->end) {
		for (int i = 0; i < SIGNALS; i++)
			if (sigqueue(getpid(), SIGRTMIN, value))
				common->atomic_failed++;
		common->atomic_tries += SIGNALS;
		while (sigtimedwait(&set, NULL, &at_once) > 0)
			;
	}
}

static uint64_t budget_of(const struct setting *s)
{
	return s->limit ? BUDGET : GLOBAL_BUDGET;
}

static size_t bytes_of_work(const struct setting *s)
{
	if (s->work)
		return s->work;
	return file_field("/proc/meminfo", "MemAvailable:") * 1024 / 2 * 3;
}

/* A family that is killed is not replaced: the units that it lacks tell. */
static void repeat(const struct setting *s, int number)
{
	size_t thps = bytes_of_work(s) / thp_size() / s->families;
	struct child children[FAMILIES];
	struct child queue;

	common->units = 0;
	common->end = insn_now() + budget_of(s);
	if (s->atomic)
		queue = child_start(queue_signals, NULL);
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
	if (s->atomic) {
		if (child_reap(queue.pid, LIMIT_SECONDS))
			fatal("the load of %s", s->name);
		child_close(&queue);
	}
}

static int compare(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a;
	unsigned long y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

static void limit(size_t bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%zu", bytes);
	if (cgroup_write("memory.max", text))
		fatal("memory.max");
}

static void play(struct child *me, void *arg)
{
	const struct setting *s = arg;
	unsigned long each[REPEATS];
	unsigned long units = 0;
	struct region r;
	struct crowd crowd;

	(void)me;
	file_must_write("/proc/self/oom_score_adj", "-1000");
	if (s->limit)
		cgroup_join();
	if (s->crowd) {
		r = region_of_thps(CROWD_THPS, 1);
		crowd = crowd_start(CROWD, &r);
	}
	if (s->limit)
		limit(s->limit + (s->crowd ? cgroup_number("memory.current") : 0));
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
		metric(s->name, "insn_per_unit", REPEATS * budget_of(s) / units,
		       "instructions");
	metric(s->name, "tables_peak", common->tables * 1024, "bytes");
	if (s->atomic) {
		metric(s->name, "atomic_tries", common->atomic_tries, "count");
		metric(s->name, "atomic_failed", common->atomic_failed, "count");
	}
	if (s->crowd) {
		cgroup_unlimit();
		if (!region_intact(&r) || !crowd_finds_intact(&crowd, 2))
			fatal("what the crowd shares");
		crowd_end(&crowd);
	}
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

static bool swap_for(const struct setting *s)
{
	return s->slow ? swap_on_disk(SLOW_SIZE, SLOW_NSEC) :
	       swap_on(s->fragmented ? FRAGMENTED_SIZE : SWAP_SIZE);
}

/* Fills swap with small pages, and frees them but for one here and there. */
static struct region fragment_swap(void)
{
	struct region r = region_reserve(FRAGMENTED_SIZE / thp_size());
	const size_t size = r.thps * thp_size();

	region_map(&r, 0, r.thps);
	if (madvise(r.base, size, MADV_NOHUGEPAGE))
		fatal("MADV_NOHUGEPAGE");
	region_fill(&r, 1);
	for (int i = 0; swap_free() && i < RECLAIM_GOES; i++)
		if (madvise(r.base, size, MADV_PAGEOUT))
			fatal("MADV_PAGEOUT");
	if (swap_free())
		fatal("swap is not full: %ld bytes are free", swap_free());
	for (size_t i = 0; i < r.thps * thp_pages(); i += FRAGMENT)
		if (madvise(region_page(&r, i), (FRAGMENT - 1) * page_size(),
			    MADV_DONTNEED))
			fatal("MADV_DONTNEED");
	return r;
}

static void run(const struct setting *s)
{
	long before[COUNTERS];
	long stalls_before;
	long min_free = file_number(MIN_FREE);
	struct region fragments;
	char text[32];
	struct child c;

	if (!swap_for(s) || (s->limit && !cgroup_make()))
		fatal("this kernel has no zram, no null_blk or no memory cgroups");
	if (s->fragmented)
		fragments = fragment_swap();
	if (s->atomic)
		file_must_write(MIN_FREE, LOW_WATERMARKS);
	memset(common, 0, sizeof(*common));
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
	if (s->limit)
		cgroup_remove();
	snprintf(text, sizeof(text), "%ld", min_free);
	file_must_write(MIN_FREE, text);
	if (s->fragmented)
		munmap(fragments.base, fragments.thps * thp_size());
	swap_off();
}

static void touch(void)
{
	struct region r;
	struct worker w = { .random = 1 };
	long read;
	uint64_t start;

	if (!swap_on(SWAP_SIZE))
		fatal("this kernel has no zram");
	r = region_of_thps(TOUCH_THPS, 1);
	for (int i = 0; !region_is_swapped(&r) && i < RECLAIM_GOES; i++)
		if (madvise(r.base, r.thps * thp_size(), MADV_PAGEOUT))
			fatal("MADV_PAGEOUT");
	if (!region_is_swapped(&r))
		fatal("not all is swapped out");
	read = vmstat("pswpin");
	start = insn_now();
	for (int i = 0; i < TOUCHES; i++) {
		size_t page = draw(&w) % (r.thps * thp_pages());

		*(volatile char *)region_page(&r, page);
	}
	start = insn_now() - start;
	metric("touch", "bytes", TOUCHES, "count");
	metric("touch", "pswpin", vmstat("pswpin") - read, "count");
	if (insn_counts())
		metric("touch", "insn", start / TOUCHES, "instructions");
	if (!region_intact(&r))
		fatal("what was swapped out");
	swap_off();
}

PROGRAM("pressure")
{
	char mode[16];
	char one[32];

	common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (common == MAP_FAILED)
		fatal("memory");
	if (cmdline_value("undeposit.pmd_swap=", mode, sizeof(mode)))
		file_must_write(KNOB, mode);
	if (!cmdline_value("undeposit.setting=", one, sizeof(one)))
		*one = '\0';
	if (!*one || !strcmp(one, "touch"))
		touch();
	for (size_t i = 0; i < SETTINGS; i++)
		if (!*one || !strcmp(one, settings[i].name))
			run(&settings[i]);
}
