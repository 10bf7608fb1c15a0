// SPDX-License-Identifier: GPL-2.0
/*
 * A THP goes to a disk and comes back by one swap entry in its PMD: from the swap
 * cache as long as it is there, by one read when it is not; and where the disk
 * cannot read a sector, or memory fails, the page that lies there is lost, and no
 * other.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"

#define THPS		4
#define SWAP_SIZE	(16 * THPS * thp_size())
#define OWN_PAGES	64	/* of the process itself: reclaim takes them, too */
#define INJECT		"/sys/kernel/debug/hwpoison/corrupt-pfn"

/* Bits of /proc/kpageflags. */
#define FRAME_ANON		(1ULL << 12)
#define FRAME_SWAP_CACHE	(1ULL << 13)
#define FRAME_HEAD		(1ULL << 15)
#define FRAME_POISONED		(1ULL << 19)

/* More than any machine of the tests has. */
#define FRAMES		(8ULL << 30 >> 12)

#define LATENCY		(200 * 1000UL)	/* ns of a request */

static struct region swapped_out(uint64_t seed)
{
	struct region r = region_of_thps(THPS, seed);

	swap_out_by_pmd(&r);
	return r;
}

static void comes_back(const struct region *r)
{
	long in = vmstat("thp_swpin_pmd");
	long fallbacks = vmstat("thp_swpin_pmd_fallback");

	report(region_intact(r), "contents");
	report(region_huge(r) == THPS, "huge");
	report(vmstat("thp_swpin_pmd") - in == THPS &&
	       vmstat("thp_swpin_pmd_fallback") == fallbacks,
	       "each by its PMD");
}

static void from_the_swap_cache(void)
{
	struct region r = swapped_out(1);
	long read = vmstat("pswpin");

	comes_back(&r);
	report(vmstat("pswpin") == read, "nothing is read");
}

static void report_read_once(long before)
{
	const long pages = THPS * thp_pages();
	long read = vmstat("pswpin") - before;

	if (!report(read >= pages && read < pages + OWN_PAGES,
		    "each page is read once"))
		report_note("%ld pages were read", read);
}

static void from_the_device(void)
{
	struct region r = swapped_out(2);
	long before;

	swap_cache_forget();
	before = vmstat("pswpin");
	comes_back(&r);
	report_read_once(before);
}

/* What was read, or still is, is not read again to be collapsed. */
static void collapsed_when_it_was_needed(void)
{
	struct region r = swapped_out(8);
	long before;

	swap_cache_forget();
	before = vmstat("pswpin");
	report(!madvise(r.base, THPS * thp_size(), MADV_WILLNEED) &&
	       !madvise(r.base, THPS * thp_size(), MADV_COLLAPSE),
	       "MADV_COLLAPSE after MADV_WILLNEED");
	report_read_once(before);
	report(region_huge(&r) == THPS, "huge");
	report(region_intact(&r), "contents");
}

static bool all_cached(void)
{
	return swap_cached() >= (long)(THPS * thp_size());
}

/* To write then takes no fault, and what the disk has is old. */
static void written_in_the_swap_cache(void)
{
	struct region r = swapped_out(5);

	comes_back(&r);
	report(all_cached(), "still cached");
	region_fill(&r, 6);
	swap_out_by_pmd(&r);
	swap_cache_forget();
	comes_back(&r);
}

/* What is in the swap cache is looked at for pins when it is unmapped. */
static void pinned_in_the_swap_cache(void)
{
	struct region r = swapped_out(7);
	const char *missing = pin_missing();
	int pin;

	if (missing) {
		report_skip("%s", missing);
		return;
	}
	pin = pin_open();
	comes_back(&r);
	report(all_cached(), "still cached");
	if (pin_pages(pin, region_page(&r, 3), page_size()))
		fatal("pinning");
	reclaim_range(r.base, THPS * thp_size());
	report(pagemap_is_huge(r.base) &&
	       swap_holds(&r) == (THPS - 1) * thp_pages(),
	       "the pinned one stays mapped, the others go");
	unpin_pages(pin);
	report(region_intact(&r), "contents");
}

/* All are read, page by page. */
static void one_is_lost(const struct region *r, size_t bad)
{
	size_t lost = 0;

	for (size_t i = 0; i < THPS * thp_pages(); i++)
		if (i == bad)
			report(!can_read(region_page(r, i)),
			       "the page there cannot be had");
		else if (!can_read(region_page(r, i)) ||
			 !pattern_holds(region_page(r, i), 1, r->seed, i))
			lost++;
	if (!report(!lost, "every other page can"))
		report_note("%zu cannot", lost);
	report(region_huge(r) == THPS - 1, "the other THPs are huge");
}

/* Of a page frame; 0 where there is none. */
static uint64_t frame_flags(uint64_t pfn)
{
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	uint64_t flags = 0;

	if (fd < 0)
		fatal("/proc/kpageflags");
	if (pread(fd, &flags, sizeof(flags), pfn * sizeof(flags)) < 0)
		flags = 0;
	close(fd);
	return flags;
}

