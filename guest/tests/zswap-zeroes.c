// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that zswap has are faulted in while they are on their way out, and so stay in
 * the swap cache; they are zeroed, and swapped out again, for which the kernel needs
 * neither zswap nor the device. What zswap has is old then, and must never be seen
 * again.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "../lib/test.h"

#define SWAP_SIZE	(16UL << 20)
#define DISK_NSEC	10000
#define MOMENTS		60
#define TURNS		1500
#define MOST_TRIES	(50 * MOMENTS)
#define PAGES		128
#define SEED		1

static _Atomic(volatile char *) touched;
static atomic_uint turns;	/* before it is */

/* On another CPU, as long as the process lives. */
static void *touch(void *arg)
{
	(void)arg;
	cpu_stay_on(1);
	for (;;) {
		volatile char *page = touched;

		if (!page)
			continue;
		for (volatile unsigned int i = 0; i < turns; i++)
			;
		(void)*page;
		touched = NULL;
	}
	return NULL;
}

/* Pages; what a memory cgroup says of so few lags behind. */
static long in_zswap(void)
{
	return file_number("/sys/kernel/debug/zswap/stored_pages");
}

/* Half of it can be compressed. */
static void fill(char *page)
{
	pattern_fill(page, 1, SEED, 0);
	memset(page, 7, page_size() / 2);
}

/*
 * Pages it out, and touches it at another moment each time, until it is there and
 * zswap has it, too.
 */
static bool comes_back_early(char *page)
{
	long want = in_zswap() + 1;

	for (unsigned int i = 0; i < MOST_TRIES; i++) {
		turns = i % MOMENTS * TURNS;
		/* Where the other CPU has read it, it is on no list yet. */
		if (madvise(page, page_size(), MADV_DONTNEED))
			fatal("MADV_DONTNEED");
		fill(page);
		touched = page;
		reclaim_range(page, page_size());
		while (touched)
			;
		if (in_zswap() >= want && pagemap_count(page, 1, PAGEMAP_PRESENT))
			return true;
	}
	return false;
}

static void are_zeroed(void)
{
	const size_t size = PAGES * page_size();
	pthread_t toucher;
	char *at;

	cgroup_join();
	cpu_stay_on(0);
	/* Of those that are there already none is read again beside another. */
	file_must_write("/proc/sys/vm/page-cluster", "0");
	if (pthread_create(&toucher, NULL, touch, NULL))
		fatal("pthread_create");
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		fatal("mmap");
	for (size_t i = 0; i < PAGES; i++)
		if (!comes_back_early(at + i * page_size())) {
			report_skip("no fault came while a page was on its way out");
			return;
		}
	memset(at, 0, size);
	for (int i = 0; i < RECLAIM_GOES && pagemap_count(at, PAGES, PAGEMAP_PRESENT); i++)
		reclaim_range(at, size);
	if (pagemap_count(at, PAGES, PAGEMAP_PRESENT))
		fatal("not all pages are swapped out");
	if (!report(!in_zswap(), "zswap forgets them"))
		report_note("zswap wrote %ld of them", zswap_write_some());
	report(pattern_zero(at, PAGES), "contents");
}

TEST("zswap-zeroes")
{
	if (!zswap_switch(true)) {
		report_skip("this kernel has no zswap");
		return;
	}
	if (!cgroup_make_or_skip())
		return;
	if (!swap_on_disk(SWAP_SIZE, DISK_NSEC)) {
		report_skip("this kernel has no null_blk");
		return;
	}
	CASE(are_zeroed);
	swap_off();
}
