// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/mempolicy.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"
#include "node.h"
#include "size.h"

bool node_two(void)
{
	char text[64];

	return file_read("/sys/devices/system/node/has_memory", text, sizeof(text)) > 0 &&
	       !strncmp(text, "0-1", 3);
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

int node_shuttle(void *addr, size_t moves)
{
	int first = !node_of(addr);
	void *pages[moves];
	int nodes[moves];
	int status[moves];

	for (size_t i = 0; i < moves; i++) {
		pages[i] = (char *)addr + i % thp_pages() * page_size();
		nodes[i] = i % 2 ? !first : first;
	}
	return syscall(SYS_move_pages, 0, moves, pages, nodes, status,
		       MPOL_MF_MOVE) ? -1 : 0;
}

int node_bind(void *addr, size_t size, int node)
{
	unsigned long mask = 1UL << node;

	return syscall(SYS_mbind, addr, size, MPOL_BIND, &mask,
		       sizeof(mask) * 8, MPOL_MF_MOVE | MPOL_MF_STRICT);
}
