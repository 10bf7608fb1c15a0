// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "report.h"
#include "stuck.h"

#define DEVICE	"/tmp/fuse"
#define FILE_	"/tmp/stuck"

/* Guest seconds, generous. */
#define LIMIT	45

/* FUSE_MIN_READ_BUFFER, and room for what a request is at most. */
static char request[65536];

static int server = -1;

const char *stuck_missing(void)
{
	if (access("/proc/sys/fs/aio-nr", F_OK))
		return "this kernel has no AIO";
	if (access("/sys/class/misc/fuse/dev", F_OK))
		return "this kernel has no FUSE";
	return NULL;
}

void stuck_make(void)
{
	unsigned int major, minor;
	char text[96];
	int fd;

	if (file_read("/sys/class/misc/fuse/dev", text, sizeof(text)) <= 0 ||
	    sscanf(text, "%u:%u", &major, &minor) != 2)
		fatal("reading the number of /dev/fuse");
	unlink(DEVICE);
	if (mknod(DEVICE, S_IFCHR | 0600, makedev(major, minor)))
		fatal("mknod " DEVICE);
	server = open(DEVICE, O_RDWR | O_CLOEXEC);
	fd = open(FILE_, O_CREAT | O_CLOEXEC, 0600);
	if (server < 0 || fd < 0)
		fatal("opening " DEVICE);
	close(fd);
	/* The root of the file system is that file. */
	snprintf(text, sizeof(text), "fd=%d,rootmode=100600,user_id=0,group_id=0",
		 server);
	if (mount("stuck", FILE_, "fuse", 0, text))
		fatal("mounting FUSE");
}

void stuck_ask(void)
{
	struct iocb *list[1];
	struct iocb fsync = { .aio_lio_opcode = IOCB_CMD_FSYNC };
	aio_context_t context = 0;
	int fd = open(FILE_, O_RDWR | O_CLOEXEC);

	fsync.aio_fildes = fd;
	list[0] = &fsync;
	if (fd < 0 || syscall(SYS_io_setup, 1, &context) ||
	    syscall(SYS_io_submit, context, 1, list) != 1)
		fatal("IOCB_CMD_FSYNC");
}

static void answer(const struct fuse_in_header *in, int error, void *data,
		   size_t size)
{
	struct fuse_out_header out = {
		.len = sizeof(out) + size, .error = error, .unique = in->unique,
	};
	struct iovec parts[] = { { &out, sizeof(out) }, { data, size } };

	if (writev(server, parts, 2) != (ssize_t)out.len)
		fatal("answering FUSE request %u", in->opcode);
}

/* Whether that was the one which is not answered. */
static bool serve(void)
{
	struct fuse_in_header *in = (struct fuse_in_header *)request;
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = 4096,
	};
	struct pollfd fd = { .fd = server, .events = POLLIN };

	if (poll(&fd, 1, LIMIT * 1000) != 1 ||
	    read(server, request, sizeof(request)) < (ssize_t)sizeof(*in))
		fatal("no FUSE request");
	if (in->opcode == FUSE_FSYNC)
		return true;
	if (in->opcode == FUSE_INIT)
		answer(in, 0, &init, sizeof(init));
	else
		answer(in, -ENOSYS, NULL, 0);
	return false;
}

static bool hangs_in_exit(pid_t pid)
{
	char path[32];
	char stack[4096];

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	return file_read(path, stack, sizeof(stack)) > 0 &&
	       strstr(stack, "exit_aio");
}

void stuck_wait(const struct child *c)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	int i;

	while (!serve())
		;
	for (i = 0; !hangs_in_exit(c->pid) && i < LIMIT * 100; i++)
		nanosleep(&pause, NULL);
	if (i == LIMIT * 100)
		fatal("the child does not hang in exit()");
}

/* The kernel ends all requests when the server is gone. */
void stuck_end(void)
{
	close(server);
	if (umount2(FILE_, MNT_DETACH))
		fatal("umount");
}
