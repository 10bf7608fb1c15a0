// SPDX-License-Identifier: GPL-2.0
/*
 * A THP that was swapped out by its PMD into zswap comes back whole as long as
 * all of it is there, or nothing, and by pages once a part of it was written to
 * the swap device.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"

#define THPS		4
#define SWAP_SIZE	(16 * THPS * thp_size())
#define OWN_PAGES	64	/* of the process itself: reclaim takes them, too */
#define MEETINGS	12

static unsigned char byte_of(size_t page)
{
	return page * 7 + 1;
}

/* Every second page can be compressed; of the others zswap keeps a copy. */
static struct region filled(uint64_t seed)
{
	struct region r = region_of_thps(THPS, seed);

	for (size_t page = 0; page < THPS * thp_pages(); page += 2)
		memset(region_page(&r, page), byte_of(page), page_size());
	return r;
}

static bool all_bytes(const char *at, unsigned char byte)
{
	return *(const unsigned char *)at == byte &&
	       !memcmp(at, at + 1, page_size() - 1);
}

static bool intact(const struct region *r)
{
	for (size_t page = 0; page < THPS * thp_pages(); page++)
		if (page % 2 ? !region_holds(r, page, 1) :
		    !all_bytes(region_page(r, page), byte_of(page)))
			return false;
	return true;
}

static struct region in_zswap(uint64_t seed)
{
	const long pages = THPS * thp_pages();
	struct region r = filled(seed);
	long out = vmstat("zswpout");

	swap_out_by_pmd(&r);
	if (vmstat("zswpout") - out != pages)
		fatal("%ld of %ld pages in zswap", vmstat("zswpout") - out,
		      pages);
	return r;
}

/* @whole THPs by one fault each, and @loaded pages from zswap. */
static void comes_back(const struct region *r, long whole, long loaded)
{
	long in = vmstat("thp_swpin_pmd");
	long split = vmstat("thp_swpin_pmd_fallback");
	long from = vmstat("zswpin");

	report(intact(r), "contents");
	in = vmstat("thp_swpin_pmd") - in;
	split = vmstat("thp_swpin_pmd_fallback") - split;
	from = vmstat("zswpin") - from;
	if (!report(in == whole && split == THPS - whole,
		    "%ld THPs whole, %ld by pages", whole, THPS - whole))
		report_note("%ld whole, %ld by pages", in, split);
	if (!report(from >= loaded && from < loaded + OWN_PAGES,
		    "%ld pages from zswap", loaded))
		report_note("%ld pages", from);
}

static void all_is_there(void)
{
	struct region r = in_zswap(1);

	comes_back(&r, THPS, THPS * thp_pages());
	report(region_huge(&r) == THPS, "huge");
	/* What zswap had is gone: this is another round with other contents. */
	for (size_t page = 0; page < THPS * thp_pages(); page++)
		*region_page(&r, page) ^= 1;
	swap_out_by_pmd(&r);
	for (size_t page = 0; page < THPS * thp_pages(); page++)
		*region_page(&r, page) ^= 1;
	report(intact(&r), "contents after another round");
}

static void nothing_is_there(void)
{
	struct region r = filled(2);
	long out = vmstat("zswpout");

	zswap_switch(false);
	swap_out_by_pmd(&r);
	report(vmstat("zswpout") == out, "nothing goes to zswap");
	comes_back(&r, THPS, 0);
	zswap_switch(true);
}

static void swapoff_brings_it(void)
{
	struct region r = in_zswap(3);
	long in = vmstat("zswpin");

	swap_off();
	report(vmstat("zswpin") - in == (long)(THPS * thp_pages()),
	       "all from zswap");
	report(region_huge(&r) == THPS, "huge");
	report(intact(&r), "contents");
	if (!swap_on(SWAP_SIZE))
		fatal("swap");
}

/* They leave the swap cache with the next reclaim. */
static long write_some(void)
{
	long written = zswap_write_some();

	for (int i = 0; i < RECLAIM_MOST && swap_cached(); i++)
		cgroup_reclaim();
	return written;
}

static void a_part_is_written(void)
{
	const long pages = THPS * thp_pages();
	struct region r;
	long written;

	cgroup_join();
	cpu_stay();
	r = in_zswap(4);
	written = write_some();
	if (!report(written > 0 && written < (long)thp_pages(),
		    "zswap wrote a part"))
		report_note("%ld pages", written);
	comes_back(&r, THPS - 1, pages - written);
}

/* It is in the swap cache whole when single pages are asked for. */
static struct region loaded_and_split(uint64_t seed)
{
	struct region r = in_zswap(seed);
	long from = vmstat("zswpin");

	if (madvise(r.base, THPS * thp_size(), MADV_WILLNEED))
		fatal("MADV_WILLNEED");
	report(vmstat("zswpin") - from == (long)(THPS * thp_pages()),
	       "MADV_WILLNEED loads all");
	for (size_t i = 0; i < THPS; i++)
		if (mprotect(region_thp(&r, i), page_size(), PROT_READ))
			fatal("mprotect");
	return r;
}

static void split_when_loaded(void)
{
	struct region r = loaded_and_split(5);

	report(intact(&r), "contents");
}

static void swapoff_when_loaded(void)
{
	struct region r = loaded_and_split(6);

	swap_off();
	report(intact(&r), "contents");
	if (!swap_on(SWAP_SIZE))
		fatal("swap");
}

static void a_child_splits(struct child *me, void *arg)
{
	struct region *r = arg;

	if (mprotect(r->base, page_size(), PROT_READ))
		fatal("mprotect");
	child_pause(me);
	if (!intact(r))
		_exit(EXIT_FAILURE);
}

/* One loads a THP that another wants page by page. */
static void two_meet(void)
{
	bool well = true;

	for (int i = 0; i < MEETINGS && well; i++) {
		struct region r = in_zswap(7 + i);
		struct child c = child_start(a_child_splits, &r);

		child_wait_pause(&c);
		child_go(&c);
		for (int j = 0; j < i * 100; j++)
			getpid();
		well = intact(&r);
		well &= child_reap(c.pid, 60) == 0;
		child_close(&c);
		munmap(r.base - thp_size(), (THPS + 1) * thp_size());
	}
	report(well, "contents in both");
}

TEST("swap-pmd-zswap")
{
	if (!zswap_switch(true)) {
		report_skip("this kernel has no zswap");
		return;
	}
	if (!swap_on_by_pmd(SWAP_SIZE))
		return;
	CASE(all_is_there);
	CASE(nothing_is_there);
	CASE(swapoff_brings_it);
	CASE(split_when_loaded);
	CASE(swapoff_when_loaded);
	case_run_for("two_meet", two_meet, 200);
	if (cgroup_make_or_skip()) {
		CASE(a_part_is_written);
		cgroup_remove();
	}
	swap_off();
}
