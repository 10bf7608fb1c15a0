// SPDX-License-Identifier: GPL-2.0
/*
 * What the CPU keeps of a huge PMD goes with it, and what it keeps of the pages
 * after a split goes page by page. With the hash MMU of PowerPC these are slots
 * of the hash table, which the kernel finds again through the PTE table: the
 * deposited one while the PMD is huge. A slot that is not found leaves a
 * translation behind, and the CPU goes on using it.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS 2
#define MOVES 9

/*
 * What a CPU keeps it may drop for any reason: so stay on it, have it keep all of
 * the region just before a call, look at once, and at page tables later.
 */
static void touch(const struct region *r)
{
	for (size_t i = 0; i < r->thps * thp_pages(); i++)
		(void)*(volatile char *)region_page(r, i);
}

/* The pattern touches every page, so that each has its own translation. */
static struct region touched(uint64_t seed)
{
	struct region r = region_of_thps(THPS, seed);

	cpu_stay();
	report(region_intact(&r), "every page is read");
	return r;
}

static void protect(const struct region *r, size_t page, size_t pages, int prot)
{
	if (mprotect(region_page(r, page), pages * page_size(), prot))
		fatal("mprotect");
}

/* How many pages of the region may be read, or, for @write, written. */
static size_t open_pages(const struct region *r, bool write)
{
	size_t count = 0;

	for (size_t i = 0; i < r->thps * thp_pages(); i++)
		count += write ? can_write(region_page(r, i)) :
				 can_read(region_page(r, i));
	return count;
}

static void of_a_huge_pmd_end_with_a_split(void)
{
	struct region r = touched(1);
	struct tables before = tables_read(0);
	size_t pages = THPS * thp_pages();

	touch(&r);
	protect(&r, 1, 1, PROT_NONE);
	report(!can_read(region_page(&r, 1)), "the page is closed");
	report_tables(&before, tables_if_split(1), "split");
	report(open_pages(&r, false) == pages - 1, "the others are open");
	protect(&r, 1, 1, PROT_READ | PROT_WRITE);
	report(region_intact(&r), "contents");
	report_tables(&before, tables_if_split(1), "later");
}

/* Faulted in again after the split, each in a slot of its own. */
static void after_a_split_are_found_one_by_one(void)
{
	struct region r = touched(2);
	struct tables before = tables_read(0);
	size_t pages = THPS * thp_pages();
	bool closed = true;
	bool alone = true;

	for (size_t i = 0; i < THPS; i++)
		protect(&r, i * thp_pages(), 1, PROT_READ);
	for (size_t i = 0; i < THPS; i++)
		protect(&r, i * thp_pages(), 1, PROT_READ | PROT_WRITE);
	report_tables(&before, tables_if_split(THPS), "split");
	report(region_intact(&r), "every page is read again");
	for (size_t i = 0; i < pages; i++) {
		protect(&r, i, 1, PROT_NONE);
		closed &= !can_read(region_page(&r, i));
		alone &= can_read(region_page(&r, (i + 1) % pages));
		protect(&r, i, 1, PROT_READ | PROT_WRITE);
	}
	report(closed, "each page could be closed");
	report(alone, "its neighbour stayed open");
	protect(&r, 0, pages, PROT_READ);
	report(!open_pages(&r, true), "all were made read-only");
	report(region_intact(&r), "contents");
	report_tables(&before, tables_if_split(THPS), "later");
}

static void end_with_a_zap(void)
{
	struct region r = touched(3);
	struct tables before = tables_read(0);

	touch(&r);
	if (madvise(r.base, THPS * thp_size(), MADV_DONTNEED))
		fatal("MADV_DONTNEED");
	report(pattern_zero(r.base, THPS * thp_pages()), "nothing old is read");
	report_tables(&before, 0, "zapped, and the huge zero page read");
}

static void end_with_a_zap_after_a_split(void)
{
	struct region r = touched(4);
	struct tables before = tables_read(0);
	size_t half = thp_pages() / 2;

	touch(&r);
	if (madvise(region_page(&r, half), thp_size(), MADV_DONTNEED))
		fatal("MADV_DONTNEED");
	report(pattern_zero(region_page(&r, half), thp_pages()),
	       "nothing old is read");
	report_tables(&before, tables_if_split(THPS), "split");
	report(region_holds(&r, 0, half) &&
	       region_holds(&r, half + thp_pages(), half), "the rest is intact");
	if (munmap(r.base, THPS * thp_size()))
		fatal("munmap");
	report_tables(&before, tables_if_split(THPS) - THPS, "unmapped");
}

/* To and fro: at one time or another the CPU still has them. */
static void move_with_a_huge_pmd(void)
{
	struct region r = touched(5);
	struct tables before = tables_read(0);
	size_t size = THPS * thp_size();
	char *place[] = { r.base, region_thp(&r, THPS + 1) };
	bool closed = true;

	for (int i = 0; i < MOVES; i++) {
		char *from = place[i % 2];

		touch(&r);
		r.base = place[!(i % 2)];
		if (mremap(from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
			   r.base) != r.base)
			fatal("mremap");
		closed &= !can_read(from) && !can_read(from + size - 1);
	}
	report(closed, "the old address is closed");
	report_tables(&before, 0, "moved");
	report(region_intact(&r), "contents at the new one");
	protect(&r, 0, THPS * thp_pages(), PROT_READ);
	report(!open_pages(&r, true), "all were made read-only there");
	protect(&r, 1, 1, PROT_NONE);
	report_tables(&before, tables_if_split(1), "split");
	report(open_pages(&r, false) == THPS * thp_pages() - 1,
	       "one page was closed");
}

static void of_base_pages_end_with_a_collapse(void)
{
	struct region r = touched(6);
	struct tables before = tables_read(0);

	protect(&r, 1, 1, PROT_NONE);
	protect(&r, 1, 1, PROT_READ | PROT_WRITE);
	report(region_intact(&r), "base pages are read");
	touch(&r);
	if (madvise(r.base, THPS * thp_size(), MADV_COLLAPSE))
		fatal("MADV_COLLAPSE");
	report(region_huge(&r) == THPS, "huge again");
	report_tables(&before, 0, "collapsed");
	region_fill(&r, 7);
	report(region_intact(&r), "the new pages are written and read");
	protect(&r, 0, THPS * thp_pages(), PROT_NONE);
	report(!open_pages(&r, false), "all were closed");
}

TEST("translations")
{
	CASE(of_a_huge_pmd_end_with_a_split);
	CASE(after_a_split_are_found_one_by_one);
	CASE(end_with_a_zap);
	CASE(end_with_a_zap_after_a_split);
	CASE(move_with_a_huge_pmd);
	CASE(of_base_pages_end_with_a_collapse);
}
