/* SPDX-License-Identifier: GPL-2.0 */
/* All processes of the system, and what they add up to. */
#ifndef THPCOST_SURVEY_H
#define THPCOST_SURVEY_H

#include "cost.h"

/* Whom a row is about. */
enum subject { SUBJECT_SYSTEM, SUBJECT_PROCESS, SUBJECT_CGROUP, SUBJECT_NAME, SUBJECT_USER };

struct row {
	enum subject subject;
	pid_t pid;		/* of a process */
	const char *name;	/* of a process, those of a name or a cgroup; else "" */
	const struct process *process;	/* that process, or one of them */
	unsigned int processes;	/* with memory of their own */
	unsigned int unread;	/* those of them whose smaps is closed */
	unsigned int zero_unread;	/* those read, but for the huge zero page */
	bool zero_hidden;	/* others may map it */
	bool counted;		/* by the kernel itself, from no process that was read */
	bool thp_unknown;	/* and not told */
	bool tables_unknown;
	struct cost cost;
};

struct survey {
	struct kernel kernel;
	struct process *processes;
	size_t count;
	bool hidden;		/* there may be processes that /proc does not show */
	struct row *groups;	/* what groups_read() has instead of processes, with names of their own */
	size_t nr_groups;
	struct row system;
};

/*
 * Reads every process that /proc shows. Those that end meanwhile do not count.
 * Returns 0 or -errno.
 */
int survey_read(const struct root *root, struct survey *survey);

void survey_free(struct survey *survey);

/* Whether row->cost.thp says something: a sum is at least right, of a process there is all or nothing. */
bool row_thp_known(const struct row *row);

/* Whether row->cost.zero says something: that much at least, and 0 only where that is known. */
bool row_zero_known(const struct row *row);

/* A row about one process. */
struct row survey_row(const struct process *process);

/*
 * A row for each cgroup at or below @path ("/": all) that has processes, which
 * count in their own cgroup alone; or for each name or user. The names stay the
 * survey's. Returns the number of rows, or -errno; *rows is to be freed.
 */
ssize_t survey_groups(const struct survey *survey, enum subject subject, const char *path,
		      struct row **rows);

/* Whether there is a cgroup @path, with processes or without. */
bool cgroup_exists(const struct root *root, const struct survey *survey, const char *path);

/* Adds cgroups further than @depth levels below @path to the one at that level. */
void survey_fold(struct survey *survey, const char *path, unsigned long depth);

/* Largest gain first, then deposit, then THP, then by number and name. */
void rows_sort(const struct kernel *kernel, struct row *rows, size_t count);

/*
 * Counters and sums that the kernel keeps of itself: no process is walked.
 * What a kernel does not count is 0.
 */
struct totals {
	uint64_t thp;		/* AnonHugePages: each THP once, however often mapped */
	uint64_t tables;	/* PageTables */
	uint64_t faults;	/* thp_fault_alloc */
	uint64_t splits;	/* thp_split_pmd */
	uint64_t failed;	/* thp_split_pmd_failed */
};

/* From /proc/meminfo and /proc/vmstat. Returns 0 or -errno. */
int totals_read(const struct root *root, struct totals *totals);

#endif
