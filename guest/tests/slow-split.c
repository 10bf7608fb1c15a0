// SPDX-License-Identifier: GPL-2.0
/*
 * PTE tables are slow to get, while other tasks split folios of the same
 * anon_vma: two children of one parent split VMAs and folios, each of them in a
 * cgroup at its limit, so that each table has to reclaim and reclaim has to
 * split; beside them others split for themselves. The lock of the anon_vma is
 * one for all of them. All comes to an end, and lockdep has nothing to say.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>

#include "../lib/test.h"
#include "../lib/uapi.h"

#define CALLS		16
#define AT_LIMIT	(CALLS * PRESSURE_THPS)
#define OTHERS		2
#define A_FEW		4	/* THPs of the parent, and of another */

/* Guest seconds; it takes a few: only a hang comes near. */
#define LIMIT		300

static const struct splitter {
	const char *name;	/* of it and of its cgroup */
	void (*op)(const struct region *r, size_t thp);
} splitters[] = {
	{ "vma", split_vma },
	{ "folio", split_folio },
};

#define SPLITTERS	(sizeof(splitters) / sizeof(*splitters))
#define THPS		(SPLITTERS * AT_LIMIT + OTHERS * A_FEW + A_FEW)

/* What a task works on, in the VMA that all have from the parent. */
struct part {
	const struct splitter *splitter;
	struct region r;
};

/* The next @thps of the region. */
static struct region part_of(const struct region *all, size_t thps)
{
	static size_t used;
	struct region r = { .base = region_thp(all, used), .thps = thps };

	used += thps;
	return r;
}

static void fill(struct region *r)
{
	region_fill(r, 1);
	if (region_huge(r) != r->thps)
		fatal("not all THPs are huge");
}

static void split_at_the_limit(struct child *me, void *arg)
{
	struct part *part = arg;
	struct pressure p;

	report_prefix_push(part->splitter->name);
	cgroup_use(part->splitter->name);
	cgroup_join();
	cpu_stay_on(part->splitter - splitters);
	fill(&part->r);
	child_pause(me);
	p = pressure_on(&part->r, part->splitter->op);
	report_note("%u of %u calls hit the limit", p.hit, p.calls);
	if (!kernel_deposits())
		report(p.hit >= p.calls / 2, "tables were charged at the limit");
	report(p.intact, "contents");
}

/* To advise a part of a THP splits its folio. */
static void split_on(struct child *me, void *arg)
{
	struct region *r = arg;

	fill(r);
	child_pause(me);
	for (size_t i = 0;; i = (i + 1) % r->thps) {
		if (madvise(region_thp(r, i), page_size(), MADV_COLD))
			fatal("MADV_COLD");
		/* If this cannot be done now, then on the next round. */
		madvise(region_thp(r, i), thp_size(), MADV_COLLAPSE);
	}
}

/*
 * What goes on at the limit of a cgroup lockdep does not take for reclaim, but
 * this it does: from then on it knows that reclaim locks an anon_vma.
 */
static void reclaim_splits(const struct region *r)
{
	long splits = vmstat("thp_split_page");

	for (size_t i = 0; i < r->thps; i++)
		if (madvise(region_thp(r, i), thp_size() / 2, MADV_DONTNEED))
			fatal("MADV_DONTNEED");
	/* However little there is in slab: else the node is left alone. */
	file_write("/proc/sys/vm/min_slab_ratio", "0");
	if (file_write("/sys/devices/system/node/node0/reclaim", "16M") &&
	    errno == ENOENT)
		report_skip("this kernel reclaims from no node by request");
	else
		report(vmstat("thp_split_page") > splits, "reclaim splits folios");
}

static void tables_at_the_limit_beside_splits(void)
{
	struct region all = region_reserve(THPS);
	struct region own = part_of(&all, A_FEW);
	struct child c[SPLITTERS], other[OTHERS];
	struct part part[SPLITTERS];
	struct region rest[OTHERS];
	long splits;

	region_map(&all, 0, THPS);
	fill(&own);
	reclaim_splits(&own);
	for (size_t i = 0; i < SPLITTERS; i++) {
		part[i].splitter = &splitters[i];
		part[i].r = part_of(&all, AT_LIMIT);
		c[i] = child_start(split_at_the_limit, &part[i]);
		child_wait_pause(&c[i]);
	}
	for (size_t i = 0; i < OTHERS; i++) {
		rest[i] = part_of(&all, A_FEW);
		other[i] = child_start(split_on, &rest[i]);
		child_wait_pause(&other[i]);
	}
	splits = vmstat("thp_split_page");
	for (size_t i = 0; i < OTHERS; i++)
		child_go(&other[i]);
	for (size_t i = 0; i < SPLITTERS; i++)
		child_go(&c[i]);
	for (size_t i = 0; i < SPLITTERS; i++) {
		report(!child_reap(c[i].pid, LIMIT), "%s: came to its end",
		       splitters[i].name);
		child_close(&c[i]);
	}
	splits = vmstat("thp_split_page") - splits;
	for (size_t i = 0; i < OTHERS; i++) {
		kill(other[i].pid, SIGKILL);
		report(child_reap(other[i].pid, LIMIT) == SIGKILL,
		       "another was at work until then");
		child_close(&other[i]);
	}
	report_note("%ld folios were split", splits);
	report(splits > (long)(SPLITTERS * AT_LIMIT), "others split meanwhile");
}

TEST("slow-split")
{
	for (size_t i = 0; i < SPLITTERS; i++) {
		cgroup_use(splitters[i].name);
		if (!cgroup_make_for_tables())
			return;
	}
	case_run_for("tables at the limit beside splits",
		     tables_at_the_limit_beside_splits, 2 * LIMIT);
	for (size_t i = 0; i < SPLITTERS; i++) {
		cgroup_use(splitters[i].name);
		cgroup_remove();
	}
}
