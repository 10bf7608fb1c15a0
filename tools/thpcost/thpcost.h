/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of the command share; none of it is for the core. */
#ifndef THPCOST_H
#define THPCOST_H

#include <time.h>

#include "../must.h"
#include "survey.h"

#define COLUMNS_MAX	32

struct thpcost {
	struct root root;
	const char *version;
	char *cgroup;		/* cgroups at or below this one, not processes */
	const char *prometheus;	/* file to keep, "-" for standard output */
	unsigned long depth;	/* levels of cgroups that are told apart; 0: all */
	unsigned long top;	/* rows, besides that of the system; 0: all */
	unsigned long count;	/* of watched intervals; 0: no end */
	double seconds;		/* between them; 0: once */
	pid_t *pids;
	size_t nr_pids;
	int columns[COLUMNS_MAX];
	size_t nr_columns;
	enum subject group;	/* of what the rows besides the system are */
	int sort;		/* column; -1: by gain */
	char **files;		/* of --sum, ended by NULL; or NULL */
	bool system;
	bool memory_stat;	/* what the kernel counts for cgroups, not processes */
	bool all;
	bool check;
	bool json;
	bool raw;
	bool bytes;
	bool noheadings;
	bool no_trunc;
};

/* common.c */

/* "1.5G" or, with --bytes, "1610612736"; to be freed. Ends the program without memory. */
char *size_text(const struct thpcost *t, uint64_t size);

/* @text, but "-" for NULL with --raw: each row has as many words as columns. */
char *raw_text(const struct thpcost *t, char *text);

/* Name of a user, or the number; to be freed. */
char *user_text(uint32_t uid);

/*
 * A copy of @text, without its middle where it is wider than that part of the terminal
 * (@part 0: never); to be freed.
 */
char *shorten_middle(const struct thpcost *t, const char *text, double part);

/* A command line with blanks between its words, to be freed; NULL where there is none. */
char *process_command(const struct root *root, pid_t pid);

/* Why processes of others may not be read: for people. */
const char *read_why_not(void);

/* @name with \xNN for what is no UTF-8, which JSON and Prometheus do not take. To be freed. */
char *utf8_text(const char *name);

/* What went wrong in kernel_read(). */
const char *kernel_why_not(int error);

/* Read it, or end the program with one line. must_survey() reads what t->memory_stat says. */
void must_kernel(const struct thpcost *t, struct kernel *kernel);
void must_survey(const struct thpcost *t, struct survey *survey);

/* The rows to show: --cgroup, --top, --all; largest first. To be freed. */
size_t select_rows(const struct thpcost *t, const struct survey *survey, struct row **rows);

/*
 * Sleeps until the next of the moments that are whole intervals after @start, of the
 * monotonic clock: one that is past already is left out, not made up for.
 */
void wait_interval(const struct thpcost *t, const struct timespec *start);

/* show.c, watch.c and prometheus.c, and of the first two what may be chosen */

/* A size is a number in JSON with --bytes, a text without. */
enum kind { KIND_TEXT, KIND_NUMBER, KIND_SIZE };

struct column {
	const char *name;
	double width;		/* hint, as libsmartcols takes it */
	int flags;
	enum kind kind;
	const char *help;
};

extern const struct column show_columns[];
extern const size_t nr_show_columns;
extern const int show_default[];
extern const size_t nr_show_default;

/* A row for the system and each process or cgroup, on standard output. */
void show_survey(const struct thpcost *t);

/* As --sort says, where it does. */
void show_sort(const struct thpcost *t, const struct kernel *kernel, struct row *rows, size_t count);

/* A table of t->columns of @columns, and a cell of it, which is freed with it. */
struct libscols_table;
struct libscols_line;
struct libscols_table *new_table(const struct thpcost *t, const struct column *columns);
void set_cell(const struct thpcost *t, struct libscols_line *line, size_t column, char *data);

/* A row for each of t->pids. Returns the number of those that could not be shown at all. */
size_t show_pids(const struct thpcost *t);

/* Exit statuses of --check. */
enum { CHECK_DOES_NOT, CHECK_DEPOSITS, CHECK_CANNOT_TELL };

/* Tries out whether this kernel deposits, and says so. */
int show_check(const struct thpcost *t);

extern const struct column watch_columns[];
extern const size_t nr_watch_columns;

/* A row for each interval, on standard output. */
void watch(const struct thpcost *t);

extern const struct column sum_columns[];
extern const size_t nr_sum_columns;

/* What t->files say of their machines, and their sum before them; whether each said something. */
bool sum(const struct thpcost *t);

/* Figures in Prometheus' text format, once or for each interval. */
void prometheus(const struct thpcost *t);

#endif
