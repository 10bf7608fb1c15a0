// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "node.h"

bool node_two(void)
{
	return !access("/sys/devices/system/node/node1", F_OK);
}

static int move_page(void *addr, const int *node)
{
	int status = -ENODEV;

	if (syscall(SYS_move_pages, 0, 1UL, &addr, node, &status,
		    MPOL_MF_MOVE_ALL) < 0)
		return -errno;
	return status;
}

int node_of(void *addr)
{
	return move_page(addr, NULL);
}

int node_move(void *addr, int node)
{
	return move_page(addr, &node);
}

int node_bind(void *addr, size_t size, int node)
{
	unsigned long mask = 1UL << node;

	return syscall(SYS_mbind, addr, size, MPOL_BIND, &mask,
		       sizeof(mask) * 8, MPOL_MF_MOVE | MPOL_MF_STRICT);
}
