// SPDX-License-Identifier: GPL-2.0
/*
 * A THP that is swapped out leaves one swap entry in its PMD: no table, no split,
 * and the same to be seen as for swap entries in a table. One access brings it
 * back as a whole.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../lib/test.h"

#define THPS		4
#define SWAP_SIZE	(32 * THPS * thp_size())

static const char knob[] = "/sys/kernel/mm/transparent_hugepage/pmd_swap";

/* The counters of /proc/vmstat that tell how, since they were read. */
struct counts {
	long out;
	long in;
	long fallback;
	long split;
};

static struct counts counts_read(void)
{
	return (struct counts){
		.out = vmstat("thp_swpout_pmd"),
		.in = vmstat("thp_swpin_pmd"),
		.fallback = vmstat("thp_swpin_pmd_fallback"),
		.split = vmstat("thp_split_pmd"),
	};
}

static void report_counts(const struct counts *since, struct counts want,
			  const char *what)
{
	struct counts now = counts_read();
	bool well;

	well = report(now.out - since->out == want.out &&
		      now.in - since->in == want.in &&
		      now.fallback - since->fallback == want.fallback &&
		      now.split - since->split == want.split,
		      "%s: %ld out and %ld in by PMD, %ld fell back, %ld split",
		      what, want.out, want.in, want.fallback, want.split);
	if (!well)
		report_note("%ld out, %ld in, %ld fell back, %ld split",
			    now.out - since->out, now.in - since->in,
			    now.fallback - since->fallback,
			    now.split - since->split);
}

static void page_out(const struct region *r)
{
	reclaim_range(r->base, r->thps * thp_size());
}

static struct rusage usage_read(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage))
		fatal("getrusage");
	return usage;
}

static long faults(void)
{
	return usage_read().ru_majflt;
}

static long minor_faults(void)
{
	return usage_read().ru_minflt;
}

/* Whether each THP lies in consecutive slots, from a multiple of its size. */
static bool in_one_piece(const struct region *r)
{
	for (size_t i = 0; i < r->thps; i++) {
		uint64_t first = pagemap_entry(region_thp(r, i));

		if (pagemap_slot(first) % thp_pages())
			return false;
		for (size_t page = 1; page < thp_pages(); page++)
			if (pagemap_entry(region_thp(r, i) + page * page_size()) !=
			    first + page * PAGEMAP_SLOT)
				return false;
	}
	return true;
}

static bool nothing_in_core(const struct region *r)
{
	unsigned char vec[THPS * 1024];
	size_t pages = r->thps * thp_pages();

	if (pages > sizeof(vec) || mincore(r->base, pages * page_size(), vec))
		fatal("mincore");
	for (size_t i = 0; i < pages; i++)
		if (vec[i] & 1)
			return false;
	return true;
}

static void what_is_seen(void)
{
	struct region r = region_of_thps(THPS, 1);
	struct tables before = tables_read(0);
	struct counts counts = counts_read();
	const size_t size = THPS * thp_size();
	long vm_swap = file_field("/proc/self/status", "VmSwap:");
	struct vmas v;

	page_out(&r);
	report_counts(&counts, (struct counts){ .out = THPS }, "out");
	report_tables(&before, 0, "out");
	report(swap_holds(&r) == THPS * thp_pages(), "all pages are swapped out");
	report(in_one_piece(&r), "each THP in consecutive slots");
	report(nothing_in_core(&r), "mincore: nothing is there");
	report(file_field("/proc/self/status", "VmSwap:") - vm_swap ==
	       (long)size / 1024, "VmSwap");
	v = vmas_read(r.base, r.base + size);
	report(v.swapped == size && v.share == size && !v.huge,
	       "smaps: Swap %zu, SwapPss %zu, huge %zu", v.swapped, v.share,
	       v.huge);
	report((pagemap_categories(r.base, size) & ~PAGE_IS_SOFT_DIRTY) ==
	       PAGE_IS_SWAPPED,
	       "PAGEMAP_SCAN: swapped, and not huge");
	report(region_intact(&r), "contents");
	report(region_huge(&r) == THPS, "huge again");
	report_counts(&counts, (struct counts){ .out = THPS, .in = THPS },
		      "in again");
	report_tables(&before, 0, "in again");
	report(file_field("/proc/self/status", "VmSwap:") == vm_swap, "VmSwap");
}

static void touched(const struct region *r, const char *how)
{
	report(pagemap_is_huge(r->base), "%s: huge", how);
	report(region_intact(r), "%s: contents", how);
}

static void one_read_brings_all(void)
{
	struct region r = region_of_thps(1, 2);
	struct counts counts;
	long before;

	page_out(&r);
	counts = counts_read();
	before = faults();
	(void)*(volatile char *)region_page(&r, thp_pages() / 3);
	report(faults() - before == 1, "one major fault");
	report_counts(&counts, (struct counts){ .in = 1 }, "read");
	touched(&r, "read");
}

