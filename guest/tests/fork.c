// SPDX-License-Identifier: GPL-2.0
/*
 * fork() shares THPs: each process maps them with huge PMDs of its own, for
 * which a deposit costs a PTE table again. Whoever writes gets a copy.
 */
#include <sys/mman.h>
#include <sys/prctl.h>

#include "../lib/test.h"

#define THPS 4

/* A family of @children that share the region, before any of them touched it. */
struct family {
	struct region r;
	struct tables alone;	/* the parent, before the first fork */
	struct tables cost;	/* of a child without THPs */
	struct child child[2];
};

static void family_start(struct family *f, size_t children,
			 void (*body)(struct child *me, void *arg))
{
	f->r = region_reserve(THPS);
	f->cost = family_cost();
	region_map(&f->r, 0, THPS);
	region_fill(&f->r, 1);
	f->alone = tables_read(0);
	for (size_t i = 0; i < children; i++) {
		f->child[i] = child_start(body, f);
		child_wait_pause(&f->child[i]);
	}
}

/* Checks child @i and the parent: PTE tables above what they cost without THPs. */
static void family_tables(struct family *f, size_t i, long child, long parent,
			  const char *what)
{
	struct tables zero = { .pid = f->child[i].pid,
			       .process = f->cost.process };
	struct tables both = { .system = f->alone.system + f->cost.system };

	report_prefix_push(what);
	report_process_tables(&zero, child, "child");
	report_process_tables(&f->alone, parent, "parent");
	report_system_tables(&both, child + parent, "both");
	report_prefix_pop();
}

static void reader(struct child *me, void *arg)
{
	struct family *f = arg;

	child_pause(me);
	report(region_intact(&f->r), "child reads the parent's contents");
	report(region_huge(&f->r) == THPS, "huge in the child");
	child_pause(me);
}

static void child_reads_and_exits_first(void)
{
	struct family f;

	family_start(&f, 1, reader);
	family_tables(&f, 0, tables_if_huge(THPS), 0, "forked");
	child_go(&f.child[0]);
	child_wait_pause(&f.child[0]);
	family_tables(&f, 0, tables_if_huge(THPS), 0, "after reading");
	child_go(&f.child[0]);
	child_end(&f.child[0]);
	report_tables(&f.alone, 0, "child has exited");
	report(region_intact(&f.r), "parent's contents");
	report(region_huge(&f.r) == THPS, "huge in the parent");
	region_fill(&f.r, 2);
	report(region_intact(&f.r), "parent's new contents");
	report_tables(&f.alone, 0, "parent has written");
}

/* One byte in each THP: the write fault copies or splits, as the kernel likes. */
static void writer(struct child *me, void *arg)
{
	struct family *f = arg;
	struct region own = f->r;

	child_pause(me);
	for (size_t i = 0; i < THPS; i++)
		*region_thp(&own, i) ^= 1;
	child_pause(me);
	for (size_t i = 0; i < THPS; i++)
		*region_thp(&own, i) ^= 1;
	report(region_intact(&own), "child's contents");
	region_fill(&own, 3);
	report(region_intact(&own), "child's new contents");
	child_pause(me);
}

/*
 * Linux answers a write to a shared THP by splitting the PMD of who writes
 * and copying one base page.
 */
static void child_writes(void)
{
	struct family f;

	family_start(&f, 1, writer);
	child_go(&f.child[0]);
	child_wait_pause(&f.child[0]);
	family_tables(&f, 0, THPS, 0, "child has written a byte");
	child_go(&f.child[0]);
	child_wait_pause(&f.child[0]);
	report(region_intact(&f.r), "parent's contents");
	report(region_huge(&f.r) == THPS, "huge in the parent");
	family_tables(&f, 0, THPS, 0, "child has written all");
	child_go(&f.child[0]);
	child_end(&f.child[0]);
	report_tables(&f.alone, 0, "child has exited");
	report(region_intact(&f.r), "parent's contents after that");
}

static void parent_writes(void)
{
	struct family f;

	family_start(&f, 1, reader);
	region_fill(&f.r, 4);
	report(region_intact(&f.r), "parent's new contents");
	family_tables(&f, 0, tables_if_huge(THPS), tables_if_split(THPS),
		      "parent has written");
	child_go(&f.child[0]);
	child_wait_pause(&f.child[0]);
	child_go(&f.child[0]);
	child_end(&f.child[0]);
	report_tables(&f.alone, tables_if_split(THPS), "child has exited");
}

/* The grandchild, which outlives its parent: the THPs become its own. */
static void last_one(struct child *me, void *arg)
{
	struct family *f = arg;
	struct child *top = &f->child[0];
	struct tables before;

	prctl(PR_SET_PDEATHSIG, 0);
	child_pause(me);
	child_pause(top);
	before = tables_read(0);
	report(region_intact(&f->r), "the last one reads the contents");
	region_fill(&f->r, 6);
	report(region_intact(&f->r), "the last one's new contents");
	report(region_huge(&f->r) == THPS, "huge in the last one");
	report_tables(&before, 0, "the last one has written");
	if (munmap(f->r.base, THPS * thp_size()))
		fatal("munmap");
	report_tables(&before, tables_if_huge(-THPS),
		      "the last one has unmapped");
	child_pause(top);
}

static void short_lived(struct child *me, void *arg)
{
	struct family f = { .r = region_of_thps(THPS, 5), .child[0] = *me };
	struct child c;

	(void)arg;
	c = child_start(last_one, &f);
	/* Its death is no signal to the other any more. */
	child_wait_pause(&c);
	child_go(&c);
}

static void parent_exits_first(void)
{
	struct child c = child_start(short_lived, NULL);

	child_wait_pause(&c);
	report(child_reap(c.pid, 60) == 0, "parent has exited");
	child_go(&c);
	child_wait_pause(&c);
	child_go(&c);
}

static void two_children(void)
{
	struct family f;

	family_start(&f, 2, reader);
	for (size_t i = 0; i < 2; i++) {
		child_go(&f.child[i]);
		child_wait_pause(&f.child[i]);
	}
	for (size_t i = 0; i < 2; i++) {
		child_go(&f.child[i]);
		child_end(&f.child[i]);
	}
	report(region_intact(&f.r), "parent's contents");
	report_tables(&f.alone, 0, "children have exited");
}

TEST("fork")
{
	CASE(child_reads_and_exits_first);
	CASE(child_writes);
	CASE(parent_writes);
	CASE(parent_exits_first);
	CASE(two_children);
}
