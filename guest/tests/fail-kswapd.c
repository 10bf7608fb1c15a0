// SPDX-License-Identifier: GPL-2.0
/*
 * kswapd reclaims THPs: where it gets no memory for their PTE tables they stay
 * mapped and intact, and are swapped out once it does.
 */
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

/* What stays free below the lowest watermark for the test's own use, in kB. */
#define SPARE		49152

/* No thread of the kernel that starts at boot has a higher number. */
#define LAST_PID	200

static long watermark;
static pid_t kswapd;

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

/*
 * Puts what is free between the lowest watermark and the next: whoever
 * allocates wakes kswapd, and does not reclaim himself. Only until it looked at
 * as many pages as there are: it gives up for good after much work in vain.
 */
static void wake_kswapd(const struct region *r)
{
	long enough = vmstat("pgscan_kswapd") + THPS * thp_pages();
	char *page = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)r;
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
	for (int i = 0; i < 500; i++) {
		if (file_read(path, stat, sizeof(stat)) > 0 &&
		    strstr(stat, ") S"))
			return;
		rest(10);
	}
	fatal("kswapd does not sleep");
}

static void run(struct region *r)
{
	const struct aimed reclaim = {
		.name = "reclaim by kswapd", .inside = "kswapd",
		.act = wake_kswapd, .stop = wait_for_sleep,
		.tried = "thp_split_pmd_failed", .splits = AIMED_SOME,
		.done = aimed_swapped, .tables = tables_if_split(THPS),
	};
	long direct = vmstat("pgscan_direct");

	aimed_run(&reclaim, r);
	report(vmstat("pgscan_direct") == direct, "no one else reclaimed");
}

static void of_THPs(void)
{
	struct region r = region_of_thps(THPS, 1);

	run(&r);
}

TEST("fail-kswapd")
{
	if (!aimed_possible())
		return;
	if (!swap_on(SWAP_SIZE)) {
		report_skip("this kernel has no zram");
		return;
	}
	find_kswapd();
	watermark = file_number(WATERMARK);
	set(DISTANCE, 3000);
	CASE(of_THPs);
	swap_off();
}
