// SPDX-License-Identifier: GPL-2.0
/*
 * thpcost's figures, read by the tool's own code: of this process, of its
 * child and of the system, before and after THPs come, split and go. What
 * deposits are is known here: tables_if_huge().
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../tools/thpcost/check.h"
#include "../../tools/thpcost/survey.h"
#include "../lib/test.h"

#define THPS 4

static struct kernel this_kernel(void)
{
	struct kernel kernel;
	struct root root;

	if (root_open(&root, "/") || kernel_read(&root, &kernel))
		fatal("reading the kernel");
	root_close(&root);
	return kernel;
}

static struct process read_process(pid_t pid)
{
	struct kernel kernel = this_kernel();
	struct process p;
	struct root root;

	if (root_open(&root, "/"))
		fatal("opening /proc");
	kernel_try_zero(&root, &kernel);
	if (process_read(&root, &kernel, pid, &p))
		fatal("reading process %d", pid);
	root_close(&root);
	process_free(&p);
	return p;
}

/* Checks what process @before rose by, in THPs. */
static void report_rise(const struct process *before, long thps, long zeros,
			const char *what)
{
	struct process now = read_process(before->pid);
	struct kernel kernel = this_kernel();
	long gain = cost_gain(&kernel, &now.cost) -
		    cost_gain(&kernel, &before->cost);
	long deposit = cost_deposit(&kernel, &now.cost) -
		       cost_deposit(&kernel, &before->cost);
	long huge = thps + zeros;

	report_prefix_push(what);
	report((long)(now.cost.thp - before->cost.thp) ==
	       thps * (long)thp_size(), "%ld THPs", thps);
	report((long)(now.cost.zero - before->cost.zero) ==
	       zeros * (long)thp_size(), "%ld huge zero pages", zeros);
	report(deposit == tables_if_huge(huge) * (long)table_size(),
	       "deposit of %ld tables", tables_if_huge(huge));
	report(gain == (kernel.hash ? 0 : huge * (long)table_size()),
	       "gain of %ld tables", kernel.hash ? 0 : huge);
	report(now.read && now.zero_read && !now.cost.unseen, "all is seen");
	report((long)now.cost.tables == tables_process(now.pid),
	       "tables are VmPTE");
	report_prefix_pop();
}

static void kernel(void)
{
	struct kernel k = this_kernel();

	report(k.page == page_size(), "page size");
	report(k.thp == thp_size(), "THP size");
	report(k.table == table_size(), "table size");
	report(kernel_deposits() == (k.hash || !k.changed),
	       "knows whether it deposits");
}

/* What thpcost --check measures of this kernel. */
static void tried_out(void)
{
	struct kernel k = this_kernel();
	long before = tables_process(getpid());
	uint64_t rise = 1;
	struct root root;

	if (root_open(&root, "/"))
		fatal("opening /proc");
	report(!check_deposit(&root, &k, &rise), "gets a THP");
	report((long)rise == tables_if_huge(1) * (long)table_size(),
	       "%ld tables with it", tables_if_huge(1));
	report(tables_process(getpid()) == before, "nothing is left");
	root_close(&root);
}

static void written_and_split(void)
{
	struct process before = read_process(getpid());
	struct region r = region_of_thps(THPS, 1);

	report_rise(&before, THPS, 0, "written");
	if (madvise(region_page(&r, 1), page_size(), MADV_DONTNEED) ||
	    mprotect(region_thp(&r, 1), page_size(), PROT_READ))
		fatal("splitting");
	report_rise(&before, THPS - 2, 0, "2 split");
	if (munmap(r.base, THPS * thp_size()))
		fatal("munmap");
	report_rise(&before, 0, 0, "unmapped");
}

static void huge_zero_page(void)
{
	struct process before = read_process(getpid());
	struct region r = region_reserve(THPS);
	long whole = huge_zero_is_replaced_whole();

	region_map(&r, 0, THPS);
	for (size_t i = 0; i < THPS; i++)
		if (!can_read(region_thp(&r, i)))
			fatal("reading");
	report_rise(&before, 0, THPS, "read");
	*region_thp(&r, 1) = 1;
	report_rise(&before, whole, THPS - 1, "1 written");
	if (munmap(region_page(&r, 0), page_size()))
		fatal("munmap");
	report_rise(&before, whole, THPS - 2, "1 split");
}

static void sharer(struct child *me, void *arg)
{
	(void)arg;
	child_pause(me);
}

/* The same THPs, and tables of its own for each process. */
static void forked(void)
{
	struct process before = read_process(getpid());
	struct process child = { 0 };
	struct region r = region_of_thps(THPS, 1);
	struct child c = child_start(sharer, NULL);

	child_wait_pause(&c);
	child.pid = c.pid;
	report_rise(&child, before.cost.thp / thp_size() + THPS, 0, "child");
	report_rise(&before, THPS, 0, "parent");
	report(region_intact(&r), "contents");
	child_go(&c);
	child_end(&c);
}

