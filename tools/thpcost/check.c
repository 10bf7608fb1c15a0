// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

/* Of any architecture with THP, the fewest entries of a PMD table. */
#define PMDS		128

/* Of Linux 6.1; the C library's headers may have it or not. */
#define COLLAPSE	25

/* The unit of VmPTE. */
#define UNIT		1024

/*
 * In @room for twice as many and two: @thps THPs below one PMD table, which is
 * there because a page before them was written.
 */
static char *below_the_tables(char *room, uint64_t thp, uint64_t thps)
{
	uint64_t whole = PMDS * thp;
	uint64_t first = ((uintptr_t)room + thp - 1) / thp * thp;
	uint64_t border = (first + whole - 1) / whole * whole;

	if (border <= first + thps * thp)
		first = border;
	if (madvise((char *)first, thp, MADV_NOHUGEPAGE))
		return NULL;
	*(volatile char *)first = 1;
	return (char *)first + thp;
}

static int read_self(const struct root *root, const struct kernel *kernel, struct cost *cost)
{
	struct process self;
	int error = process_read(root, kernel, getpid(), &self);

	if (error)
		return error;
	*cost = self.cost;
	process_free(&self);
	return self.read ? 0 : -EACCES;
}

static int try_out(const struct root *root, const struct kernel *kernel, char *at, uint64_t thps,
		   uint64_t *tables)
{
	uint64_t size = thps * kernel->thp;
	struct cost before, after;
	int error;

	if (!at || madvise(at, size, MADV_HUGEPAGE))
		return -errno;
	/* Twice: the first takes the heap that the second uses again. */
	error = read_self(root, kernel, &before);
	if (!error)
		error = read_self(root, kernel, &before);
	if (error)
		return error;
	for (uint64_t i = 0; i < thps; i++)
		*(volatile char *)(at + i * kernel->thp) = 1;
	error = read_self(root, kernel, &after);
	/* Memory may be fragmented, or THP switched off: this tries harder. */
	if (!error && after.thp != before.thp + size && !madvise(at, size, COLLAPSE))
		error = read_self(root, kernel, &after);
	if (error)
		return error;
	*tables = (after.tables - before.tables) / thps;
	return after.thp == before.thp + size ? 0 : -EAGAIN;
}

int check_deposit(const struct root *root, const struct kernel *kernel, uint64_t *tables)
{
	uint64_t thps = kernel->table < UNIT ? UNIT / kernel->table : 1;
	size_t size = (2 * thps + 2) * kernel->thp;
	char *room = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int error;

	if (room == MAP_FAILED)
		return -errno;
	error = try_out(root, kernel, below_the_tables(room, kernel->thp, thps), thps, tables);
	munmap(room, size);
	return error;
}
