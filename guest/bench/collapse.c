// SPDX-License-Identifier: GPL-2.0
/*
 * Base pages become THPs: by MADV_COLLAPSE, and by khugepaged, whose CPU time
 * is its instructions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define KHUGEPAGED	"/sys/kernel/mm/transparent_hugepage/khugepaged/"
#define PID_MAX		1000

static void prepare(const struct work *w)
{
	work_populate_base(w);
	if (madvise(w->at, w->size, MADV_HUGEPAGE))
		fatal("MADV_HUGEPAGE");
}

static void collapse(const struct work *w)
{
	if (madvise(w->at, w->size, MADV_COLLAPSE))
		fatal("MADV_COLLAPSE");
}

static uint64_t khugepaged_clock(void)
{
	static clockid_t clock;
	struct timespec ts;
	char path[32], name[32];

	for (int pid = 1; !clock && pid < PID_MAX; pid++) {
		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		if (file_read(path, name, sizeof(name)) > 0 &&
		    !strcmp(name, "khugepaged\n") &&
		    clock_getcpuclockid(pid, &clock))
			fatal("the clock of khugepaged");
	}
	if (!clock || clock_gettime(clock, &ts))
		fatal("khugepaged");
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void set_up_khugepaged(const struct work *w)
{
	(void)w;
	file_must_write(KHUGEPAGED "pages_to_scan", "1000000");
}

/* Any new value of the time to sleep ends its sleep: one pass over all memory. */
static void wake_khugepaged(const struct work *w)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

	file_must_write(KHUGEPAGED "scan_sleep_millisecs", "4000000000");
	for (int i = 0; huge_count(w->at, w->size) < w->thps; i++) {
		if (i == 1000)
			fatal("khugepaged has collapsed %zu of %zu THPs",
			      huge_count(w->at, w->size), w->thps);
		nanosleep(&pause, NULL);
	}
	/* It may have a little left to do. */
	nanosleep(&pause, NULL);
}

static const char *missing(void)
{
	return advice_known(MADV_COLLAPSE) ? NULL : "this kernel has no MADV_COLLAPSE";
}

BENCH(collapse, .thps = 16, .prepare = prepare, .op = collapse,
      .check = check_huge, .missing = missing)
BENCH(khugepaged, .thps = 16, .setup = set_up_khugepaged, .prepare = prepare,
      .op = wake_khugepaged, .check = check_huge, .clock = khugepaged_clock,
      .settings = true)
