// SPDX-License-Identifier: GPL-2.0
/*
 * Compaction without memory: kcompactd moves base pages to where pages are
 * free, which takes no other, and leaves THPs as they are.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define THPS		8
#define PROACTIVE	"/proc/sys/vm/compaction_proactiveness"

/* Base pages, in as many THPs' room, every other one of which is given back. */
#define HOLES		32

static void compact(const struct region *r)
{
	(void)r;
	/* 100: as long as any free memory is in pieces. Writing it is a call. */
	file_must_write(PROACTIVE, "100");
}

static char *make_holes(void)
{
	size_t size = HOLES * thp_size();
	char *room = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED || madvise(room, size, MADV_NOHUGEPAGE))
		fatal("mapping base pages");
	pattern_fill(room, HOLES * thp_pages(), 9, 0);
	for (size_t at = 0; at < size; at += 2 * page_size())
		if (madvise(room + at, page_size(), MADV_DONTNEED))
			fatal("MADV_DONTNEED");
	return room;
}

static bool holes_intact(const char *room)
{
	for (size_t page = 1; page < HOLES * thp_pages(); page += 2)
		if (!pattern_holds(room + page * page_size(), 1, 9, page))
			return false;
	return true;
}

static void by_kcompactd(void)
{
	const struct aimed compaction = {
		.name = "compaction by kcompactd", .inside = "kcompactd",
		.act = compact, .tried = "compact_daemon_migrate_scanned",
		.done = aimed_huge,
	};
	struct region r = region_of_thps(THPS, 1);
	char *room = make_holes();
	long moved = vmstat("pgmigrate_success");

	aimed_run(&compaction, &r);
	report(vmstat("pgmigrate_success") > moved, "base pages moved");
	report(holes_intact(room), "contents of base pages");
}

TEST("fail-compaction")
{
	if (!aimed_possible())
		return;
	CASE(by_kcompactd);
}
