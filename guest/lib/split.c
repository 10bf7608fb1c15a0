// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <unistd.h>

#include "file.h"
#include "split.h"

void split_folios(const void *addr, size_t size)
{
	char request[96];

	snprintf(request, sizeof(request), "%d,%p,%p", getpid(), addr,
		 (const void *)((const char *)addr + size));
	file_must_write("/sys/kernel/debug/split_huge_pages", request);
}
