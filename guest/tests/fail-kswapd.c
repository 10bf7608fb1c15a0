// SPDX-License-Identifier: GPL-2.0
/*
 * kswapd reclaims THPs: where it gets no memory for their PTE tables they stay
 * mapped and intact, and are swapped out once it does.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../lib/test.h"

#define THPS		4
#define SWAP_SIZE	(16 * THPS * thp_size())
#define WATERMARK	"/proc/sys/vm/min_free_kbytes"
#define DISTANCE	"/proc/sys/vm/watermark_scale_factor"

/* Between two watermarks, in 1/10000 of memory: kswapd never has enough. */
#define FAR		"3000"

/* What is free above the lowest watermark, in kB: nobody else reclaims. */
#define SPARE		49152

/* No thread of the kernel that starts at boot has a higher number. */
#define LAST_PID	200

/* Guest seconds for a case, which takes a few: only a hang comes near. */
#define LIMIT		180

/* Bytes that may be reclaimed at any time. */
#define BAIT		(2 << 20)

static long watermark;
static pid_t kswapd;
static struct child bait;

static void set(const char *file, long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", value);
	file_must_write(file, text);
}

static void rest(long milliseconds)
{
	const struct timespec pause = { .tv_nsec = milliseconds * 1000000 };

	nanosleep(&pause, NULL);
}

/* Base pages in a cgroup, in memory again whenever it is let go. */
static void fill_cgroup(struct child *me, void *arg)
{
	char *pages = mmap(NULL, BAIT, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)arg;
	if (pages == MAP_FAILED || madvise(pages, BAIT, MADV_NOHUGEPAGE))
		fatal("mapping base pages");
	cgroup_join();
	for (;;) {
		memset(pages, 1, BAIT);
		child_pause(me);
	}
}

/* Before there is memory that a fork would share. */
static void lay_bait(void)
{
	bait = child_start(fill_cgroup, NULL);
	child_wait_pause(&bait);
}

static void remove_bait(void)
{
	kill(bait.pid, SIGKILL);
	child_reap(bait.pid, 10);
	child_close(&bait);
}

/*
 * After much work in vain kswapd gives the node up, until someone else reclaims
 * with success while there is enough memory.
 */
static void give_hope(void)
{
	if (file_field("/proc/zoneinfo", "  node_unreclaimable:") <= 0)
		return;
	cgroup_reclaim();
	child_go(&bait);
	child_wait_pause(&bait);
}

/*
 * Puts what is free between the lowest watermark and the next: whoever
 * allocates wakes kswapd. Only until it looked at as many pages as there are.
 */
static void wake_kswapd(const struct region *r)
{
	long enough = vmstat("pgscan_kswapd") + r->thps * thp_pages();
	char *page = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		fatal("mmap");
	give_hope();
	set(WATERMARK, file_field("/proc/meminfo", "MemFree:") - SPARE);
	*(volatile char *)page = 1;
	for (int i = 0; i < 20 && vmstat("pgscan_kswapd") < enough; i++)
		rest(5);
	set(WATERMARK, watermark);
	munmap(page, page_size());
}

static void find_kswapd(void)
{
	char path[32];
	char name[32];

	for (kswapd = 2; kswapd < LAST_PID; kswapd++) {
		snprintf(path, sizeof(path), "/proc/%d/comm", kswapd);
		if (file_read(path, name, sizeof(name)) > 0 &&
		    !strcmp(name, "kswapd0\n"))
			return;
	}
	fatal("no process kswapd0");
}

static void wait_for_sleep(const struct region *r)
{
	char path[32];
	char stat[512];

	(void)r;
	snprintf(path, sizeof(path), "/proc/%d/stat", kswapd);
	for (int i = 0; i < 6000; i++) {
		if (file_read(path, stat, sizeof(stat)) > 0 &&
		    strstr(stat, ") S"))
			return;
		rest(10);
	}
	fatal("kswapd does not sleep");
}

static void run(struct region *r, size_t sharers, const char *inside)
{
	const struct aimed reclaim = {
		.name = sharers ? "reclaim by kswapd, THPs of two processes" :
				  "reclaim by kswapd",
		.inside = inside, .act = wake_kswapd, .stop = wait_for_sleep,
		.tried = "thp_split_pmd_failed", .splits = AIMED_SOME,
		.done = region_is_swapped, .tables = tables_if_split(THPS),
		.sharers = sharers,
	};
	long stolen = vmstat("pgsteal_kswapd");

	aimed_run(&reclaim, r);
	remove_bait();
	stolen = vmstat("pgsteal_kswapd") - stolen;
	report(stolen >= (long)thp_pages(), "that was kswapd");
}

/* Whatever kswapd wants, there is no memory for it, nor for what it swaps out. */
static void of_THPs(void)
{
	struct region r;

	lay_bait();
	r = region_of_thps(THPS, 1);
	run(&r, 0, "kswapd");
}

/* There is for all but the tables. */
static void of_shared_THPs(void)
{
	struct region r;
	struct child c;

	lay_bait();
	r = region_of_thps(THPS, 2);
	c = child_start(family_split_too, &r);
	child_wait_pause(&c);
	run(&r, 1, SPLIT_OF_FOLIO);
	child_go(&c);
	child_end(&c);
}

TEST("fail-kswapd")
{
	if (!aimed_possible())
		return;
	if (!cgroup_make_or_skip())
		return;
	if (swap_on_by_pte(SWAP_SIZE)) {
		find_kswapd();
		watermark = file_number(WATERMARK);
		file_must_write(DISTANCE, FAR);
		case_run_for("of THPs", of_THPs, LIMIT);
		case_run_for("of shared THPs", of_shared_THPs, LIMIT);
		swap_off();
	} else {
		report_skip("this kernel has no zram");
	}
	cgroup_remove();
}
