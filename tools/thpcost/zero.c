// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "parse.h"
#include "zero.h"

/*
 * As in include/uapi/linux/fs.h, under names of our own: the C library's
 * headers may have them or not.
 */
#define SCAN_PRESENT	(1 << 3)
#define SCAN_PFNZERO	(1 << 5)
#define SCAN_HUGE	(1 << 6)

struct scan_region {
	uint64_t start;
	uint64_t end;
	uint64_t categories;
};

struct scan_arg {
	uint64_t size;
	uint64_t flags;
	uint64_t start;
	uint64_t end;
	uint64_t walk_end;
	uint64_t vec;
	uint64_t vec_len;
	uint64_t max_pages;
	uint64_t category_inverted;
	uint64_t category_mask;
	uint64_t category_anyof_mask;
	uint64_t return_mask;
};

#define SCAN		_IOWR('f', 16, struct scan_arg)

/* Of an entry of pagemap. */
#define ENTRY_PRESENT	(1ULL << 63)
#define ENTRY_PFN	((1ULL << 55) - 1)

/* Without PAGEMAP_SCAN each whole THP of address space is looked at: in so many, 4 TiB on x86, for seconds. */
#define LOOKS_MAX	(1 << 21)

/* A process, while it is searched. */
struct search {
	const struct zero *zero;
	int pagemap;
	uint64_t looks;
	uint64_t *bytes;
};

static int entry(int pagemap, uint64_t page, uint64_t at, uint64_t *value)
{
	ssize_t size = pread(pagemap, value, sizeof(*value), at / page * sizeof(*value));

	return size < 0 ? -errno : size < (ssize_t)sizeof(*value) ? -ENODATA : 0;
}

/* Adds up THPs from @start to @end that the page frame number says are the huge zero page. */
static int look(struct search *s, uint64_t start, uint64_t end)
{
	const struct zero *zero = s->zero;

	for (uint64_t at = start; at < end && end - at >= zero->thp; at += zero->thp) {
		uint64_t value;
		int error;

		if (++s->looks > LOOKS_MAX)
			return -EFBIG;
		error = entry(s->pagemap, zero->page, at, &value);
		if (error)
			return error;
		if (value & ENTRY_PRESENT && (value & ENTRY_PFN) == zero->pfn)
			*s->bytes += zero->thp;
	}
	return 0;
}

/* What huge PMDs map of @categories is added up, or first looked at. */
static int scan(struct search *s, uint64_t start, uint64_t end, uint64_t categories, bool looked_at)
{
	struct scan_region regions[64];
	struct scan_arg arg = {
		.size = sizeof(arg),
		.start = start,
		.end = end,
		.vec = (uintptr_t)regions,
		.vec_len = sizeof(regions) / sizeof(regions[0]),
		.category_mask = categories,
		.return_mask = categories,
	};

	while (arg.start < end) {
		int found = ioctl(s->pagemap, SCAN, &arg);
		int error = 0;

		if (found < 0)
			return -errno;
		for (int i = 0; i < found && !error; i++) {
			if (looked_at)
				error = look(s, regions[i].start, regions[i].end);
			else
				*s->bytes += regions[i].end - regions[i].start;
		}
		if (error)
			return error;
		if (arg.walk_end <= arg.start)
			return -EIO;
		arg.start = arg.walk_end;
	}
	return 0;
}

static uint64_t whole_thps(const struct map *map, uint64_t thp, uint64_t *first)
{
	uint64_t start = map->start / thp + (map->start % thp != 0);
	uint64_t end = map->end / thp;

	*first = start * thp;
	return start < end ? (end - start) * thp : 0;
}

static int search_map(struct search *s, const struct map *map)
{
	uint64_t first;
	uint64_t size = whole_thps(map, s->zero->thp, &first);
	int error;

	if (!size)
		return 0;
	if (s->zero->way == ZERO_SCAN)
		return scan(s, first, first + size, SCAN_HUGE | SCAN_PFNZERO, false);
	/* Where PAGEMAP_SCAN knows huge PMDs at least, it passes over holes. */
	error = scan(s, first, first + size, SCAN_HUGE | SCAN_PRESENT, true);
	return error == -ENOTTY ? look(s, first, first + size) : error;
}

static bool is_live(int proc)
{
	struct statfs fs;

	return !fstatfs(proc, &fs) && fs.f_type == PROC_SUPER_MAGIC;
}

