/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What page tables of THPs cost one process: figures read from the kernel,
 * and the arithmetic on them. Sizes are in bytes.
 */
#ifndef THPCOST_COST_H
#define THPCOST_COST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "zero.h"

/* Where /proc and /sys are: directories, or -1 where that one is missing. */
struct root {
	int proc;
	int sys;
};

/* Opens those below @dir ("/"). Returns 0, or -errno where there is no /proc. */
int root_open(struct root *root, const char *dir);
void root_close(struct root *root);

/* What the kernel is like. */
struct kernel {
	uint64_t ram;		/* MemTotal */
	uint64_t page;
	uint64_t thp;		/* one huge PMD; 0: no THP in this kernel */
	uint64_t table;		/* one PTE table, as VmPTE counts it */
	bool changed;		/* allocates the table when a PMD is split */
	bool hash;		/* powerpc hash MMU: deposits, changed or not */
	bool zero_never;	/* the huge zero page was never allocated */
	struct zero zero;	/* how mappings of it are found, once tried out */
};

/*
 * From transparent_hugepage/hpage_pmd_size, the page size, /proc/meminfo, /proc/vmstat
 * (thp_split_pmd_failed: only a changed kernel has it) and /proc/cpuinfo.
 * Returns 0, -ERANGE where that is no size, -ENOMSG where nothing tells it, or another
 * -errno.
 */
int kernel_read(const struct root *root, struct kernel *kernel);

/* Before processes are read: kernel->zero. Without it ZERO is not known. */
void kernel_try_zero(const struct root *root, struct kernel *kernel);

/* Of a process, or the sum of some. */
struct cost {
	uint64_t thp;		/* anonymous memory that huge PMDs map */
	uint64_t zero;		/* the same of the huge zero page */
	uint64_t file;		/* the same of files and shmem */
	uint64_t tables;	/* page tables of every level */
	uint64_t unseen;	/* gain there may be beyond what was seen */
	bool unbounded;		/* ... and there may be more than that */
};

void cost_add(struct cost *sum, const struct cost *cost);

/* PTE tables for huge PMDs over @bytes of memory. */
uint64_t cost_tables(const struct kernel *kernel, uint64_t bytes);

/* How much of cost->tables is deposited now. */
uint64_t cost_deposit(const struct kernel *kernel, const struct cost *cost);

/*
 * What not depositing gives back: on stock, what it would; on a changed
 * kernel, what it does. At least that much; cost->unseen more at the most.
 */
uint64_t cost_gain(const struct kernel *kernel, const struct cost *cost);

/* Per cent of the page tables that stock has for this; 0 where it has none. */
double cost_percent(const struct kernel *kernel, const struct cost *cost);

struct process {
	pid_t pid;
	char name[64];
	uint32_t uid;		/* effective; UINT32_MAX where the kernel told none */
	char *cgroup;		/* path; NULL where the kernel told none */
	bool read;		/* smaps could be read */
	bool zero_read;		/* and mappings of the huge zero page be known */
	struct cost cost;
};

/*
 * Reads one process. Returns 0, -ENODATA where it has no memory of its own (a
 * kernel thread, a zombie), -ESRCH where it does not exist or exited meanwhile,
 * -EACCES where even its status is closed, or another -errno.
 */
int process_read(const struct root *root, const struct kernel *kernel, pid_t pid,
		 struct process *process);

void process_free(struct process *process);

/* Whether @error is that this process has run out of something (files, memory). */
bool error_is_ours(int error);

#endif
