// SPDX-License-Identifier: GPL-2.0
/*
 * khugepaged without memory: base pages stay as they are, and are collapsed
 * once there is some. It splits nothing on its way.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS		4
#define KHUGEPAGED	"/sys/kernel/mm/transparent_hugepage/khugepaged/"
#define ASLEEP		"4000000000"

static void wake(const struct region *r)
{
	if (madvise(r->base, r->thps * thp_size(), MADV_HUGEPAGE))
		fatal("MADV_HUGEPAGE");
	file_must_write(KHUGEPAGED "scan_sleep_millisecs", "10");
}

/* It looks again whether it may when it has the mmap_lock for writing. */
static void let_sleep(const struct region *r)
{
	if (madvise(r->base, r->thps * thp_size(), MADV_NOHUGEPAGE))
		fatal("MADV_NOHUGEPAGE");
	file_must_write(KHUGEPAGED "scan_sleep_millisecs", ASLEEP);
}

static void run(struct region *r, const char *name)
{
	const struct aimed collapse = {
		.name = name, .inside = "khugepaged",
		.act = wake, .stop = let_sleep,
		.tried = "thp_collapse_alloc_failed", .done = aimed_huge,
		.tables = -tables_if_split(THPS),
	};

	let_sleep(r);
	aimed_run(&collapse, r);
}

static struct region base_pages(uint64_t seed)
{
	struct region r = region_reserve(THPS);

	region_map(&r, 0, THPS);
	let_sleep(&r);
	region_fill(&r, seed);
	return r;
}

static void of_base_pages(void)
{
	struct region r = base_pages(1);

	run(&r, "collapse by khugepaged");
}

/* Split before: tables that khugepaged is to free. */
static void of_split_THPs(void)
{
	struct region r = region_of_thps(THPS, 2);

	for (size_t i = 0; i < THPS; i++)
		split_pmd(&r, i);
	run(&r, "collapse of split THPs by khugepaged");
}

TEST("fail-khugepaged")
{
	if (!aimed_possible())
		return;
	file_must_write(KHUGEPAGED "pages_to_scan", "100000");
	file_must_write(KHUGEPAGED "alloc_sleep_millisecs", "10");
	CASE(of_base_pages);
	CASE(of_split_THPs);
}
