// SPDX-License-Identifier: GPL-2.0
/*
 * Compaction without memory: kcompactd moves base pages to where pages are
 * free, which takes no other, and leaves THPs as they are.
 */
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "../lib/test.h"

#define THPS		8
/* Guest seconds for a case that fills a third of memory, twice or more. */
#define LIMIT		180
#define PROACTIVE	"/proc/sys/vm/compaction_proactiveness"
#define SCANNED		"compact_daemon_migrate_scanned"

/* Base pages, every other one of which is given back. */
static struct room {
	char *base;
	size_t pages;
	/* What kcompactd had scanned when the holes were made. */
	long scanned;
} room;

/*
 * As kernels differ in how much of the free memory must be in pieces (15 % and
 * less), a third of it is filled, and a fifth of what is free then is holes.
 */
static void map_room(void)
{
	struct sysinfo info;

	if (sysinfo(&info))
		fatal("sysinfo");
	room.pages = (size_t)info.freeram * info.mem_unit / page_size() / 3;
	room.base = mmap(NULL, room.pages * page_size(), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room.base == MAP_FAILED ||
	    madvise(room.base, room.pages * page_size(), MADV_NOHUGEPAGE))
		fatal("mapping base pages");
}

static void give_back(size_t page, size_t pages)
{
	if (madvise(room.base + page * page_size(), pages * page_size(), MADV_DONTNEED))
		fatal("MADV_DONTNEED");
}

static void make_holes(void)
{
	give_back(0, room.pages);
	pattern_fill(room.base, room.pages, 9, 0);
	for (size_t page = 0; page < room.pages; page += 2)
		give_back(page, 1);
	room.scanned = vmstat(SCANNED);
}

static bool holes_intact(void)
{
	for (size_t page = 1; page < room.pages; page += 2)
		if (!pattern_holds(room.base + page * page_size(), 1, 9, page))
			return false;
	return true;
}

static void compact(const struct region *r)
{
	(void)r;
	/* Where it was at work nothing is in pieces any more. */
	if (vmstat(SCANNED) > room.scanned)
		make_holes();
	/* 100: as eager as it gets. Writing it is a call. */
	file_must_write(PROACTIVE, "100");
}

static void by_kcompactd(void)
{
	const struct aimed compaction = {
		.name = "compaction by kcompactd", .inside = "kcompactd",
		.act = compact, .tried = SCANNED, .done = aimed_huge,
	};
	struct region r = region_of_thps(THPS, 1);
	long moved = vmstat("pgmigrate_success");

	/* Or another CPU is to flush its TLB for each hole. */
	cpu_stay();
	map_room();
	make_holes();
	aimed_run(&compaction, &r);
	report(vmstat("pgmigrate_success") > moved, "base pages moved");
	report(holes_intact(), "contents of base pages");
}

TEST("fail-compaction")
{
	if (!aimed_possible())
		return;
	case_run_for("by kcompactd", by_kcompactd, LIMIT);
}
