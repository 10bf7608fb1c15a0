// SPDX-License-Identifier: GPL-2.0
/*
 * growth: what page tables and time cost as memory or the number of processes
 * grows. One JSON object a point:
 *
 * {"series":"<name>","memory":"thp"|"hugetlbfs","x":...,"pagetables":<bytes>,
 *  "populate":<instructions>,"unmap":<instructions>}
 *
 * zero		x bytes, one read in each THP: the huge zero page
 * anon		x bytes, one write in each THP or hugetlb page
 * swapped	x bytes, one write in each THP, all swapped out to zram: neither
 * processes	1 GiB written to, and x children forked that share it: "fork"
 *		instead of populate and unmap; all less the same without that 1 GiB
 *
 * pagetables is what PageTables of /proc/meminfo rose by.
 */
#include <sys/mman.h>

#include "../lib/test.h"

#define MiB	(1UL << 20)
#define GiB	(1UL << 30)
#define TiB	(1UL << 40)

#define MOST_PROCESSES	64
#define STEPS		7	/* 1, 2, 4, ... 64 */
#define CHILD_LIMIT	1800	/* guest seconds */

static const size_t zero_sizes[] = {
	MiB, 4 * MiB, 16 * MiB, 64 * MiB, 256 * MiB,
	GiB, 4 * GiB, 16 * GiB, 64 * GiB, 256 * GiB, TiB,
};

static const size_t anon_sizes[] = {
	16 * MiB, 64 * MiB, 256 * MiB, GiB, 2 * GiB, 3 * GiB, 4 * GiB, 5 * GiB,
};