/* Two THPs from @at were only read: both are the huge zero page, or none is. */
static enum zero_way try_out(int pagemap, uint64_t at, struct zero *zero)
{
	uint64_t entries[3], huge = 0, found = 0;
	uint64_t end = at + 2 * zero->thp;
	int error;

	error = scan(&(struct search){ zero, pagemap, 0, &huge }, at, end, SCAN_HUGE | SCAN_PRESENT, false);
	if (!error && huge != end - at)
		return ZERO_UNTRIED;
	if (!error && !scan(&(struct search){ zero, pagemap, 0, &found }, at, end,
			    SCAN_HUGE | SCAN_PFNZERO, false) && found == huge)
		return ZERO_SCAN;
	if (entry(pagemap, zero->page, at, &entries[0]) ||
	    entry(pagemap, zero->page, at + zero->page, &entries[1]) ||
	    entry(pagemap, zero->page, at + zero->thp, &entries[2]) || !(entries[0] & ENTRY_PRESENT))
		return ZERO_UNTRIED;
	zero->pfn = entries[0] & ENTRY_PFN;
	if (!zero->pfn)
		return ZERO_CLOSED;
	/* Another frame behind it, and the same one again: not the small zero page, nor two THPs. */
	return (entries[1] & ENTRY_PFN) == zero->pfn + 1 && (entries[2] & ENTRY_PFN) == zero->pfn ?
		ZERO_PFN : ZERO_UNTRIED;
}

void zero_try(int proc, bool trust, struct zero *zero)
{
	uint64_t thp = zero->thp;
	char *room = MAP_FAILED;
	int pagemap;

	zero->way = ZERO_COPY;
	if (!is_live(proc))
		return;
	zero->way = ZERO_UNTRIED;
	pagemap = openat(proc, "self/pagemap", O_RDONLY | O_CLOEXEC);
	if (pagemap >= 0)
		room = mmap(NULL, 3 * thp, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room != MAP_FAILED) {
		uint64_t at = ((uintptr_t)room + thp - 1) / thp * thp;

		madvise((void *)at, 2 * thp, MADV_HUGEPAGE);
		for (int i = 0; i < 2; i++)
			(void)*(volatile char *)(at + i * thp);
		zero->way = try_out(pagemap, at, zero);
		munmap(room, 3 * thp);
	}
	if (pagemap >= 0)
		close(pagemap);
	if (trust && zero->way == ZERO_UNTRIED)
		zero->way = ZERO_SCAN;
}

const char *zero_why_not(enum zero_way way)
{
	switch (way) {
	case ZERO_UNTRIED:
		return "there is none to try out how it shows";
	case ZERO_CLOSED:
		return "this kernel shows it to CAP_SYS_ADMIN alone";
	case ZERO_COPY:
		return "only a live process tells";
	default:
		return "pagemap may not be read, or too much of it";
	}
}

int zero_find(const struct zero *zero, int dir, uint64_t *bytes, uint64_t *room)
{
	struct search s = { .zero = zero, .bytes = bytes };
	char *line = NULL;
	size_t size = 0;
	int error = 0;
	FILE *maps;

	*bytes = 0;
	*room = 0;
	if (!zero->thp)
		return 0;
	*room = UINT64_MAX;
	maps = open_at(dir, "maps");
	if (!maps)
		return -errno;
	*room = 0;
	s.pagemap = zero->way < ZERO_NEVER ? -1 : openat(dir, "pagemap", O_RDONLY | O_CLOEXEC);
	if (s.pagemap < 0)
		error = zero->way < ZERO_NEVER ? -ENODATA : -errno;
	while (getline(&line, &size, maps) >= 0) {
		struct map map;
		uint64_t first;

		/* Only anonymous: a DAX file maps it for its holes, and no table is deposited for that. */
		if (!parse_map(line, &map) || !map.anonymous)
			continue;
		if (__builtin_add_overflow(*room, whole_thps(&map, zero->thp, &first), room))
			*room = UINT64_MAX;
		if (!error)
			error = search_map(&s, &map);
	}
	if (!error && !feof(maps))
		error = -ESRCH;
	if (error)
		*bytes = 0;
	free(line);
	fclose(maps);
	if (s.pagemap >= 0)
		close(s.pagemap);
	return error;
}
