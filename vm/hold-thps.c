// SPDX-License-Identifier: GPL-2.0
/*
 * usage: hold-thps THPS [CHILDREN]
 *
 * In the background, hold that many THPs, which so many children map, too.
 */
#define _DEFAULT_SOURCE
#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define THP	((uintptr_t)2 << 20)

int main(int argc, char **argv)
{
	size_t size = (argc > 1 ? strtoul(argv[1], NULL, 10) : 1) * THP;
	unsigned long children = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	char *p = mmap(NULL, size + THP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		err(EXIT_FAILURE, "mmap");
	p = (char *)(((uintptr_t)p + THP - 1) & ~(THP - 1));
	if (madvise(p, size, MADV_HUGEPAGE))
		err(EXIT_FAILURE, "madvise");
	memset(p, 1, size);
	/* The parent, which ends here, is what systemd waits for (Type=forking). */
	if (daemon(0, 0))
		err(EXIT_FAILURE, "daemon");
	while (children--)
		if (!fork())
			break;
	for (;;)
		pause();
}
