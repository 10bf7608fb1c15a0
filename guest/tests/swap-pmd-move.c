// SPDX-License-Identifier: GPL-2.0
/*
 * UFFDIO_MOVE of a THP that was swapped out by its PMD moves the entry, if all of
 * it is asked for and nobody shares it; what is in the swap cache goes with it.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"

#define SWAP_SIZE	(64 * thp_size())
#define LATENCY		(200 * 1000UL)	/* ns of a request */
#define LONG_LATENCY	(100 * 1000 * 1000UL)
#define TARGET		3
#define SEED		1

struct move {
	struct region from;
	struct region to;
	int uffd;
};

static struct move swapped_out(void)
{
	struct move m = { .from = region_of_thps(1, SEED) };

	m.to = m.from;
	m.to.base = region_thp(&m.from, TARGET);
	region_map(&m.to, 0, 1);
	m.uffd = uffd_open(UFFD_FEATURE_MOVE);
	if (m.uffd < 0)
		fatal("userfaultfd");
	uffd_register(m.uffd, m.to.base, thp_size(),
		      UFFDIO_REGISTER_MODE_MISSING);
	swap_out_by_pmd(&m.from);
	return m;
}

static bool moves(const struct move *m)
{
	return uffd_move(m->uffd, m->to.base, m->from.base, thp_size()) ==
	       (long)thp_size();
}

static bool source_is_empty(const struct move *m)
{
	return !pagemap_count(m->from.base, thp_pages(), PAGEMAP_PRESENT) &&
	       !region_swapped(&m->from);
}

/* What comes back to the target, with nobody who watches it. */
static void comes_back(const struct move *m, bool whole)
{
	long in = vmstat("thp_swpin_pmd");

	close(m->uffd);
	report(region_intact(&m->to), "contents");
	report(region_huge(&m->to) == whole &&
	       vmstat("thp_swpin_pmd") - in == whole,
	       whole ? "comes back whole" : "comes back by pages");
}

static void whole(void)
{
	long swap = file_field("/proc/self/status", "VmSwap:");
	struct move m = swapped_out();
	struct tables before = tables_read(0);

	report(moves(&m), "moved");
	report(source_is_empty(&m), "nothing is left at the source");
	report(region_is_swapped(&m.to), "swapped out at the target");
	report_tables(&before, 0, "not split");
	comes_back(&m, true);
	report(file_field("/proc/self/status", "VmSwap:") == swap, "VmSwap");
}

static void soft_dirty(void)
{
	struct move m = swapped_out();

	file_must_write("/proc/self/clear_refs", "4");
	report(moves(&m), "moved");
	report(pagemap_count(m.to.base, thp_pages(), PAGEMAP_SOFT_DIRTY) ==
	       thp_pages(), "the target");
	close(m.uffd);
}

static void a_child_reads(struct child *me, void *arg)
{
	const struct move *m = arg;

	child_pause(me);
	report(region_intact(&m->from), "contents in the child");
	child_pause(me);
}

static void shared(void)
{
	struct move m = swapped_out();
	struct child c = child_start(a_child_reads, &m);

	report(!moves(&m) && errno == EBUSY, "EBUSY");
	child_wait_pause(&c);
	child_go(&c);
	child_wait_pause(&c);
	report(region_intact(&m.from), "contents");
	child_go(&c);
	child_end(&c);
	close(m.uffd);
}

/* A page that is not the first, alone in the swap cache. */
static void a_page_is_cached(void)
{
	struct move m = swapped_out();

	if (madvise(region_page(&m.from, thp_pages() / 2), page_size(),
		    MADV_WILLNEED))
		fatal("MADV_WILLNEED");
	report(moves(&m), "moved");
	report(source_is_empty(&m), "nothing is left at the source");
	comes_back(&m, false);
}

/* Nobody has mapped what MADV_WILLNEED read. */
static void all_was_read(void)
{
	struct move m = swapped_out();

	if (madvise(m.from.base, thp_size(), MADV_WILLNEED))
		fatal("MADV_WILLNEED");
	report(moves(&m), "moved");
	report(source_is_empty(&m), "nothing is left at the source");
	comes_back(&m, true);
}

/* A page of it is not to be had while nobody has mapped the rest. */
static void a_page_moves(struct move *m)
{
	const size_t page = thp_pages() / 2;
	char *to = region_page(&m->to, page);

	if (madvise(m->from.base, thp_size(), MADV_WILLNEED))
		fatal("MADV_WILLNEED");
	report(uffd_move(m->uffd, to, region_page(&m->from, page), page_size()) ==
	       (long)page_size(), "moved");
	close(m->uffd);
	report(pattern_holds(to, 1, SEED, page), "contents of the page");
	report(region_holds(&m->from, 0, page) &&
	       region_holds(&m->from, page + 1, thp_pages() - page - 1),
	       "contents of the others");
}

static void a_page_of_what_was_read(void)
{
	struct move m = swapped_out();

	a_page_moves(&m);
}

/* It is waited for, as a single page is. */
static void a_page_of_what_is_being_read(void)
{
	struct move m = swapped_out();

	swap_cache_forget();
	a_page_moves(&m);
}

/* Reclaim has to find it at the target when it is swapped out again. */
static void all_is_cached(void)
{
	long read = vmstat("pswpin");
	struct move m = swapped_out();

	if (swap_cached() < (long)thp_size())
		fatal("not in the swap cache");
	report(moves(&m), "moved");
	report(source_is_empty(&m), "nothing is left at the source");
	comes_back(&m, true);
	report(vmstat("pswpin") == read, "nothing is read");
	region_fill(&m.to, SEED + 1);
	swap_out_by_pmd(&m.to);
	report(region_intact(&m.to), "contents after another round");
}

TEST("swap-pmd-move")
{
	if (uffd_move_missing()) {
		report_skip("%s", uffd_move_missing());
		return;
	}
	if (!swap_on_by_pmd(SWAP_SIZE))
		return;
	CASE(whole);
	if (pagemap_knows_soft_dirty())
		CASE(soft_dirty);
	else
		report_skip("this kernel tracks no soft-dirty pages");
	CASE(shared);
	CASE(a_page_is_cached);
	CASE(all_was_read);
	CASE(a_page_of_what_was_read);
	swap_off();
	if (!swap_on_disk(SWAP_SIZE, LATENCY)) {
		report_skip("this kernel has no null_blk");
		return;
	}
	CASE(all_is_cached);
	swap_off();
	if (cgroup_make_or_skip()) {
		cpu_stay();
		cgroup_join();
		swap_on_disk(SWAP_SIZE, LONG_LATENCY);
		CASE(a_page_of_what_is_being_read);
		swap_off();
	}
}
