// SPDX-License-Identifier: GPL-2.0
/*
 * A process that may allocate on one node alone discards a part of a THP while that
 * node is full: what must be had for it is had elsewhere, and nobody is killed.
 */
#include <linux/mempolicy.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../lib/test.h"

#define WATERMARK	"/proc/sys/vm/min_free_kbytes"
#define FILLING		((size_t)560 << 20)

static void policy(int mode)
{
	unsigned long mask = mode == MPOL_DEFAULT ? 0 : 1UL << 1;

	if (syscall(SYS_set_mempolicy, mode, &mask, sizeof(mask) * 8))
		fatal("set_mempolicy");
}

static long free_there(void)
{
	return file_field("/sys/devices/system/node/node1/meminfo",
			  "Node 1 MemFree:");
}

/* Node 1 is full, with what cannot be reclaimed. */
static void fill(void)
{
	char *filling = mmap(NULL, FILLING, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (filling == MAP_FAILED || madvise(filling, FILLING, MADV_NOHUGEPAGE))
		fatal("mmap");
	policy(MPOL_PREFERRED);
	for (size_t at = 0; at < FILLING; at += page_size())
		filling[at] = 1;
}

static void set_watermark(long kbytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", kbytes);
	file_must_write(WATERMARK, text);
}

static void part_of_thp(void)
{
	struct region r = region_of_thps(1, 1);
	long watermark = file_number(WATERMARK);
	long ooms = vmstat("oom_kill");
	int ret;

	fill();
	/* The node has half of all, and its watermark is in proportion. */
	set_watermark(3 * free_there());
	policy(MPOL_BIND);
	ret = madvise(region_page(&r, 7), page_size(), MADV_DONTNEED);
	policy(MPOL_DEFAULT);
	set_watermark(watermark);
	report(!ret, "succeeds");
	report(vmstat("oom_kill") == ooms, "nobody is killed");
	report(region_holds(&r, 0, 7) && pattern_zero(region_page(&r, 7), 1) &&
	       region_holds(&r, 8, thp_pages() - 8), "contents");
}

TEST("discard-bound")
{
	if (!node_two()) {
		report_skip("this machine has one memory node");
		return;
	}
	CASE(part_of_thp);
}