/* Of the one large folio in the swap cache that nobody has mapped. */
static uint64_t frame_of_unmapped(void)
{
	const uint64_t want = FRAME_HEAD | FRAME_SWAP_CACHE;

	for (uint64_t pfn = 0; pfn < FRAMES; pfn += thp_pages())
		if ((frame_flags(pfn) & (want | FRAME_ANON)) == want)
			return pfn;
	fatal("no THP was read to the swap cache");
}

static uint64_t frame(const char *at)
{
	return pagemap_entry(at) & (PAGEMAP_SOFT_DIRTY - 1);
}

/* Memory fails where a THP that was written to the disk still is. */
static void poison_in_the_swap_cache(void)
{
	const size_t bad = thp_pages() / 3;
	struct region r = region_of_thps(THPS, 8);
	char number[32];

	if (access(INJECT, F_OK)) {
		report_skip("this kernel injects no memory failures");
		return;
	}
	snprintf(number, sizeof(number), "%" PRIu64,
		 frame(region_page(&r, bad)));
	swap_out_by_pmd(&r);
	if (!all_cached())
		fatal("not in the swap cache");
	/* It says that it cannot take the page out: nobody maps it. */
	file_write(INJECT, number);
	one_is_lost(&r, bad);
}

/*
 * Memory fails where a THP was read to, and nobody has mapped it since. The others
 * come back, and what failed is free for nobody: the kernel would complain.
 */
static void poison_in_what_was_read(void)
{
	const size_t bad = thp_pages() / 3;
	struct region r = region_of_thps(1, 9);
	size_t lost = 0;
	uint64_t pfn;
	char number[32];

	if (access(INJECT, F_OK)) {
		report_skip("this kernel injects no memory failures");
		return;
	}
	swap_out_by_pmd(&r);
	swap_cache_forget();
	if (madvise(r.base, thp_size(), MADV_WILLNEED))
		fatal("MADV_WILLNEED");
	pfn = frame_of_unmapped();
	snprintf(number, sizeof(number), "%" PRIu64, pfn + bad);
	file_write(INJECT, number);
	for (size_t i = thp_pages(); i--;)
		lost += !can_read(region_page(&r, i)) ||
			!region_holds(&r, i, 1);
	report(!lost, "every page is read again");
	report(frame_flags(pfn + bad) & FRAME_POISONED &&
	       frame_flags(pfn) & FRAME_HEAD, "what failed is not free");
}

static void swapoff_brings_it(void)
{
	struct region r = swapped_out(3);

	swap_cache_forget();
	if (!swap_leave())
		fatal("swapoff");
	report(region_intact(&r), "contents");
	report(region_huge(&r) == THPS, "huge");
	swap_return();
}

static void a_bad_sector(void)
{
	const size_t bad = thp_pages() / 3;
	struct region r = swapped_out(4);
	char *at = region_page(&r, bad);

	swap_cache_forget();
	/* Of reads that are merged, all fail. */
	file_must_write("/proc/sys/vm/page-cluster", "0");
	swap_disk_break(pagemap_slot(pagemap_entry(at)));
	one_is_lost(&r, bad);
}

static void on_a_disk(void)
{
	if (!swap_on_disk(SWAP_SIZE, LATENCY)) {
		report_skip("this kernel has no null_blk");
		return;
	}
	CASE(from_the_swap_cache);
	CASE(from_the_device);
	CASE(collapsed_when_it_was_needed);
	CASE(written_in_the_swap_cache);
	CASE(pinned_in_the_swap_cache);
	CASE(poison_in_the_swap_cache);
	CASE(poison_in_what_was_read);
	CASE(a_bad_sector);
	CASE(swapoff_brings_it);
	swap_off();
}

/* It writes at once, so that nothing stays in the swap cache. */
static void on_a_RAM_disk(void)
{
	if (!swap_on_ram(SWAP_SIZE)) {
		report_skip("this kernel has no RAM disk");
		return;
	}
	CASE(from_the_device);
	CASE(swapoff_brings_it);
	swap_off();
}

static void on_a_file(void)
{
	if (!swap_on_loop(SWAP_SIZE)) {
		report_skip("this kernel has no loop devices");
		return;
	}
	CASE(from_the_swap_cache);
	CASE(from_the_device);
	CASE(swapoff_brings_it);
	swap_off();
}

TEST("swap-pmd-disk")
{
	if (vmstat("thp_swpout_pmd") < 0) {
		report_skip("this kernel has no PMD swap entries");
		return;
	}
	if (!cgroup_make_or_skip())
		return;
	/* A page that another CPU is about to put on a list is not reclaimed. */
	cpu_stay();
	cgroup_join();
	on_a_disk();
	on_a_RAM_disk();
	on_a_file();
}
