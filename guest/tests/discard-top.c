// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that ends where addresses do, as a task of s390 may have, is discarded and
 * unmapped: rounded up, its address is 0. Nothing else is touched.
 */
#include <errno.h>
#include <sys/mman.h>

#include "../lib/test.h"

#define OTHERS	2	/* THPs of other memory */

/* Not aligned to anything that a page table of any architecture maps. */
#define TOP	((void *)(-(1UL << 20) + page_size()))

static void others_stay(void)
{
	struct region r = region_reserve(OTHERS);
	char *top = mmap(TOP, page_size(), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (top == MAP_FAILED) {
		if (errno != ENOMEM)
			fatal("mmap");
		report_skip("no address of a process is that high here");
		return;
	}
	region_map(&r, 0, OTHERS);
	region_fill(&r, 1);
	*top = 1;
	if (madvise(top, page_size(), MADV_DONTNEED))
		fatal("MADV_DONTNEED");
	report(!*top, "discarded");
	report(region_intact(&r), "contents of other memory");
	*top = 1;
	if (munmap(top, page_size()))
		fatal("munmap");
	report(!can_read(top), "unmapped");
	report(region_intact(&r), "contents of other memory then");
}

TEST_OF_ANY_PAGES("discard-top")
{
	CASE(others_stay);
}
