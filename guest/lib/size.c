// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <unistd.h>

#include "file.h"
#include "size.h"

size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

size_t thp_size(void)
{
	static size_t size;

	if (!size)
		size = file_number("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
	return size;
}

size_t thp_pages(void)
{
	return thp_size() / page_size();
}

size_t table_size(void)
{
	return thp_pages() * sizeof(uint64_t);
}

bool tables_share_pages(void)
{
	return table_size() < page_size();
}
