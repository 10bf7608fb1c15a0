// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <unistd.h>

#include "pagemap.h"
#include "report.h"
#include "size.h"

static int pagemap_open(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fatal("opening pagemap");
	return fd;
}

static uint64_t read_entry(int fd, const void *addr)
{
	uint64_t entry;
	off_t at = (uintptr_t)addr / page_size() * sizeof(entry);

	if (pread(fd, &entry, sizeof(entry), at) != sizeof(entry))
		fatal("reading pagemap");
	return entry;
}

uint64_t pagemap_entry(const void *addr)
{
	int fd = pagemap_open();
	uint64_t entry = read_entry(fd, addr);

	close(fd);
	return entry;
}

bool pagemap_knows_soft_dirty(void)
{
	volatile char written = 1;

	return pagemap_entry((const void *)&written) & PAGEMAP_SOFT_DIRTY;
}

size_t pagemap_count(const void *addr, size_t pages, uint64_t bits)
{
	size_t count = 0;
	int fd = pagemap_open();

	for (size_t i = 0; i < pages; i++)
		count += (read_entry(fd, (const char *)addr + i * page_size()) &
			  bits) == bits;
	close(fd);
	return count;
}

uint64_t pagemap_categories(const void *addr, size_t size)
{
	const uint64_t all = PAGE_IS_PRESENT | PAGE_IS_SWAPPED |
			     PAGE_IS_PFNZERO | PAGE_IS_HUGE |
			     PAGE_IS_SOFT_DIRTY | PAGE_IS_WRITTEN;
	struct page_region region = { 0 };
	struct pm_scan_arg arg = {
		.size = sizeof(arg),
		.start = (uintptr_t)addr,
		.end = (uintptr_t)addr + size,
		.vec = (uintptr_t)&region,
		.vec_len = 1,
		.return_mask = all,
	};
	int fd = pagemap_open();

	if (ioctl(fd, PAGEMAP_SCAN, &arg) < 0)
		fatal("PAGEMAP_SCAN");
	close(fd);
	/* One range must cover all of it, or its pages differ. */
	if (region.start != arg.start || region.end != arg.end)
		return 0;
	return region.categories;
}

bool pagemap_is_huge(const void *addr)
{
	return pagemap_categories(addr, thp_size()) & PAGE_IS_HUGE;
}

bool pagemap_is_huge_zero(const void *addr)
{
	const uint64_t want = PAGE_IS_HUGE | PAGE_IS_PFNZERO;

	return (pagemap_categories(addr, thp_size()) & want) == want;
}

long pagemap_written(const void *addr, size_t size, bool protect)
{
	struct page_region region[64];
	struct pm_scan_arg arg = {
		.size = sizeof(arg),
		.flags = protect ? PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC
				 : 0,
		.start = (uintptr_t)addr,
		.end = (uintptr_t)addr + size,
		.vec = (uintptr_t)region,
		.vec_len = sizeof(region) / sizeof(region[0]),
		.category_mask = PAGE_IS_WRITTEN,
		.return_mask = PAGE_IS_WRITTEN,
	};
	int fd = pagemap_open();
	size_t pages = 0;
	int ranges;

	ranges = ioctl(fd, PAGEMAP_SCAN, &arg);
	close(fd);
	if (ranges < 0)
		return -1;
	for (int i = 0; i < ranges; i++)
		pages += (region[i].end - region[i].start) / page_size();
	return pages;
}
