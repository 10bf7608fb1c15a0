// SPDX-License-Identifier: GPL-2.0
/*
 * usage: without perf|scan|thp COMMAND [ARGS...]
 *
 * Runs a command where perf_event_open() is not permitted, as in many containers,
 * where the kernel has no PAGEMAP_SCAN, or where it gives the process no THPs.
 */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGEMAP_SCAN	0xc0606610	/* its number on x86-64 */

#define LOAD(member)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define UNLESS(value, skip)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define RETURN(action)	BPF_STMT(BPF_RET | BPF_K, action)

static void filter(struct sock_filter *code, unsigned short len)
{
	const struct sock_fprog program = { .len = len, .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0))
		err(EXIT_FAILURE, "seccomp");
}

int main(int argc, char **argv)
{
	struct sock_filter perf[] = {
		LOAD(nr),
		UNLESS(SYS_perf_event_open, 1),
		RETURN(SECCOMP_RET_ERRNO | EPERM),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_filter scan[] = {
		LOAD(nr),
		UNLESS(SYS_ioctl, 3),
		LOAD(args[1]),
		UNLESS(PAGEMAP_SCAN, 1),
		RETURN(SECCOMP_RET_ERRNO | ENOTTY),
		RETURN(SECCOMP_RET_ALLOW),
	};

	if (argc < 3)
		errx(EXIT_FAILURE, "usage: without perf|scan|thp COMMAND [ARGS...]");
	if (!strcmp(argv[1], "perf"))
		filter(perf, sizeof(perf) / sizeof(perf[0]));
	else if (!strcmp(argv[1], "scan"))
		filter(scan, sizeof(scan) / sizeof(scan[0]));
	else if (strcmp(argv[1], "thp") || prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
		err(EXIT_FAILURE, "%s", argv[1]);
	execvp(argv[2], argv + 2);
	err(EXIT_FAILURE, "%s", argv[2]);
}
