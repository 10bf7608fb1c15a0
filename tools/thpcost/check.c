// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

/* Of any architecture with THP, the fewest entries of a PMD table. */
#define PMDS		128

/* Of Linux 6.1; the C library's headers may have it or not. */
#define COLLAPSE	25

/*
 * In @room, of four THPs: the second of two aligned ones below one PMD table,
 * which is there once a page of the first has been written.
 */
static char *below_the_tables(char *room, uint64_t thp)
{
	uintptr_t first = ((uintptr_t)room + thp - 1) / thp * thp;

	if ((first + thp) % (PMDS * thp) == 0)
		first += thp;
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

static int try_out(const struct root *root, const struct kernel *kernel, char *thp,
		   uint64_t *tables)
{
	struct cost before, after;
	int error;

	if (!thp || madvise(thp, kernel->thp, MADV_HUGEPAGE))
		return -errno;
	/* Twice: the first takes the heap that the second uses again. */
	error = read_self(root, kernel, &before);
	if (!error)
		error = read_self(root, kernel, &before);
	if (error)
		return error;
	*(volatile char *)thp = 1;
	error = read_self(root, kernel, &after);
	/* Memory may be fragmented, or THP switched off: this tries harder. */
	if (!error && after.thp == before.thp && !madvise(thp, kernel->thp, COLLAPSE))
		error = read_self(root, kernel, &after);
	if (error)
		return error;
	*tables = after.tables - before.tables;
	return after.thp == before.thp + kernel->thp ? 0 : -EAGAIN;
}

int check_deposit(const struct root *root, const struct kernel *kernel, uint64_t *tables)
{
	size_t size = 4 * kernel->thp;
	char *room = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int error;

	if (room == MAP_FAILED)
		return -errno;
	error = try_out(root, kernel, below_the_tables(room, kernel->thp), tables);
	munmap(room, size);
	return error;
}