static void one_write_brings_all(void)
{
	struct region r = region_of_thps(1, 3);
	volatile char *at = region_page(&r, thp_pages() - 1);
	struct counts counts;
	long before;

	page_out(&r);
	counts = counts_read();
	before = faults();
	*at = *at;
	report(faults() - before == 1, "one major fault");
	report_counts(&counts, (struct counts){ .in = 1 }, "write");
	touched(&r, "write");
}

static void so_does_proc_mem(void)
{
	struct region r = region_of_thps(1, 4);
	char *at = region_page(&r, 5);
	struct counts counts;
	char byte;
	int fd;

	fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fatal("opening /proc/self/mem");
	page_out(&r);
	counts = counts_read();
	if (pread(fd, &byte, 1, (uintptr_t)at) != 1)
		fatal("reading /proc/self/mem");
	close(fd);
	report_counts(&counts, (struct counts){ .in = 1 }, "read");
	report(byte == *at, "its byte");
	touched(&r, "read");
}

static void what_is_needed_soon_comes_whole(void)
{
	struct region r = region_of_thps(1, 12);
	struct counts counts;
	long before;

	page_out(&r);
	counts = counts_read();
	if (madvise(r.base, thp_size(), MADV_WILLNEED))
		fatal("MADV_WILLNEED");
	report(swap_holds(&r) == thp_pages(), "nothing is mapped yet");
	before = faults();
	(void)*(volatile char *)region_page(&r, thp_pages() / 2);
	report(faults() == before, "it was read before");
	report_counts(&counts, (struct counts){ .in = 1 }, "read");
	touched(&r, "read");
}

/* Collapsing swaps in by PTEs what it finds; what was read whole is in its way. */
static void what_was_needed_soon_is_collapsed(void)
{
	struct region r = region_of_thps(1, 14);
	struct counts counts;

	page_out(&r);
	counts = counts_read();
	if (madvise(r.base, thp_size(), MADV_WILLNEED))
		fatal("MADV_WILLNEED");
	report(!madvise(r.base, thp_size(), MADV_COLLAPSE), "MADV_COLLAPSE");
	report_counts(&counts, (struct counts){ .in = 1 }, "collapsed");
	touched(&r, "collapsed");
}

static void a_child_needs(struct child *me, void *arg)
{
	struct region *r = arg;

	child_pause(me);
	if (madvise(r->base, thp_size(), MADV_WILLNEED))
		fatal("MADV_WILLNEED");
	child_pause(me);
}

static void what_a_child_needs_soon_is_collapsed(void)
{
	struct region r = region_of_thps(1, 15);
	struct child c;

	page_out(&r);
	c = child_start(a_child_needs, &r);
	child_wait_pause(&c);
	/* The entry of the parent is split. */
	if (mprotect(region_page(&r, 3), page_size(), PROT_READ) ||
	    mprotect(region_page(&r, 3), page_size(), PROT_READ | PROT_WRITE))
		fatal("mprotect");
	child_go(&c);
	child_wait_pause(&c);
	/* What is swapped in page by page waits for the CPU that did it. */
	cpu_stay();
	report(!madvise(r.base, thp_size(), MADV_COLLAPSE), "MADV_COLLAPSE");
	touched(&r, "collapsed");
	child_go(&c);
	child_end(&c);
}

static void twice(void)
{
	struct region r = region_of_thps(THPS, 5);
	struct counts counts = counts_read();

	for (int i = 0; i < 3; i++) {
		page_out(&r);
		report(swap_holds(&r) == THPS * thp_pages(), "all is out");
		report(region_intact(&r), "contents");
	}
	region_fill(&r, 6);
	page_out(&r);
	report(region_intact(&r), "what was written between");
	report_counts(&counts, (struct counts){ .out = 4 * THPS, .in = 4 * THPS },
		      "four times");
}

static void zeroes(void)
{
	struct region r = region_of_thps(THPS, 7);

	memset(r.base, 0, THPS * thp_size());
	page_out(&r);
	r.seed = REGION_ZERO;
	report(swap_holds(&r) == THPS * thp_pages(), "all is out");
	report(region_intact(&r), "zeroes");
	report(region_huge(&r) == THPS, "huge again");
}

static void unmapped_while_out(void)
{
	struct region r = region_of_thps(THPS, 8);
	struct tables before = tables_read(0);
	long vm_swap = file_field("/proc/self/status", "VmSwap:");
	long free;

	page_out(&r);
	free = swap_free();
	if (munmap(r.base, THPS * thp_size()))
		fatal("munmap");
	report(swap_free() - free == (long)(THPS * thp_size()), "its slots are free");
	report(file_field("/proc/self/status", "VmSwap:") == vm_swap, "VmSwap");
	report_tables(&before, tables_if_huge(-THPS), "unmapped");
}

/* Says what it sees of what it shares, then reads, then writes. */
static void sharer(struct child *me, void *arg)
{
	struct region *r = arg;

	child_pause(me);
	report(region_intact(r), "contents in a child");
	child_pause(me);
	*r->base = ~*r->base;
	child_pause(me);
}

