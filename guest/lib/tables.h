/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page tables, counted twice: VmPTE of a process (what its mm accounts) and
 * PageTables of the system (what was allocated for any use).
 */
#ifndef GUEST_TABLES_H
#define GUEST_TABLES_H

#include <stdbool.h>
#include <sys/types.h>

/* Bytes at one moment. */
struct tables {
	pid_t pid;		/* whose VmPTE; 0: the caller's */
	long process;		/* VmPTE */
	long system;		/* PageTables */
};

/* Whether this kernel deposits: undeposit.deposit= of its command line. */
bool kernel_deposits(void);

/*
 * What @thps huge PMDs cost in PTE tables while they are huge: one each with
 * a deposit, none without.
 */
long tables_if_huge(long thps);

/* What splitting @thps huge PMDs adds: nothing with a deposit, else one each. */
long tables_if_split(long thps);

/* VmPTE of @pid in bytes, 0 for the caller. */
long tables_process(pid_t pid);

/*
 * PageTables in bytes, with the drift of per-CPU counters folded in and
 * tables that wait for a grace period freed.
 */
long tables_system(void);

/*
 * Whether PageTables is or soon becomes @bytes; quicker than tables_system()
 * where it is.
 */
bool tables_system_is(long bytes);

/*
 * Where kernel stacks lie in vmalloc space (stacks_in_vmalloc()), a fork may
 * grow the page tables of the kernel, for good, and PageTables counts them too;
 * so may a core dump, and swapon(2), where memory is in fragments.
 * Grows them by all that these use before freed addresses are used again;
 * nohugevmalloc on the command line keeps the kernel from doing that without
 * tables.
 */
void tables_grow_kernel(void);

/* Reads both counts. */
struct tables tables_read(pid_t pid);

/*
 * Whether VmPTE moved by exactly @tables PTE tables since @since, and
 * PageTables by exactly @system of them; reported as two lines that begin
 * with @what.
 */
void report_tables(const struct tables *since, long tables, const char *what);
void report_process_tables(const struct tables *since, long tables,
			   const char *what);
void report_system_tables(const struct tables *since, long tables,
			  const char *what);

/* Calls @read until it says @want, a second or so; returns what it said last. */
long settle(long (*read)(void), long want);

#endif
