// SPDX-License-Identifier: GPL-2.0
#include <linux/membarrier.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "kernel.h"
#include "report.h"
#include "size.h"
#include "tables.h"

bool kernel_deposits(void)
{
	static int deposits = -1;
	char value[8];

	if (deposits < 0) {
		if (!cmdline_value("undeposit.deposit=", value, sizeof(value)))
			fatal("undeposit.deposit=0|1 on the kernel command line");
		deposits = *value == '1';
	}
	return deposits;
}

long tables_if_huge(long thps)
{
	return kernel_deposits() ? thps : 0;
}

long tables_if_split(long thps)
{
	return kernel_deposits() ? 0 : thps;
}

long tables_process(pid_t pid)
{
	char path[32] = "/proc/self/status";

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/status", pid);
	return file_field(path, "VmPTE") * 1024;
}

/*
 * Frees what only waits: an idle CPU keeps the page directory of the process
 * that ran there last, and freed tables wait for an RCU grace period.
 */
static void flush_tables(void)
{
	cpu_set_t all;
	cpu_set_t one;

	if (sched_getaffinity(0, sizeof(all), &all))
		fatal("sched_getaffinity");
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
	}
	sched_setaffinity(0, sizeof(all), &all);
	for (int i = 0; i < 2; i++)
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

/* Without this file the kernel folds the drift by itself, once a second. */
static long read_system(void)
{
	file_write("/proc/sys/vm/stat_refresh", "1");
	return file_field("/proc/meminfo", "PageTables") * 1024;
}

long settle(long (*read)(void), long want)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	long now = read();

	for (int i = 0; now != want && i < 100; i++) {
		nanosleep(&pause, NULL);
		now = read();
	}
	return now;
}

/* The same three times in a row: nothing is on its way any more. */
long tables_system(void)
{
	const struct timespec pause = { .tv_nsec = 2 * 1000 * 1000 };
	long last = -1;
	long now;
	int same = 0;

	flush_tables();
	for (int i = 0; same < 3 && i < 1000; i++) {
		now = read_system();
		same = now == last ? same + 1 : 1;
		last = now;
		if (same < 3)
			nanosleep(&pause, NULL);
	}
	return last;
}

bool tables_system_is(long bytes)
{
	if (read_system() == bytes)
		return true;
	flush_tables();
	return settle(read_system, bytes) == bytes;
}

/*
 * A table of this many files is one vmalloc() of 128 MiB: twice what two CPUs
 * let go of before the kernel takes it back.
 */
#define FILES	(16UL << 20)

static void vmalloc_once(void)
{
	const struct rlimit many = { .rlim_cur = FILES, .rlim_max = FILES };

	if (setrlimit(RLIMIT_NOFILE, &many) || dup2(STDERR_FILENO, FILES - 1) < 0)
		fatal("a table of %lu files", FILES);
	_exit(EXIT_SUCCESS);
}

void tables_grow_kernel(void)
{
	char value[32];
	int status;
	pid_t pid;

	snprintf(value, sizeof(value), "%lu", FILES);
	file_must_write("/proc/sys/fs/nr_open", value);
	pid = fork();
	if (!pid)
		vmalloc_once();
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		fatal("growing the kernel's tables");
}

struct tables tables_read(pid_t pid)
{
	struct tables t = { .pid = pid };

	t.system = tables_system();
	t.process = tables_process(pid);
	return t;
}

static void report_moved(long from, long to, long tables, const char *name,
			 const char *what)
{
	long want = from + tables * (long)table_size();

	if (!report(to == want, "%s: %s %+ld tables", what, name, tables))
		report_note("%s was %ld, is %ld, should be %ld bytes", name,
			    from, to, want);
}

/*
 * VmPTE is told in kB: where a table is smaller than that (64 KiB pages with
 * radix), it is exact to what the file can say.
 */
void report_process_tables(const struct tables *since, long tables,
			   const char *what)
{
	long now = tables_process(since->pid);
	long want = since->process + tables * (long)table_size();

	if (table_size() % 1024 && now > want - 1024 && now < want + 1024)
		now = want;
	report_moved(since->process, now, tables, "VmPTE", what);
}

/*
 * PageTables counts pages: where tables are fragments of a page, a table more
 * or less need not show, and only what is left after exit is exact.
 */
void report_system_tables(const struct tables *since, long tables,
			  const char *what)
{
	long want = since->system + tables * (long)table_size();
	long now;

	if (tables_share_pages())
		return;
	now = tables_system();
	if (now != want)
		now = settle(read_system, want);
	report_moved(since->system, now, tables, "PageTables", what);
}

void report_tables(const struct tables *since, long tables, const char *what)
{
	report_process_tables(since, tables, what);
	report_system_tables(since, tables, what);
}
