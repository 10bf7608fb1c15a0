// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "file.h"
#include "pagemap.h"
#include "reclaim.h"
#include "report.h"
#include "size.h"
#include "swap.h"
#include "vmstat.h"

#define ZRAM	"/sys/block/zram0"
#define CONFIGFS "/sys/kernel/config"
#define DISK	CONFIGFS "/nullb/swap"
#define SECTOR	512
#define KNOB	"/sys/kernel/mm/transparent_hugepage/pmd_swap"

/* The kernel's union swap_header begins with 1 KiB for a boot sector. */
struct header {
	char boot[1024];
	uint32_t version;
	uint32_t last_page;
	uint32_t bad_pages;
};

/* The device in use, and how it ends when nothing is swapped out any more. */
static char device[32];
static void (*finish)(void);

static int loop = -1;

static void make_node(const char *name)
{
	unsigned int major, minor;
	char numbers[32];
	char path[64];

	snprintf(path, sizeof(path), "/sys/block/%s/dev", name);
	if (file_read(path, numbers, sizeof(numbers)) <= 0 ||
	    sscanf(numbers, "%u:%u", &major, &minor) != 2)
		fatal("reading %s", path);
	snprintf(device, sizeof(device), "/dev/%s", name);
	unlink(device);
	if (mknod(device, S_IFBLK | 0600, makedev(major, minor)))
		fatal("mknod %s", device);
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
	fd = open(device, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, page, len) != (ssize_t)len || fsync(fd))
		fatal("writing the swap header");
	close(fd);
}

static void begin(size_t size, void (*end)(void))
{
	finish = end;
	make_swap(size);
	if (swapon(device, 0))
		fatal("swapon");
}

void swap_off(void)
{
	if (swapoff(device))
		fatal("swapoff");
	finish();
}

bool swap_leave(void)
{
	return !swapoff(device);
}

void swap_return(void)
{
	if (swapon(device, 0) && errno != EBUSY)
		fatal("swapon");
}

static void write_number(const char *path, unsigned long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", number);
	file_must_write(path, text);
}

static void reset_zram(void)
{
	file_must_write(ZRAM "/reset", "1");
}

bool swap_on(size_t size)
{
	if (access(ZRAM, F_OK))
		return false;
	make_node("zram0");
	write_number(ZRAM "/disksize", size);
	begin(size, reset_zram);
	return true;
}

static void remove_disk(void)
{
	file_must_write(DISK "/power", "0");
	if (rmdir(DISK))
		fatal("rmdir " DISK);
}

bool swap_on_disk(size_t size, unsigned long nsec)
{
	char name[32];

	if (mount("configfs", CONFIGFS, "configfs", 0, NULL) && errno != EBUSY)
		return false;
	if (access(CONFIGFS "/nullb", F_OK))
		return false;
	if (mkdir(DISK, 0700))
		fatal("mkdir " DISK);
	write_number(DISK "/size", size >> 20);
	write_number(DISK "/blocksize", SECTOR);
	write_number(DISK "/memory_backed", 1);
	write_number(DISK "/irqmode", 2);
	write_number(DISK "/completion_nsec", nsec);
	write_number(DISK "/power", 1);
	snprintf(name, sizeof(name), "nullb%ld", file_number(DISK "/index"));
	if (access("/sys/block/swap", F_OK))
		make_node(name);
	else
		make_node("swap");
	begin(size, remove_disk);
	return true;
}

void swap_disk_break(size_t slot)
{
	const size_t sectors = page_size() / SECTOR;
	char text[64];

	snprintf(text, sizeof(text), "+%zu-%zu", slot * sectors,
		 slot * sectors + sectors - 1);
	file_must_write(DISK "/badblocks", text);
}

static void discard_ram(void)
{
	const uint64_t all[] = { 0, 512 * file_number("/sys/block/ram0/size") };
	int fd = open(device, O_WRONLY | O_CLOEXEC);

	/* Where it cannot, its pages are kept for the next time. */
	if (fd < 0 || (ioctl(fd, BLKDISCARD, all) && errno != EOPNOTSUPP))
		fatal("discarding the RAM disk");
	close(fd);
}

bool swap_on_ram(size_t size)
{
	if (access("/sys/block/ram0", F_OK))
		return false;
	make_node("ram0");
	if (size > 512UL * file_number("/sys/block/ram0/size"))
		fatal("a RAM disk of %zu bytes", size);
	begin(size, discard_ram);
	return true;
}

static void detach_loop(void)
{
	if (ioctl(loop, LOOP_CLR_FD))
		fatal("LOOP_CLR_FD");
	close(loop);
}

bool swap_on_loop(size_t size)
{
	int file;

	if (access("/sys/block/loop0", F_OK))
		return false;
	make_node("loop0");
	file = memfd_create("swap", MFD_CLOEXEC);
	loop = open(device, O_RDWR | O_CLOEXEC);
	if (file < 0 || loop < 0 || ftruncate(file, size) ||
	    ioctl(loop, LOOP_SET_FD, file))
		fatal("a loop device");
	close(file);
	begin(size, detach_loop);
	return true;
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

	reclaim_range(r->base, r->thps * thp_size());
	if (vmstat("thp_swpout_pmd") - out != (long)r->thps ||
	    swap_holds(r) != r->thps * thp_pages())
		fatal("%ld of %zu THPs swapped out by PMD",
		      vmstat("thp_swpout_pmd") - out, r->thps);
}

long swap_cached(void)
{
	return file_field("/proc/meminfo", "SwapCached:") * 1024;
}

void swap_cache_forget(void)
{
	const struct timespec writing = { .tv_nsec = 1000 * 1000 };

	for (int i = 0; swap_cached() >= (long)thp_size() && i < RECLAIM_MOST; i++) {
		cgroup_reclaim();
		nanosleep(&writing, NULL);
	}
	if (swap_cached() >= (long)thp_size())
		fatal("%ld bytes stay in the swap cache", swap_cached());
}

long swap_free(void)
{
	return file_field("/proc/meminfo", "SwapFree:") * 1024;
}
