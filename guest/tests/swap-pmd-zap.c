// SPDX-License-Identifier: GPL-2.0
/*
 * A thread discards a THP while another faults it in, whose PMD was a swap entry: at
 * each moment of that fault once. Who reads finds what was there, or zeros; the fault
 * lets go of the folio before it may be freed.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "../lib/test.h"

#define SWAP_SIZE	(8 * thp_size())
#define ALONE		3	/* rounds without a discard */
#define MOMENTS		150
#define SPAN		3	/* they are this many halves of what a fault takes */

static char *discarded;
static atomic_long when;

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void discard(void)
{
	if (madvise(discarded, thp_size(), MADV_DONTNEED))
		fatal("MADV_DONTNEED");
}

/* On another CPU, as long as the process lives. */
static void *discard_then(void *arg)
{
	(void)arg;
	cpu_stay_on(1);
	for (;;) {
		long then = when;

		if (!then)
			continue;
		while (now() < then)
			;
		discard();
		when = 0;
	}
	return NULL;
}

/* Nanoseconds that the fault takes; the discard comes at @moment, if at all. */
static long fault(struct region *r, long moment, unsigned char byte)
{
	unsigned char found;
	long start;

	memset(r->base, byte, thp_size());
	swap_out_by_pmd(r);
	start = now();
	when = moment < 0 ? 0 : start + moment;
	found = *(volatile char *)r->base;
	start = now() - start;
	while (when)
		;
	if (found && found != byte)
		fatal("%u where %u or 0 was expected", found, byte);
	return start;
}

static void beside_a_fault(void)
{
	struct region r = region_of_thps(1, 1);
	long in = vmstat("thp_swpin_pmd");
	long free = swap_free(), takes = 0, brought;
	pthread_t thread;

	discarded = r.base;
	cpu_stay_on(0);
	for (int i = 0; i < ALONE; i++)
		takes = fault(&r, -1, 1);
	if (pthread_create(&thread, NULL, discard_then, NULL))
		fatal("pthread_create");
	for (int i = 0; i < MOMENTS; i++)
		fault(&r, takes * i * SPAN / (2 * MOMENTS), 2 + i);
	discard();
	brought = vmstat("thp_swpin_pmd") - in - ALONE;
	report(brought > 0, "faults brought the THP whole");
	report_note("%ld of %u before it was discarded", brought, MOMENTS);
	report(swap_free() == free, "all slots are free");
}

TEST("swap-pmd-zap")
{
	if (!swap_on_by_pmd(SWAP_SIZE))
		return;
	CASE(beside_a_fault);
	swap_off();
}
