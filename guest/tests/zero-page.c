// SPDX-License-Identifier: GPL-2.0
/*
 * A read fault maps the huge zero page with one huge PMD; a write replaces it,
 * a partial operation splits it, a fork shares it.
 */
#include <errno.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"

#define THPS 4

static struct region zero_region(void)
{
	struct region r = region_reserve(THPS);

	region_map(&r, 0, THPS);
	for (size_t i = 0; i < THPS; i++)
		if (!can_read(region_thp(&r, i)) ||
		    !pagemap_is_huge_zero(region_thp(&r, i)))
			fatal("THP %zu is not the huge zero page", i);
	return r;
}

static bool all_zero(const struct region *r)
{
	return pattern_zero(r->base, r->thps * thp_pages());
}

static void read_fault(void)
{
	struct region r = region_reserve(THPS);
	struct tables before = tables_read(0);

	region_map(&r, 0, THPS);
	report(all_zero(&r), "reads zero");
	for (size_t i = 0; i < THPS; i++)
		report(pagemap_is_huge_zero(region_thp(&r, i)),
		       "THP %zu is the huge zero page", i);
	report_tables(&before, tables_if_huge(THPS), "4 zero mappings");
}

/* The zero page is replaced by a THP, or split. */
static void write_after_read(void)
{
	struct region r = zero_region();
	struct tables before = tables_read(0);
	bool whole = huge_zero_is_replaced_whole();

	*region_page(&r, thp_pages() + 1) = 1;
	report(!pagemap_is_huge_zero(region_thp(&r, 1)),
	       "the zero page is replaced");
	report(pagemap_is_huge(region_thp(&r, 1)) == whole, whole ?
	       "by a huge page" : "by base pages");
	*region_page(&r, thp_pages() + 1) = 0;
	report(all_zero(&r), "the rest of it is zero");
	report_tables(&before, whole ? 0 : tables_if_split(1), "1 written to");
	region_fill(&r, 1);
	report(region_intact(&r), "contents");
	report(region_huge(&r) == (whole ? THPS : 0), whole ? "all huge" :
	       "none huge");
	report_tables(&before, whole ? 0 : tables_if_split(THPS),
		      "all written to");
}

static void split_by_mprotect(void)
{
	struct region r = zero_region();
	struct tables before = tables_read(0);
	char *page = region_page(&r, 3);

	if (mprotect(page, page_size(), PROT_READ))
		fatal("mprotect");
	report_tables(&before, tables_if_split(1), "1 of 4 split");
	report(region_huge(&r) == THPS - 1, "the others stay huge");
	report(all_zero(&r), "reads zero");
	report(!can_write(page), "read-only");
	report(can_write(page + page_size()), "the next page is writable");
	report(all_zero(&r), "reads zero after that");
}

static void split_by_munmap(void)
{
	struct region r = zero_region();
	struct tables before = tables_read(0);

	if (munmap(region_page(&r, 1), page_size()))
		fatal("munmap");
	report_tables(&before, tables_if_split(1), "split");
	report(!can_read(region_page(&r, 1)), "the page is gone");
	report(pattern_zero(region_page(&r, 2), thp_pages() - 2),
	       "the rest reads zero");
}

/* Page 1 of THP 0 was discarded. */
static void report_gone(const struct region *r)
{
	report(!pagemap_count(region_page(r, 1), 1, PAGEMAP_PRESENT),
	       "the page is missing");
	report(pagemap_count(region_page(r, 2), thp_pages() - 2,
			     PAGEMAP_PRESENT) == thp_pages() - 2,
	       "the others are not");
}

static void part_dontneed(void)
{
	struct region r = zero_region();
	struct tables before = tables_read(0);

	if (madvise(region_page(&r, 1), page_size(), MADV_DONTNEED))
		fatal("MADV_DONTNEED");
	report_tables(&before, tables_if_split(1), "1 of 4 split");
	report_gone(&r);
	report(all_zero(&r), "reads zero");
	report(can_write(region_page(&r, 1)), "can be written to");
}

/* A monitor is to see that page missing, whether it came before or comes after. */
static void watched_dontneed(void)
{
	struct region r = zero_region();
	int uffd = uffd_open(0);

	if (uffd < 0) {
		report_skip("this kernel has no userfaultfd");
		return;
	}
	uffd_register(uffd, r.base, thp_size(), UFFDIO_REGISTER_MODE_MISSING);
	if (madvise(region_page(&r, 1), page_size(), MADV_DONTNEED))
		fatal("MADV_DONTNEED");
	report_gone(&r);
	close(uffd);
}

static void dontneed_then_watched(void)
{
	struct region r = zero_region();
	struct uffdio_zeropage zero = {
		.range = { (uintptr_t)region_page(&r, 1), page_size() },
	};
	int uffd = uffd_open(0);

	if (uffd < 0) {
		report_skip("this kernel has no userfaultfd");
		return;
	}
	if (madvise(region_page(&r, 1), page_size(), MADV_DONTNEED))
		fatal("MADV_DONTNEED");
	uffd_register(uffd, r.base, thp_size(), UFFDIO_REGISTER_MODE_MISSING);
	report(!ioctl(uffd, UFFDIO_ZEROPAGE, &zero), "the monitor can fill it");
	zero.range.start += page_size();
	report(ioctl(uffd, UFFDIO_ZEROPAGE, &zero) && errno == EEXIST,
	       "but not the next page");
	close(uffd);
}

static void unmapped_whole(void)
{
	struct region r = zero_region();
	struct tables before = tables_read(0);

	if (munmap(region_thp(&r, 1), 2 * thp_size()))
		fatal("munmap");
	report_tables(&before, tables_if_huge(-2), "2 of 4 unmapped");
	if (madvise(region_thp(&r, 0), thp_size(), MADV_DONTNEED))
		fatal("MADV_DONTNEED");
	report_tables(&before, tables_if_huge(-3), "1 more discarded");
}

static void reader(struct child *me, void *arg)
{
	struct region *r = arg;
	struct region own = *r;

	report(pattern_zero(region_thp(r, 1), (THPS - 1) * thp_pages()),
	       "reads zero in the child");
	child_pause(me);
	region_fill(&own, 3);
	report(region_intact(&own), "child's new contents");
	child_pause(me);
}

/* THP 0 is written to: fork copies no tables of memory that never was. */
static void forked(void)
{
	struct region r = region_reserve(THPS);
	struct tables cost = family_cost();
	struct tables before;
	struct child c;

	region_map(&r, 0, THPS);
	pattern_fill(r.base, thp_pages(), 2, 0);
	for (size_t i = 1; i < THPS; i++)
		if (!can_read(region_thp(&r, i)))
			fatal("reading");
	before = tables_read(0);
	c = child_start(reader, &r);
	child_wait_pause(&c);
	cost.pid = c.pid;
	report_process_tables(&cost, tables_if_huge(THPS), "child");
	report_process_tables(&before, 0, "parent");
	child_go(&c);
	child_wait_pause(&c);
	report(pattern_zero(region_thp(&r, 1), (THPS - 1) * thp_pages()),
	       "reads zero in the parent");
	report(pattern_holds(r.base, thp_pages(), 2, 0), "parent's contents");
	child_go(&c);
	child_end(&c);
	report_tables(&before, 0, "child has exited");
}

TEST("zero-page")
{
	CASE(read_fault);
	CASE(write_after_read);
	CASE(split_by_mprotect);
	CASE(split_by_munmap);
	CASE(part_dontneed);
	CASE(watched_dontneed);
	CASE(dontneed_then_watched);
	CASE(unmapped_whole);
	CASE(forked);
}
