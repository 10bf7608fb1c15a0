// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"
#include "uffd.h"

int uffd_open(uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (uffd < 0)
		return -1;
	if (ioctl(uffd, UFFDIO_API, &api)) {
		close(uffd);
		return -1;
	}
	return uffd;
}

bool uffd_has(uint64_t features)
{
	int uffd = uffd_open(features);

	if (uffd >= 0)
		close(uffd);
	return uffd >= 0;
}

const char *uffd_protect_missing(void)
{
	return uffd_has(UFFD_FEATURE_PAGEFAULT_FLAG_WP) ? NULL :
	       "this kernel has no userfaultfd write-protection";
}

const char *uffd_move_missing(void)
{
	return uffd_has(UFFD_FEATURE_MOVE) ? NULL :
	       "this kernel has no UFFDIO_MOVE";
}

void uffd_register(int uffd, void *addr, size_t size, uint64_t mode)
{
	struct uffdio_register reg = {
		.range = { .start = (uintptr_t)addr, .len = size },
		.mode = mode,
	};

	if (ioctl(uffd, UFFDIO_REGISTER, &reg))
		fatal("UFFDIO_REGISTER");
}

int uffd_protect(int uffd, void *addr, size_t size, int protect)
{
	struct uffdio_writeprotect wp = {
		.range = { .start = (uintptr_t)addr, .len = size },
		.mode = protect ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	return ioctl(uffd, UFFDIO_WRITEPROTECT, &wp);
}

long uffd_move(int uffd, void *dst, void *src, size_t size)
{
	struct uffdio_move move = {
		.dst = (uintptr_t)dst,
		.src = (uintptr_t)src,
		.len = size,
	};

	if (ioctl(uffd, UFFDIO_MOVE, &move))
		return -1;
	return move.move;
}
