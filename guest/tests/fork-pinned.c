// SPDX-License-Identifier: GPL-2.0
/*
 * A pinned THP cannot be shared: fork() splits the parent's PMD and copies
 * the pages, so that the device goes on to see what the parent writes.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"

#define THPS	2
#define PINNED	0

static int open_gup_test(void)
{
	return open("/sys/kernel/debug/gup_test", O_RDWR | O_CLOEXEC);
}

static void reader(struct child *me, void *arg)
{
	struct region *r = arg;

	report(region_intact(r), "child reads the parent's contents");
	child_pause(me);
	report(region_intact(r), "and still does when the parent has written");
}

static void child_gets_a_copy(void)
{
	struct region r = region_reserve(THPS);
	struct tables cost = family_cost();
	struct pin_longterm_test pin = {
		.size = page_size(),
		.flags = PIN_LONGTERM_TEST_FLAG_USE_WRITE,
	};
	int gup = open_gup_test();
	struct tables before;
	struct child c;

	region_map(&r, 0, THPS);
	region_fill(&r, 1);
	before = tables_read(0);
	pin.addr = (uintptr_t)region_page(&r, PINNED + 1);
	if (ioctl(gup, PIN_LONGTERM_TEST_START, &pin))
		fatal("pinning");
	report_tables(&before, 0, "pinned");
	c = child_start(reader, &r);
	child_wait_pause(&c);
	cost.pid = c.pid;
	report_process_tables(&cost, 1 + tables_if_huge(1), "child");
	report_process_tables(&before, tables_if_split(1), "parent");
	report(region_intact(&r), "parent's contents");
	report(region_huge(&r) == THPS - 1, "the other one stays huge");
	region_fill(&r, 2);
	report(region_intact(&r), "parent's new contents");
	child_go(&c);
	child_end(&c);
	report_tables(&before, tables_if_split(THPS), "child has exited");
	if (ioctl(gup, PIN_LONGTERM_TEST_STOP))
		fatal("unpinning");
	report(region_intact(&r), "parent's contents at the end");
}

TEST("fork-pinned")
{
	int gup = open_gup_test();

	if (gup < 0) {
		report_skip("this kernel has no gup_test to pin pages with");
		return;
	}
	close(gup);
	CASE(child_gets_a_copy);
}
