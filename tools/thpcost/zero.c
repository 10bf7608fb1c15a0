// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "parse.h"
#include "zero.h"

/*
 * As in include/uapi/linux/fs.h, under names of our own: the C library's
 * headers may have them or not.
 */
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

/*
 * Only anonymous VMAs: a DAX file maps the huge zero page for its holes, and
 * no table is deposited for that.
 */
static int scan(int pagemap, const struct map *map, uint64_t *bytes)
{
	struct scan_region regions[64];
	struct scan_arg arg = {
		.size = sizeof(arg),
		.start = map->start,
		.end = map->end,
		.vec = (uintptr_t)regions,
		.vec_len = sizeof(regions) / sizeof(regions[0]),
		.category_mask = SCAN_HUGE | SCAN_PFNZERO,
		.return_mask = SCAN_HUGE | SCAN_PFNZERO,
	};

	while (arg.start < map->end) {
		int found = ioctl(pagemap, SCAN, &arg);

		if (found < 0)
			return -errno;
		for (int i = 0; i < found; i++)
			*bytes += regions[i].end - regions[i].start;
		if (arg.walk_end <= arg.start)
			return -EIO;
		arg.start = arg.walk_end;
	}
	return 0;
}

static uint64_t whole_thps(const struct map *map, uint64_t thp)
{
	uint64_t start = map->start / thp + (map->start % thp != 0);
	uint64_t end = map->end / thp;

	return start < end ? (end - start) * thp : 0;
}

int zero_find(int dir, uint64_t thp, uint64_t *bytes, uint64_t *room)
{
	char *line = NULL;
	size_t size = 0;
	int pagemap = -1;
	int error = 0;
	FILE *maps;

	*bytes = 0;
	*room = UINT64_MAX;
	maps = open_at(dir, "maps");
	if (!maps)
		return -errno;
	*room = 0;
	pagemap = openat(dir, "pagemap", O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		error = -errno;
	while (getline(&line, &size, maps) >= 0) {
		struct map map;

		if (!parse_map(line, &map) || !map.anonymous)
			continue;
		if (__builtin_add_overflow(*room, whole_thps(&map, thp), room))
			*room = UINT64_MAX;
		if (!error && whole_thps(&map, thp))
			error = scan(pagemap, &map, bytes);
	}
	if (!error && !feof(maps))
		error = -ESRCH;
	if (error)
		*bytes = 0;
	free(line);
	fclose(maps);
	if (pagemap >= 0)
		close(pagemap);
	return error;
}
