// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "device.h"
#include "report.h"
#include "size.h"
#include "uapi.h"

#define DEVICE	"/dev/hmm_dmirror0"
#define DRIVER	"HMM_DMIRROR"

/* Commands of a THP after which vmalloc() comes by the same addresses again. */
#define ROUND	200

/* Every command copies what the device then sees to here. */
static char *seen;

/* Its number, -1 where it has none. */
static int major_number(void)
{
	FILE *devices = fopen("/proc/devices", "re");
	char line[128];
	char name[64];
	int number;
	int found = -1;

	if (!devices)
		return -1;
	while (fgets(line, sizeof(line), devices))
		if (sscanf(line, "%d %63s", &number, name) == 2 &&
		    !strcmp(name, DRIVER))
			found = number;
	fclose(devices);
	return found;
}

bool device_exists(void)
{
	return major_number() >= 0;
}

int device_open(void)
{
	int fd;

	if (access(DEVICE, F_OK) &&
	    mknod(DEVICE, S_IFCHR | 0600, makedev(major_number(), 0)))
		fatal("mknod " DEVICE);
	fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fatal("opening " DEVICE);
	if (!seen) {
		seen = malloc(thp_size());
		if (!seen)
			fatal("malloc");
		memset(seen, 0, thp_size());
	}
	return fd;
}

static int command(int device, unsigned long request, void *addr, size_t size)
{
	struct hmm_dmirror_cmd cmd = {
		.addr = (uintptr_t)addr,
		.npages = size / page_size(),
	};

	if (size > thp_size())
		fatal("more than a THP for the device");
	cmd.ptr = (uintptr_t)seen;
	return ioctl(device, request, &cmd) ? errno : 0;
}

/*
 * The driver copies through memory of vmalloc(), whose page tables stay and are
 * counted in PageTables.
 */
void device_warm_up(void)
{
	int device = device_open();
	void *nothing = mmap(NULL, thp_size(), PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (nothing == MAP_FAILED)
		fatal("mmap");
	for (int i = 0; i < ROUND; i++)
		if (!command(device, HMM_DMIRROR_READ, nothing, thp_size()))
			fatal("the device reads what may not be read");
	munmap(nothing, thp_size());
	close(device);
}

int device_take(int device, void *addr, size_t size)
{
	return command(device, HMM_DMIRROR_MIGRATE_TO_DEV, addr, size);
}

int device_take_in_pieces(int device, void *addr, size_t size)
{
	struct hmm_dmirror_cmd flags = { .npages = HMM_DMIRROR_FLAG_FAIL_ALLOC };

	if (ioctl(device, HMM_DMIRROR_FLAGS, &flags))
		fatal("HMM_DMIRROR_FLAGS");
	return device_take(device, addr, size);
}

int device_exclude(int device, void *addr)
{
	return command(device, HMM_DMIRROR_EXCLUSIVE, addr, page_size());
}