/* A cache of the other kind: it has no deposit and is not counted. */
static void hugetlb(void)
{
	struct process before = read_process(getpid());
	char path[96];
	char *at;

	snprintf(path, sizeof(path),
		 "/sys/kernel/mm/hugepages/hugepages-%zukB/nr_hugepages",
		 thp_size() / 1024);
	if (file_write(path, "2")) {
		report_skip("no hugetlb pages of the size of a THP");
		return;
	}
	at = mmap(NULL, 2 * thp_size(), PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
		  __builtin_ctzl(thp_size()) << MAP_HUGE_SHIFT, -1, 0);
	if (at == MAP_FAILED)
		fatal("mapping hugetlb pages");
	at[0] = at[thp_size()] = 1;
	report_rise(&before, 0, 0, "hugetlb");
	munmap(at, 2 * thp_size());
	file_must_write(path, "0");
}

static void the_system(void)
{
	struct survey without;
	struct survey with;
	struct region r;
	struct root root;
	struct child c;

	if (root_open(&root, "/"))
		fatal("opening /proc");
	if (survey_read(&root, &without))
		fatal("survey");
	r = region_of_thps(THPS, 1);
	c = child_start(sharer, NULL);
	child_wait_pause(&c);
	if (survey_read(&root, &with))
		fatal("survey");
	report(with.system.cost.thp - without.system.cost.thp ==
	       2 * THPS * thp_size(), "THPs of two processes");
	report(cost_gain(&with.kernel, &with.system.cost) -
	       cost_gain(&without.kernel, &without.system.cost) ==
	       (with.kernel.hash ? 0 : 2 * THPS * table_size()),
	       "gain of two processes");
	report(!with.hidden && !with.system.unread && !with.system.cost.unseen,
	       "all is seen");
	report(with.count == without.count + 1, "one process more");
	report(region_intact(&r), "contents");
	child_go(&c);
	child_end(&c);
	survey_free(&with);
	survey_free(&without);
	root_close(&root);
}

/* Lives until the other end of the pipe is closed. */
static int sharing(void *gate)
{
	const int *ends = gate;
	char byte;

	close(ends[1]);
	return read(ends[0], &byte, 1) != 0;
}

/* Memory that another process shares (CLONE_VM, as vfork() does) counts once. */
static void shared(void)
{
	static char stack[65536];
	struct survey without, with;
	struct region r;
	struct root root;
	int gate[2];
	pid_t child;

	if (root_open(&root, "/") || survey_read(&root, &without))
		fatal("survey");
	r = region_of_thps(THPS, 1);
	if (pipe(gate))
		fatal("pipe");
	child = clone(sharing, stack + sizeof(stack), CLONE_VM | SIGCHLD, gate);
	if (child < 0 || survey_read(&root, &with))
		fatal("survey");
	report(with.system.cost.thp - without.system.cost.thp ==
	       THPS * thp_size(), "THPs, once");
	report(with.count == without.count, "no process more");
	close(gate[1]);
	if (waitpid(child, NULL, 0) != child)
		fatal("waiting");
	report(region_intact(&r), "contents");
	survey_free(&with);
	survey_free(&without);
	root_close(&root);
}

/* The counters behind --watch: a THP counts once, however often it is mapped. */
static void counters(void)
{
	struct totals before;
	struct totals now;
	struct region r;
	struct root root;
	struct child c;

	if (root_open(&root, "/") || totals_read(&root, &before))
		fatal("reading totals");
	r = region_of_thps(THPS, 1);
	c = child_start(sharer, NULL);
	child_wait_pause(&c);
	if (totals_read(&root, &now))
		fatal("reading totals");
	report(now.thp - before.thp == THPS * thp_size(), "THPs, each once");
	report(now.faults - before.faults == THPS, "faults");
	child_go(&c);
	child_end(&c);
	if (madvise(region_page(&r, 1), page_size(), MADV_DONTNEED) ||
	    mprotect(region_thp(&r, 1), page_size(), PROT_READ))
		fatal("splitting");
	if (totals_read(&root, &now))
		fatal("reading totals");
	report(now.splits - before.splits == 2, "splits");
	report(now.failed == before.failed, "no failed splits");
	report((long)now.failed == (vmstat("thp_split_pmd_failed") < 0 ? 0 :
				    vmstat("thp_split_pmd_failed")),
	       "failed splits are the kernel's");
	root_close(&root);
}

TEST("thpcost")
{
	CASE(kernel);
	CASE(tried_out);
	CASE(written_and_split);
	CASE(huge_zero_page);
	CASE(forked);
	CASE(hugetlb);
	CASE(the_system);
	CASE(shared);
	CASE(counters);
}
