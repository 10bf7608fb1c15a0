// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "file.h"
#include "huge.h"
#include "pagemap.h"
#include "report.h"
#include "size.h"

#define GiB (1UL << 30)

char *huge_reserve(size_t size)
{
	size_t align = size < GiB ? GiB : size;
	uintptr_t room = (uintptr_t)mmap(NULL, 3 * align, PROT_NONE,
					 MAP_PRIVATE | MAP_ANONYMOUS |
					 MAP_NORESERVE, -1, 0);

	if (room == (uintptr_t)MAP_FAILED)
		fatal("reserving address space");
	return (char *)((room + 2 * align - 1) & ~(align - 1));
}

static void map_as(char *at, size_t size, int prot, int advice)
{
	if (mmap(at, size, prot,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
		 -1, 0) != at)
		fatal("mapping %zu bytes", size);
	if (advice && madvise(at, size, advice))
		fatal("madvise");
}

void huge_map(char *at, size_t size)
{
	map_as(at, size, PROT_READ | PROT_WRITE, MADV_HUGEPAGE);
}

void base_map(char *at, size_t size)
{
	map_as(at, size, PROT_READ | PROT_WRITE, MADV_NOHUGEPAGE);
}

void huge_release(char *at, size_t size)
{
	map_as(at, size, PROT_NONE, 0);
}

void huge_unmap(char *at, size_t size)
{
	if (munmap(at, size))
		fatal("munmap");
}

static void write_every(char *at, size_t size, size_t step)
{
	for (size_t i = 0; i < size; i += step)
		*(volatile char *)(at + i) = 1;
}

static void read_every(char *at, size_t size, size_t step)
{
	for (size_t i = 0; i < size; i += step)
		(void)*(volatile char *)(at + i);
}

void huge_write_each(char *at, size_t size)
{
	write_every(at, size, thp_size());
}

void huge_read_each(char *at, size_t size)
{
	read_every(at, size, thp_size());
}

void base_write_each(char *at, size_t size)
{
	write_every(at, size, page_size());
}

void base_read_each(char *at, size_t size)
{
	read_every(at, size, page_size());
}

void huge_split_each(char *at, size_t size)
{
	for (size_t i = 0; i < size; i += thp_size())
		if (madvise(at + i, page_size(), MADV_DONTNEED))
			fatal("MADV_DONTNEED");
}

size_t huge_count(const char *at, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i += thp_size())
		count += pagemap_is_huge(at + i);
	return count;
}

bool hugetlb_map(char *at, size_t size)
{
	int size_flag = __builtin_ctzl(thp_size()) << MAP_HUGE_SHIFT;

	return mmap(at, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_HUGETLB |
		    size_flag, -1, 0) == at;
}

void hugetlb_pages(size_t pages)
{
	char path[96];
	char text[32];

	snprintf(path, sizeof(path),
		 "/sys/kernel/mm/hugepages/hugepages-%zukB/nr_hugepages",
		 thp_size() / 1024);
	snprintf(text, sizeof(text), "%zu", pages);
	if (file_write(path, text))
		report_note("%s: %s", path, strerror(errno));
}