static void shared_by(size_t children)
{
	struct region r;
	struct child c[2];
	struct counts counts;
	const size_t size = THPS * thp_size();
	long out, in;
	struct vmas v;
	char first;

	cgroup_join();
	r = region_of_thps(THPS, 9);
	first = *r.base;
	for (size_t i = 0; i < children; i++) {
		c[i] = child_start(sharer, &r);
		child_wait_pause(&c[i]);
	}
	counts = counts_read();
	out = cgroup_field("memory.stat", "thp_swpout_pmd");
	in = cgroup_field("memory.stat", "thp_swpin_pmd");
	/* The first passes only age the pages. */
	for (int i = 0; swap_holds(&r) < THPS * thp_pages() && i < 20; i++)
		cgroup_reclaim();
	report(swap_holds(&r) == THPS * thp_pages(), "all pages are swapped out");
	report_counts(&counts,
		      (struct counts){ .out = (children + 1) * THPS }, "out");
	v = vmas_read(r.base, r.base + size);
	report(v.swapped == size && v.share / 1024 == size / 1024 / (children + 1),
	       "smaps: Swap %zu, SwapPss %zu", v.swapped, v.share);
	for (size_t i = 0; i < children; i++) {
		child_go(&c[i]);
		child_wait_pause(&c[i]);
	}
	report(region_intact(&r), "contents in the parent");
	report_counts(&counts,
		      (struct counts){ .out = (children + 1) * THPS,
				       .in = (children + 1) * THPS }, "in");
	out = cgroup_field("memory.stat", "thp_swpout_pmd") - out;
	in = cgroup_field("memory.stat", "thp_swpin_pmd") - in;
	if (!report(out == (long)(children + 1) * THPS && in == out,
		    "memory.stat of the group counts them"))
		report_note("%ld out, %ld in", out, in);
	for (size_t i = 0; i < children; i++) {
		child_go(&c[i]);
		child_wait_pause(&c[i]);
	}
	report(*r.base == first, "what a child writes is its own");
	report(region_intact(&r), "contents in the parent");
	for (size_t i = 0; i < children; i++) {
		child_go(&c[i]);
		child_end(&c[i]);
	}
}

static void shared_by_two(void)
{
	shared_by(1);
}

static void shared_by_three(void)
{
	shared_by(2);
}

static void switched_off(void)
{
	struct region r = region_of_thps(THPS, 10);
	struct counts counts = counts_read();

	file_must_write(knob, "never");
	page_out(&r);
	report(swap_holds(&r) == THPS * thp_pages(), "all is out");
	report_counts(&counts, (struct counts){ .split = THPS }, "never");
	report(region_intact(&r), "contents");
	file_must_write(knob, "always");
}

static void out_only(void)
{
	struct region r = region_of_thps(THPS, 11);
	struct counts counts = counts_read();

	file_must_write(knob, "out");
	page_out(&r);
	report_counts(&counts, (struct counts){ .out = THPS }, "out");
	report(region_intact(&r), "contents");
	report_counts(&counts,
		      (struct counts){ .out = THPS, .fallback = THPS,
				       .split = THPS }, "in");
	file_must_write(knob, "always");
}

/* Of writes to what was swapped out in a @mode, and read page by page. */
static long faults_of_writes(const char *mode, uint64_t seed)
{
	struct region r = region_of_thps(1, seed);
	long before;

	file_must_write(knob, mode);
	reclaim_range(r.base, thp_size());
	report(region_is_swapped(&r) && region_intact(&r), "contents");
	before = minor_faults();
	for (size_t page = 0; page < thp_pages(); page++) {
		volatile char *at = region_page(&r, page);

		*at = *at;
	}
	before = minor_faults() - before;
	file_must_write(knob, "always");
	return before;
}

/*
 * The PTEs of a split entry know that nobody shares the pages: no write faults but
 * for what the CPU has the kernel do, to mark a page dirty.
 */
static void written_as_by_PTEs(void)
{
	long by_ptes = faults_of_writes("never", 12);
	long split = faults_of_writes("out", 13);

	if (!report(split == by_ptes, "no more faults than by PTE swap entries"))
		report_note("%ld faults, not %ld", split, by_ptes);
}

TEST("swap-pmd")
{
	if (!swap_on_by_pmd(SWAP_SIZE))
		return;
	CASE(what_is_seen);
	CASE(one_read_brings_all);
	CASE(one_write_brings_all);
	CASE(so_does_proc_mem);
	CASE(what_is_needed_soon_comes_whole);
	CASE(what_was_needed_soon_is_collapsed);
	CASE(what_a_child_needs_soon_is_collapsed);
	CASE(twice);
	CASE(zeroes);
	CASE(unmapped_while_out);
	if (cgroup_make_or_skip()) {
		CASE(shared_by_two);
		CASE(shared_by_three);
		cgroup_remove();
	}
	CASE(switched_off);
	CASE(out_only);
	CASE(written_as_by_PTEs);
	swap_off();
}
