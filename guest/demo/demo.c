// SPDX-License-Identifier: GPL-2.0
/*
 * demo: what page tables of THPs cost on this kernel. One JSON object a line:
 *
 * *_pagetables	what PageTables of /proc/meminfo rose by, in bytes
 * *_vmpte	what VmPTE of /proc/PID/status rose by, in bytes
 *   anon_1g		1 GiB of anonymous THPs, each written to once
 *   anon_1g_forked	the same after fork: parent and child, less what a child
 *			costs that has no THPs
 *   anon_1g_split	the same, every THP split by discarding one base page
 *   anon_1g_unmapped	after munmap() of all of it
 *   zero_1t		1 TiB, one read in each THP: the huge zero page
 *   zero_1t_unmapped	after munmap() of all of it
 *   hugetlb_1g		1 GiB of hugetlb pages of the same size
 *
 * insn_*	guest instructions for one THP, kernel and user space together;
 *		said only where the clock counts instructions (lib/insn.h)
 *   insn_write_fault	first write: allocates and clears the THP
 *   insn_munmap	munmap() of a THP that is still huge
 *   insn_fork		fork(), less the fork() of a process without THPs
 *   insn_exit		exit of the forked child and wait for it, less the same
 *			for a child without THPs
 *   insn_split		MADV_DONTNEED of one base page
 *   insn_zero_read_fault	first read: maps the huge zero page
 *   insn_munmap_zero		munmap() of a mapping of the huge zero page
 *
 * count_thp_*	what the counters of /proc/vmstat rose by in all that
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/test.h"
#include "metric.h"

#define GiB	(1UL << 30)
#define TiB	(1UL << 40)

/* One fork, the child's stay, and its exit. */
struct fork_cost {
	uint64_t fork;		/* instructions */
	uint64_t exit;		/* instructions */
	struct tables tables;	/* parent's and child's VmPTE added up */
};

static struct fork_cost fork_once(void)
{
	struct fork_cost cost;
	char byte;
	uint64_t start;
	int go[2];
	pid_t pid;

	if (pipe(go))
		fatal("pipe");
	start = insn_now();
	pid = fork();
	if (pid < 0)
		fatal("fork");
	if (!pid) {
		/* The parent closes or writes when it has measured. */
		if (read(go[0], &byte, 1) != 1)
			_exit(EXIT_FAILURE);
		_exit(EXIT_SUCCESS);
	}
	cost.fork = insn_now() - start;
	cost.tables = tables_read(0);
	cost.tables.process += tables_process(pid);
	start = insn_now();
	if (write(go[1], "", 1) != 1 || waitpid(pid, NULL, 0) != pid)
		fatal("ending the child");
	cost.exit = insn_now() - start;
	close(go[0]);
	close(go[1]);
	return cost;
}

static void anonymous_faults(struct child *me, void *arg)
{
	char *at = huge_reserve(GiB);
	long thps = GiB / thp_size();
	uint64_t start;

	(void)me;
	(void)arg;
	insn_alone();
	huge_map(at, GiB);
	start = insn_now();
	huge_write_each(at, GiB);
	metric_insn("write_fault", insn_now() - start, thps);
	start = insn_now();
	huge_unmap(at, GiB);
	metric_insn("munmap", insn_now() - start, thps);
}

static void anonymous_life(struct child *me, void *arg)
{
	char *at = huge_reserve(GiB);
	long thps = GiB / thp_size();
	struct fork_cost without;
	struct fork_cost with;
	struct tables before;
	struct tables now;
	uint64_t start;

	(void)me;
	(void)arg;
	insn_alone();
	fork_once();	/* the first one is dearer */
	without = fork_once();
	before = tables_read(0);
	huge_map(at, GiB);
	huge_write_each(at, GiB);
	now = tables_read(0);
	metric_tables("anon_1g", &before, &now);

	with = fork_once();
	metric_tables("anon_1g_forked", &without.tables, &with.tables);
	metric_insn("fork", with.fork - without.fork, thps);
	metric_insn("exit", with.exit - without.exit, thps);

	start = insn_now();
	huge_split_each(at, GiB);
	metric_insn("split", insn_now() - start, thps);
	now = tables_read(0);
	metric_tables("anon_1g_split", &before, &now);

	huge_unmap(at, GiB);
	now = tables_read(0);
	metric_tables("anon_1g_unmapped", &before, &now);
}

static void zero_page(struct child *me, void *arg)
{
	char *at = huge_reserve(TiB);
	long thps = TiB / thp_size();
	struct tables before;
	struct tables now;
	uint64_t start;

	(void)me;
	(void)arg;
	insn_alone();
	before = tables_read(0);
	huge_map(at, TiB);
	start = insn_now();
	huge_read_each(at, TiB);
	metric_insn("zero_read_fault", insn_now() - start, thps);
	now = tables_read(0);
	metric_tables("zero_1t", &before, &now);
	start = insn_now();
	huge_unmap(at, TiB);
	metric_insn("munmap_zero", insn_now() - start, thps);
	now = tables_read(0);
	metric_tables("zero_1t_unmapped", &before, &now);
}

static void hugetlb(struct child *me, void *arg)
{
	char *at = huge_reserve(GiB);
	struct tables before;
	struct tables now;

	(void)me;
	(void)arg;
	before = tables_read(0);
	if (!hugetlb_map(at, GiB)) {
		report_note("hugetlb: %s", strerror(errno));
		return;
	}
	huge_write_each(at, GiB);
	now = tables_read(0);
	metric_tables("hugetlb_1g", &before, &now);
}

static void run(void (*body)(struct child *me, void *arg))
{
	struct child c = child_start(body, NULL);

	if (child_reap(c.pid, 3600))
		fatal("a part of the demo");
	child_close(&c);
}

static const char *const counters[] = {
	"thp_fault_alloc", "thp_fault_fallback", "thp_zero_page_alloc",
	"thp_split_page", "thp_split_pmd", "thp_split_pmd_failed",
	"thp_deferred_split_page",
};

#define COUNTERS (sizeof(counters) / sizeof(counters[0]))

PROGRAM("demo")
{
	long before[COUNTERS];

	for (size_t i = 0; i < COUNTERS; i++)
		before[i] = vmstat(counters[i]);
	run(anonymous_faults);
	run(anonymous_life);
	run(zero_page);
	for (size_t i = 0; i < COUNTERS; i++)
		if (before[i] >= 0)
			metric("count", counters[i],
			       vmstat(counters[i]) - before[i], "count");
	hugetlb_pages(GiB / thp_size());
	run(hugetlb);
	hugetlb_pages(0);
}
