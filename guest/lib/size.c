// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <unistd.h>

#include "file.h"
#include "size.h"

/* Base pages that stand for a THP where there is none. */
#define WITHOUT_THP	512

size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

bool thp_possible(void)
{
	char value[8];

	return !cmdline_value("undeposit.thp=", value, sizeof(value)) ||
	       *value == '1';
}

size_t thp_size(void)
{
	static size_t size;

	if (!size)
		size = thp_possible() ?
			(size_t)file_number("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size") :
			WITHOUT_THP * page_size();
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

size_t power_of_two(size_t size)
{
	size_t power = 1;

	while (power < size)
		power *= 2;
	return power;
}
