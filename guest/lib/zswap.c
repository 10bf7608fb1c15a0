// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <sys/mman.h>

#include "cgroup.h"
#include "file.h"
#include "reclaim.h"
#include "report.h"
#include "size.h"
#include "vmstat.h"
#include "zswap.h"

#define ENABLED		"/sys/module/zswap/parameters/enabled"
#define MOST_STORES	2000

bool zswap_switch(bool on)
{
	return !file_write(ENABLED, on ? "Y" : "N");
}

/*
 * Over its limit, a group has zswap look at some pages for each that comes in, and
 * write those that it has seen before.
 */
long zswap_write_some(void)
{
	long before = vmstat("zswpwb");
	char limit[32];

	snprintf(limit, sizeof(limit), "%ld",
		 cgroup_number("memory.zswap.current") - (long)page_size());
	if (cgroup_write("memory.zswap.max", limit))
		fatal("memory.zswap.max");
	for (int i = 0; vmstat("zswpwb") == before && i < MOST_STORES; i++) {
		char *page = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (page == MAP_FAILED)
			fatal("mmap");
		*page = 1;
		reclaim_range(page, page_size());
		munmap(page, page_size());
	}
	cgroup_write("memory.zswap.max", "max");
	return vmstat("zswpwb") - before;
}
