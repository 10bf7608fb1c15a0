// SPDX-License-Identifier: GPL-2.0
/*
 * A process that hangs in exit() before its memory is unmapped (AIO on a dead
 * server): THPs that it shared can still be split and swapped out for others.
 */
#include "../lib/test.h"

#define THPS		4
#define SWAP_SIZE	(16 * THPS * thp_size())

static void hang(struct child *me, void *arg)
{
	(void)arg;
	child_pause(me);
	stuck_ask();
}

/* THPs of this process and of one that hangs in exit(). */
static struct region share(struct child *c, uint64_t seed)
{
	struct region r = region_of_thps(THPS, seed);

	*c = child_start(hang, NULL);
	child_wait_pause(c);
	stuck_make();
	child_go(c);
	stuck_wait(c);
	return r;
}

static void end(struct child *c)
{
	stuck_end();
	child_end(c);
}

static void report_split(const struct tables *before, const struct region *r)
{
	report_process_tables(before, tables_if_split(THPS), "split");
	report_system_tables(before, 2 * tables_if_split(THPS), "split for both");
	report(region_intact(r), "contents");
}

static void is_split(void)
{
	struct child c;
	struct region r = share(&c, 1);
	struct tables before = tables_read(0);
	long splits = vmstat("thp_split_page");

	split_folios(r.base, THPS * thp_size());
	report(vmstat("thp_split_page") - splits == THPS, "folios are split");
	report_split(&before, &r);
	end(&c);
	report(region_intact(&r), "contents when it is gone");
}

static void is_swapped_out(void)
{
	struct tables before;
	struct region r;
	struct child c;

	cgroup_join();
	r = share(&c, 2);
	before = tables_read(0);
	report(reclaim_region(&r), "all pages are swapped out");
	report_split(&before, &r);
	end(&c);
	report(region_intact(&r), "contents when it is gone");
}

TEST("exit-aio")
{
	if (stuck_missing()) {
		report_skip("%s", stuck_missing());
		return;
	}
	CASE(is_split);
	if (!cgroup_make_or_skip())
		return;
	if (swap_on_by_pte(SWAP_SIZE)) {
		CASE(is_swapped_out);
		swap_off();
	} else {
		report_skip("this kernel has no zram");
	}
	cgroup_remove();
}