static const size_t swap_sizes[] = {
	2 * MiB, 16 * MiB, 128 * MiB, GiB, 4 * GiB, 8 * GiB,
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct kind {
	const char *name;
	void (*map)(char *at, size_t size);
};

static void must_map_hugetlb(char *at, size_t size)
{
	if (!hugetlb_map(at, size))
		fatal("mapping hugetlb pages");
}

static const struct kind thp = { "thp", huge_map };
static const struct kind hugetlbfs = { "hugetlbfs", must_map_hugetlb };

/* One point of a curve: memory of  bytes, in a process of its own. */
struct point {
	const char *series;
	const struct kind *kind;
	size_t size;
	void (*populate)(char *at, size_t size);
};

static void measure(struct child *me, void *arg)
{
	const struct point *p = arg;
	char *at = huge_reserve(power_of_two(p->size));
	uint64_t start, populated, unmapped;
	long before, after;

	(void)me;
	insn_alone();
	if (mlockall(MCL_CURRENT) || munlockall())
		fatal("mlockall");
	before = tables_system();
	p->kind->map(at, p->size);
	start = insn_now();
	p->populate(at, p->size);
	populated = insn_now() - start;
	after = tables_system();
	start = insn_now();
	huge_unmap(at, p->size);
	unmapped = insn_now() - start;
	report_raw("{\"series\":\"%s\",\"memory\":\"%s\",\"x\":%zu,"
		   "\"pagetables\":%ld,\"populate\":%lu,\"unmap\":%lu}",
		   p->series, p->kind->name, p->size, after - before, populated,
		   unmapped);
}

/* Piece by piece: there is less memory than is swapped out in the end. */
#define PIECE	(64 * MiB)

static void measure_swapped(struct child *me, void *arg)
{
	const size_t size = *(size_t *)arg;
	char *at = huge_reserve(power_of_two(size));
	long before;

	(void)me;
	insn_alone();
	if (mlockall(MCL_CURRENT) || munlockall())
		fatal("mlockall");
	before = tables_system();
	for (size_t done = 0; done < size; done += PIECE) {
		size_t piece = size - done < PIECE ? size - done : PIECE;

		huge_map(at + done, piece);
		huge_write_each(at + done, piece);
		if (madvise(at + done, piece, MADV_PAGEOUT))
			fatal("MADV_PAGEOUT");
	}
	if (pagemap_count(at, size / page_size(), PAGEMAP_SWAPPED) != size / page_size())
		fatal("not all is swapped out");
	report_raw("{\"series\":\"swapped\",\"memory\":\"thp\",\"x\":%zu,"
		   "\"pagetables\":%ld}", size, tables_system() - before);
}

struct family {
	uint64_t fork[STEPS];	/* instructions, of all so far */
	long tables[STEPS];	/* PageTables above what they were at first */
};

static void stay(struct child *me, void *arg)
{
	(void)arg;
	child_pause(me);
}

static struct family grow_family(long before)
{
	struct child children[MOST_PROCESSES];
	struct family f;
	uint64_t cost = 0;
	size_t step = 0;

	for (size_t i = 0; i < MOST_PROCESSES; i++) {
		uint64_t start = insn_now();

		children[i] = child_start(stay, NULL);
		cost += insn_now() - start;
		child_wait_pause(&children[i]);
		if (i + 1 == 1UL << step) {
			f.fork[step] = cost;
			f.tables[step++] = tables_system() - before;
		}
	}
	for (size_t i = 0; i < MOST_PROCESSES; i++) {
		child_go(&children[i]);
		child_end(&children[i]);
	}
	return f;
}

static void processes(struct child *me, void *arg)
{
	const struct kind *kind = arg;
	char *at = huge_reserve(GiB);
	struct family without, with;
	long before;

	(void)me;
	insn_alone();
	grow_family(0);		/* the first one is dearer */
	before = tables_system();
	without = grow_family(before);
	kind->map(at, GiB);
	huge_write_each(at, GiB);
	with = grow_family(before);
	for (size_t step = 0; step < STEPS; step++)
		report_raw("{\"series\":\"processes\",\"memory\":\"%s\","
			   "\"x\":%lu,\"pagetables\":%ld,\"fork\":%ld}",
			   kind->name, 1UL << step,
			   with.tables[step] - without.tables[step],
			   (long)(with.fork[step] - without.fork[step]));
}

static void run(void (*body)(struct child *me, void *arg), void *arg)
{
	struct child c = child_start(body, arg);

	if (child_reap(c.pid, CHILD_LIMIT))
		fatal("growth");
	child_close(&c);
}

static void zero(void)
{
	struct point p = { "zero", &thp, zero_sizes[0], huge_read_each };

	/* The first one also makes the huge zero page. */
	report_mute(true);
	p.size = 4 * MiB;
	run(measure, &p);
	report_mute(false);
	for (size_t i = 0; i < COUNT(zero_sizes); i++) {
		p.size = zero_sizes[i];
		run(measure, &p);
	}
}

static void anon(const struct kind *kind)
{
	struct point p = { "anon", kind, 0, huge_write_each };

	for (size_t i = 0; i < COUNT(anon_sizes); i++) {
		p.size = anon_sizes[i];
		run(measure, &p);
	}
}

static void swapped(void)
{
	const size_t last = swap_sizes[COUNT(swap_sizes) - 1];

	if (!swap_on(last + GiB))
		fatal("no zram");
	for (size_t i = 0; i < COUNT(swap_sizes); i++)
		run(measure_swapped, (void *)&swap_sizes[i]);
	swap_off();
}

PROGRAM("growth")
{
	if (!insn_counts())
		fatal("the clock does not count instructions");
	/* As everything on a distribution: in a group, charged for. */
	cgroup_use("growth");
	if (!cgroup_make())
		fatal("no memory cgroups");
	cgroup_join();
	anon(&thp);
	swapped();
	run(processes, (void *)&thp);
	hugetlb_pages(anon_sizes[COUNT(anon_sizes) - 1] / thp_size());
	anon(&hugetlbfs);
	run(processes, (void *)&hugetlbfs);
	hugetlb_pages(0);
	/* On stock it leaves 2 GiB of free tables, which others then clean up. */
	zero();
}
