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

#define CALLS		16
#define A_CHILD		(CALLS * PRESSURE_THPS)
#define OTHERS		2
#define AN_OTHER	4

/* Guest seconds; it takes a few: only a hang comes near. */
#define LIMIT		300

static void protect_a_page(const struct region *r, size_t thp)
{
	if (mprotect(region_page(r, thp * thp_pages() + 1), page_size(),
		     PROT_READ))
		fatal("mprotect of THP %zu", thp);
}

static void split_folio(const struct region *r, size_t thp)
{
	split_folios(region_thp(r, thp), thp_size());
}

static const struct splitter {
	const char *name;	/* of it and of its cgroup */
	void (*op)(const struct region *r, size_t thp);
} splitters[] = {
	{ "vma", protect_a_page },
	{ "folio", split_folio },
};

#define SPLITTERS	(sizeof(splitters) / sizeof(*splitters))
#define THPS		(SPLITTERS * A_CHILD + OTHERS * AN_OTHER)

/* What one child works on, in the VMA that all have from their parent. */
struct part {
	const struct splitter *splitter;
	struct region r;
};

static struct part part_of(const struct region *all, size_t first, size_t thps)
{
	struct part part = { .r = { region_thp(all, first), thps, 1 } };

	return part;
}

static void split_at_the_limit(struct child *me, void *arg)
{
	struct part *part = arg;
	struct pressure p;

	report_prefix_push(part->splitter->name);
	cgroup_use(part->splitter->name);
	cgroup_join();
	cpu_stay_on(part->splitter - splitters);
	region_fill(&part->r, 1);
	if (region_huge(&part->r) != part->r.thps)
		fatal("not all THPs are huge");
	child_pause(me);
	p = pressure_on(&part->r, part->splitter->op);
	report_note("%u of %u calls hit the limit", p.hit, p.calls);
	if (!kernel_deposits())
		report(p.hit >= p.calls / 2, "tables were charged at the limit");
	report(p.intact, "contents");
}

/* MADV_COLD of a part splits the folio. */
static void split_on(struct child *me, void *arg)
{
	const struct region *r = &((struct part *)arg)->r;

	(void)me;
	for (size_t i = 0;; i = (i + 1) % r->thps) {
		char *thp = region_thp(r, i);

		if (madvise(thp, thp_size(), MADV_DONTNEED))
			fatal("MADV_DONTNEED");
		*thp = 1;
		if (madvise(thp, page_size(), MADV_COLD))
			fatal("MADV_COLD");
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
	file_must_write("/proc/sys/vm/min_slab_ratio", "0");
	if (!file_write("/sys/devices/system/node/node0/reclaim", "16M") ||
	    errno != ENOENT)
		report(vmstat("thp_split_page") > splits, "reclaim splits folios");
	else
		report_skip("this kernel reclaims from no node by request");
}

static void tables_at_the_limit_beside_splits(void)
{
	struct region all = region_reserve(THPS);
	struct child c[SPLITTERS], other[OTHERS];
	struct part part[SPLITTERS], rest[OTHERS];
	long splits;

	region_map(&all, 0, THPS);
	for (size_t i = 0; i < OTHERS; i++) {
		rest[i] = part_of(&all, SPLITTERS * A_CHILD + i * AN_OTHER,
				  AN_OTHER);
		region_fill(&rest[i].r, 1);
	}
	reclaim_splits(&rest[0].r);
	for (size_t i = 0; i < SPLITTERS; i++) {
		part[i] = part_of(&all, i * A_CHILD, A_CHILD);
		part[i].splitter = &splitters[i];
		c[i] = child_start(split_at_the_limit, &part[i]);
	}
	for (size_t i = 0; i < SPLITTERS; i++)
		child_wait_pause(&c[i]);
	splits = vmstat("thp_split_page");
	for (size_t i = 0; i < OTHERS; i++)
		other[i] = child_start(split_on, &rest[i]);
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
	report(splits > (long)(SPLITTERS * A_CHILD), "others split meanwhile");
}

TEST("slow-split")
{
	if (!kernel_deposits() && tables_share_pages()) {
		report_skip("tables share pages here: most splits charge nothing");
		return;
	}
	for (size_t i = 0; i < SPLITTERS; i++) {
		cgroup_use(splitters[i].name);
		if (!cgroup_make()) {
			report_skip("this kernel has no memory cgroups");
			return;
		}
	}
	case_run_for("tables at the limit beside splits",
		     tables_at_the_limit_beside_splits, 2 * LIMIT);
	for (size_t i = 0; i < SPLITTERS; i++) {
		cgroup_use(splitters[i].name);
		cgroup_remove();
	}
}
