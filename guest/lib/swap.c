// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "file.h"
#include "pagemap.h"
#include "report.h"
#include "size.h"
#include "swap.h"
#include "vmstat.h"

#define DEVICE	"/dev/zram0"
#define SYSFS	"/sys/block/zram0"
#define KNOB	"/sys/kernel/mm/transparent_hugepage/pmd_swap"

/* The kernel's union swap_header begins with 1 KiB for a boot sector. */
struct header {
	char boot[1024];
	uint32_t version;
	uint32_t last_page;
	uint32_t bad_pages;
};

static void make_node(void)
{
	unsigned int major, minor;
	char numbers[32];

	if (file_read(SYSFS "/dev", numbers, sizeof(numbers)) <= 0 ||
	    sscanf(numbers, "%u:%u", &major, &minor) != 2)
		fatal("reading " SYSFS "/dev");
	unlink(DEVICE);
	if (mknod(DEVICE, S_IFBLK | 0600, makedev(major, minor)))
		fatal("mknod " DEVICE);
}

static void make_swap(size_t size)
{
	static char page[65536];
	struct header *header = (struct header *)page;
	size_t len = page_size();
	int fd;

	header->version = 1;
	header->last_page = size / len - 1;
	memcpy(page + len - 10, "SWAPSPACE2", 10);
	fd = open(DEVICE, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, page, len) != (ssize_t)len || fsync(fd))
		fatal("writing the swap header");
	close(fd);
}

bool swap_on(size_t size)
{
	char text[32];

	if (access(SYSFS, F_OK))
		return false;
	make_node();
	snprintf(text, sizeof(text), "%zu", size);
	file_must_write(SYSFS "/disksize", text);
	make_swap(size);
	if (swapon(DEVICE, 0))
		fatal("swapon");
	return true;
}

void swap_off(void)
{
	if (swapoff(DEVICE))
		fatal("swapoff");
	file_must_write(SYSFS "/reset", "1");
}

bool swap_on_by_pte(size_t size)
{
	if (!access(KNOB, F_OK))
		file_must_write(KNOB, "never");
	return swap_on(size);
}

bool swap_on_by_pmd(size_t size)
{
	if (vmstat("thp_swpout_pmd") < 0)
		report_skip("this kernel has no PMD swap entries");
	else if (swap_on(size))
		return true;
	else
		report_skip("this kernel has no zram");
	return false;
}

size_t swap_holds(const struct region *r)
{
	return pagemap_count(r->base, r->thps * thp_pages(), PAGEMAP_SWAPPED);
}

void swap_out_by_pmd(const struct region *r)
{
	long out = vmstat("thp_swpout_pmd");

	if (madvise(r->base, r->thps * thp_size(), MADV_PAGEOUT))
		fatal("MADV_PAGEOUT");
	if (vmstat("thp_swpout_pmd") - out != (long)r->thps ||
	    swap_holds(r) != r->thps * thp_pages())
		fatal("%ld of %zu THPs swapped out by PMD",
		      vmstat("thp_swpout_pmd") - out, r->thps);
}

long swap_free(void)
{
	return file_field("/proc/meminfo", "SwapFree:") * 1024;
}
