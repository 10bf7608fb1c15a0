// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file.h"
#include "report.h"
#include "size.h"
#include "split.h"

void split_folios_of(pid_t pid, const void *addr, size_t size)
{
	char request[96];

	snprintf(request, sizeof(request), "%d,%p,%p", pid, addr,
		 (const void *)((const char *)addr + size));
	file_must_write("/sys/kernel/debug/split_huge_pages", request);
}

void split_folios(const void *addr, size_t size)
{
	split_folios_of(getpid(), addr, size);
}

void split_folio(const struct region *r, size_t thp)
{
	split_folios(region_thp(r, thp), thp_size());
}

void split_vma(const struct region *r, size_t thp)
{
	if (mprotect(region_page(r, thp * thp_pages() + 1), page_size(),
		     PROT_READ))
		fatal("mprotect of THP %zu", thp);
}

void split_pmd(const struct region *r, size_t thp)
{
	split_vma(r, thp);
	if (mprotect(region_page(r, thp * thp_pages() + 1), page_size(),
		     PROT_READ | PROT_WRITE))
		fatal("mprotect of THP %zu", thp);
}
