// SPDX-License-Identifier: GPL-2.0
/*
 * The shrinker of the deferred split list takes the zero pages out of a THP
 * that is nearly empty. Where there is no memory for the PTE table the THP stays
 * on the list, and the next pass splits it.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/test.h"

#define THPS		4
#define PASSES		3

#define THP		"/sys/kernel/mm/transparent_hugepage/"
#define SHRINK		THP "shrink_underused"
#define MAX_ZERO	THP "khugepaged/max_ptes_none"

/* Of each THP, the one page with something in it. */
#define FULL		(thp_pages() / 2)

static void (*pass)(void);

static void drop_caches(void)
{
	file_must_write("/proc/sys/vm/drop_caches", "2");
}

static struct region nearly_empty(uint64_t seed)
{
	struct region r = region_reserve(THPS);

	r.seed = seed;
	region_map(&r, 0, THPS);
	for (size_t i = 0; i < THPS; i++) {
		size_t page = i * thp_pages() + FULL;

		pattern_fill(region_page(&r, page), 1, seed, page);
	}
	if (region_huge(&r) != THPS)
		fatal("not all THPs are huge");
	return r;
}

static bool intact(const struct region *r)
{
	for (size_t i = 0; i < THPS; i++) {
		size_t first = i * thp_pages();

		if (!pattern_zero(region_page(r, first), FULL) ||
		    !region_holds(r, first + FULL, 1) ||
		    !pattern_zero(region_page(r, first + FULL + 1),
				  thp_pages() - FULL - 1))
			return false;
	}
	return true;
}

static size_t resident(const struct region *r)
{
	return vmas_read(r->base, region_thp(r, THPS)).mapped;
}

static void without_tables(const struct region *r)
{
	long underused = vmstat("thp_underused_split_page");
	long splits = vmstat("thp_split_page");
	long tried = vmstat("thp_split_pmd_failed");

	/* There is one at hand, or it cannot be withheld. */
	if (kernel_deposits() || tables_share_pages() || !fail_possible())
		return;
	fail_aim(FAIL_INSIDE, SPLIT_OF_FOLIO);
	fail_always(100, true);
	for (int i = 0; i < PASSES; i++)
		pass();
	fail_always(0, true);
	fail_aim(FAIL_ANY, NULL);
	tried = vmstat("thp_split_pmd_failed") - tried;
	/* Reclaim in a memory cgroup goes round many times. */
	if (!report(tried >= PASSES && (pass != drop_caches || tried < PASSES * THPS),
		    "each pass tries a THP, and not all for nothing"))
		report_note("%d passes tried %ld", PASSES, tried);
	report(vmstat("thp_underused_split_page") == underused &&
	       vmstat("thp_split_page") == splits && region_huge(r) == THPS,
	       "no THP is split without a table");
	report(intact(r), "contents when it failed");
}

static void is_split_by_a_pass(const struct region *r, long sharers)
{
	struct tables before = tables_read(0);
	long underused = vmstat("thp_underused_split_page");
	long splits = vmstat("thp_split_page");
	long pages = vmstat("nr_anon_pages");

	pass();
	underused = vmstat("thp_underused_split_page") - underused;
	splits = vmstat("thp_split_page") - splits;
	pages -= vmstat("nr_anon_pages");
	if (!report(underused == THPS && splits == THPS,
		    "each THP is split as underused"))
		report_note("%ld folios were split, %ld as underused", splits,
			    underused);
	report_process_tables(&before, tables_if_split(THPS), "split");
	report_system_tables(&before, tables_if_split(THPS) * (1 + sharers),
			     "split");
	report(resident(r) == THPS * page_size(), "one page of each is mapped");
	/* A few pages of the process itself may come in between. */
	if (!report(pages > THPS * (long)(thp_pages() - 2),
		    "the zero pages are freed"))
		report_note("%ld pages were freed", pages);
	report(intact(r), "contents");
}

static void one_pass(void)
{
	struct region r = nearly_empty(1);

	is_split_by_a_pass(&r, 0);
}

static void passes_without_tables_before(void)
{
	struct region r = nearly_empty(2);

	without_tables(&r);
	is_split_by_a_pass(&r, 0);
}

static void sharer(struct child *me, void *arg)
{
	struct region *r = arg;
	struct tables before = tables_read(0);

	child_pause(me);
	report_process_tables(&before, tables_if_split(THPS), "child");
	report(resident(r) == THPS * page_size(),
	       "one page of each is mapped in the child");
	report(intact(r), "contents in the child");
}

static void the_same_in_two_processes(void)
{
	struct region r = nearly_empty(3);
	struct child c = child_start(sharer, &r);

	child_wait_pause(&c);
	without_tables(&r);
	is_split_by_a_pass(&r, 1);
	child_go(&c);
	child_end(&c);
}

static void of_a_cgroup(void)
{
	struct region r;

	cgroup_join();
	r = nearly_empty(4);
	pass = cgroup_reclaim;
	without_tables(&r);
	is_split_by_a_pass(&r, 0);
}

static void pauser(struct child *me, void *arg)
{
	(void)arg;
	child_pause(me);
}

static void pass_over(size_t zero, size_t tables)
{
	bool splits = kernel_deposits() || zero > tables;
	long underused = vmstat("thp_underused_split_page");

	pass();
	underused = vmstat("thp_underused_split_page") - underused;
	if (!report(underused == (splits ? THPS : 0), "%zu zero pages, %zu tables: %s",
		    zero, tables, splits ? "split" : "not split"))
		report_note("%ld are", underused);
}

/* Splits take a table of each of two processes, and later of one. */
static void zero_pages_for_tables(size_t zero)
{
	struct region r = region_of_thps(THPS, 5 + zero);
	struct child c;

	for (size_t i = 0; i < THPS; i++)
		memset(region_thp(&r, i), 0, zero * page_size());
	c = child_start(pauser, NULL);
	child_wait_pause(&c);
	pass_over(zero, 2);
	for (size_t i = 0; i < THPS; i++)
		report(pattern_zero(region_thp(&r, i), zero) &&
		       region_holds(&r, i * thp_pages() + zero, thp_pages() - zero),
		       "contents of THP %zu", i);
	child_go(&c);
	child_end(&c);
	if (!kernel_deposits() && zero <= 2)
		pass_over(zero, 1);
}

static void less_than_the_tables(void)
{
	zero_pages_for_tables(1);
	zero_pages_for_tables(2);
	zero_pages_for_tables(3);
}

/* More zero pages than this are too many: 511 would mean that none are. */
static void set_limit(long pages)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", pages);
	file_must_write(MAX_ZERO, text);
}

TEST("underused")
{
	long limit;

	if (access(SHRINK, F_OK)) {
		report_skip("this kernel knows no underused THPs");
		return;
	}
	file_must_write(SHRINK, "1");
	limit = file_number(MAX_ZERO);
	set_limit(thp_pages() / 2);
	pass = drop_caches;
	CASE(one_pass);
	CASE(passes_without_tables_before);
	CASE(the_same_in_two_processes);
	if (cgroup_make_or_skip()) {
		CASE(of_a_cgroup);
		cgroup_remove();
	}
	pass = drop_caches;
	set_limit(0);
	pass();
	CASE(less_than_the_tables);
	set_limit(limit);
}
