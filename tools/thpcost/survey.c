// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parse.h"
#include "share.h"
#include "survey.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* PID_NS_INIT_INO of include/uapi/linux/nsfs.h */
#define FIRST_PID_NS	"pid:[4026531836]"

int totals_read(const struct root *root, struct totals *totals)
{
	struct field meminfo[] = {
		{ .name = "AnonHugePages" }, { .name = "PageTables" },
	};
	struct field vmstat[] = {
		{ .name = "thp_fault_alloc" }, { .name = "thp_split_pmd" },
		{ .name = "thp_split_pmd_failed" },
	};
	int error;

	error = fields_at(root->proc, "meminfo", meminfo, ARRAY_SIZE(meminfo));
	if (!error)
		error = fields_at(root->proc, "vmstat", vmstat, ARRAY_SIZE(vmstat));
	*totals = (struct totals){
		.thp = meminfo[0].value,
		.tables = meminfo[1].value,
		.faults = vmstat[0].value,
		.splits = vmstat[1].value,
		.failed = vmstat[2].value,
	};
	return error;
}

/*
 * In a container, or where hidepid= hides what others run. A kernel without PID
 * namespaces has no link to them.
 */
static bool processes_hidden(int proc)
{
	char ns[32] = "";

	if (readlinkat(proc, "self/ns/pid", ns, sizeof(ns) - 1) < 0)
		return errno != ENOENT || faccessat(proc, "1", F_OK, 0);
	return strcmp(ns, FIRST_PID_NS) || faccessat(proc, "1", F_OK, 0);
}

static int add_process(struct survey *survey, const struct process *process)
{
	/* Twice the room whenever the count reaches a power of two. */
	if (!(survey->count & (survey->count - 1))) {
		size_t room = survey->count ? 2 * survey->count : 1;
		struct process *more = reallocarray(survey->processes, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		survey->processes = more;
	}
	survey->processes[survey->count++] = *process;
	return 0;
}

/* 0 for what is no process. */
static pid_t parse_pid(const char *name)
{
	char *end;
	long pid;

	if (!isdigit((unsigned char)*name))
		return 0;
	pid = strtol(name, &end, 10);
	return *end || pid > INT32_MAX ? 0 : (pid_t)pid;
}

static int read_processes(const struct root *root, struct survey *survey)
{
	struct dirent *entry;
	int error = 0;
	DIR *proc;
	int fd;

	fd = openat(root->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	proc = fdopendir(fd);
	if (!proc) {
		close(fd);
		return -ENOMEM;
	}
	while (!error && (entry = readdir(proc))) {
		struct process process;
		pid_t pid = parse_pid(entry->d_name);

		if (!pid)
			continue;
		error = process_read(root, &survey->kernel, pid, &process);
		if (!error)
			error = add_process(survey, &process);
		else if (error == -EACCES)
			survey->hidden = true;
		if (!error_is_ours(error))
			error = 0;
	}
	closedir(proc);
	return error;
}

struct row survey_row(const struct process *process)
{
	return (struct row){
		.subject = SUBJECT_PROCESS,
		.pid = process->pid,
		.name = process->name,
		.process = process,
		.processes = 1,
		.unread = !process->read,
		.zero_unread = process->read && !process->zero_read,
		.cost = process->cost,
	};
}

bool row_thp_known(const struct row *row)
{
	if (row->counted)
		return !row->thp_unknown;
	return row->subject != SUBJECT_PROCESS || !row->unread;
}

bool row_zero_known(const struct row *row)
{
	return row->cost.zero || !(row->unread || row->zero_unread || row->zero_hidden);
}

static void row_add(struct row *sum, const struct process *process)
{
	cost_add(&sum->cost, &process->cost);
	sum->processes++;
	sum->unread += !process->read;
	sum->zero_unread += process->read && !process->zero_read;
}

/*
 * PageTables and AnonHugePages of /proc/meminfo count what no process here
 * shows, too: the former bounds from above what is deposited on stock, the
 * latter from below what is mapped.
 */
static void sum_up(struct survey *survey, const struct totals *totals)
{
	struct cost *sum = &survey->system.cost;
	uint64_t others, deposits;

	for (size_t i = 0; i < survey->count; i++)
		row_add(&survey->system, &survey->processes[i]);
	survey->system.zero_hidden = survey->hidden && survey->kernel.thp && !survey->kernel.zero_never;
	others = totals->tables > sum->tables ? totals->tables - sum->tables : 0;
	if (survey->hidden && !survey->kernel.hash) {
		if (survey->kernel.changed)
			sum->unbounded = true;
		else
			cost_add(sum, &(struct cost){ .unseen = others });
	}
	if (totals->thp > sum->thp) {
		deposits = cost_tables(&survey->kernel, totals->thp) -
			   cost_tables(&survey->kernel, sum->thp);
		sum->unseen -= deposits < sum->unseen ? deposits : sum->unseen;
		sum->thp = totals->thp;
	}
	sum->tables = totals->tables;
}

int survey_read(const struct root *root, struct survey *survey)
{
	struct totals totals;
	int error;

	*survey = (struct survey){ .system = { .subject = SUBJECT_SYSTEM, .name = "" } };
	error = kernel_read(root, &survey->kernel);
	if (error)
		return error;
	kernel_try_zero(root, &survey->kernel);
	survey->hidden = processes_hidden(root->proc);
	error = read_processes(root, survey);
	if (!error) {
		survey->count = share_once(root, survey->processes, survey->count);
		error = totals_read(root, &totals);
	}
	if (!error)
		sum_up(survey, &totals);
	return error;
}

void survey_free(struct survey *survey)
{
	for (size_t i = 0; i < survey->count; i++)
		process_free(&survey->processes[i]);
	free(survey->processes);
	survey->processes = NULL;
	survey->count = 0;
	for (size_t i = 0; i < survey->nr_groups; i++)
		free((char *)survey->groups[i].name);
	free(survey->groups);
	survey->groups = NULL;
	survey->nr_groups = 0;
}

static bool is_at_or_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	while (len && top[len - 1] == '/')
		len--;
	return !strncmp(path, top, len) && (!path[len] || path[len] == '/');
}

bool cgroup_exists(const struct root *root, const struct survey *survey, const char *path)
{
	/* Where the first version has its hierarchies, the folder around them is no cgroup. */
	static const char *const mounts[] = { "", "/memory", "/unified" };
	bool second = root->sys >= 0 && !faccessat(root->sys, "fs/cgroup/cgroup.controllers", F_OK, 0);
	bool found = false;

	/* Not beside the cgroups, nor the files in them: what ends in '/' is a folder. */
	if (strstr(path, "/../") || (strlen(path) >= 3 && !strcmp(path + strlen(path) - 3, "/..")))
		return false;
	for (size_t i = 0; i < survey->count && !found; i++)
		found = survey->processes[i].cgroup && is_at_or_below(survey->processes[i].cgroup, path);
	for (size_t i = second ? 0 : 1; root->sys >= 0 && i < ARRAY_SIZE(mounts) && !found; i++) {
		char *dir;

		if (asprintf(&dir, "fs/cgroup%s%s/", mounts[i], path) < 0)
			return false;
		found = !faccessat(root->sys, dir, F_OK, 0);
		free(dir);
	}
	return found;
}

void survey_fold(struct survey *survey, const char *path, unsigned long depth)
{
	size_t len = strlen(path);

	while (len && path[len - 1] == '/')
		len--;
	for (size_t i = 0; i < survey->count; i++) {
		char *name = survey->processes[i].cgroup;

		if (!name || !is_at_or_below(name, path) || !name[len])
			continue;
		name += len;
		for (unsigned long level = 0; name && level < depth; level++)
			name = strchr(name + 1, '/');
		if (name)
			*name = '\0';
	}
}

static int by_cgroup(const void *a, const void *b)
{
	const struct process *const *p = a, *const *q = b;

	return strcmp((*p)->cgroup, (*q)->cgroup);
}

static int by_name(const void *a, const void *b)
{
	const struct process *const *p = a, *const *q = b;

	return strcmp((*p)->name, (*q)->name);
}

static int by_user(const void *a, const void *b)
{
	const struct process *const *p = a, *const *q = b;

	return ((*p)->uid > (*q)->uid) - ((*p)->uid < (*q)->uid);
}

static bool is_member(const struct process *process, enum subject subject, const char *path)
{
	return subject != SUBJECT_CGROUP || (process->cgroup && is_at_or_below(process->cgroup, path));
}

ssize_t survey_groups(const struct survey *survey, enum subject subject, const char *path,
		      struct row **rows)
{
	int (*order)(const void *, const void *) =
		subject == SUBJECT_CGROUP ? by_cgroup : subject == SUBJECT_NAME ? by_name : by_user;
	const struct process **members = calloc(survey->count + 1, sizeof(*members));
	size_t count = 0, groups = 0;

	*rows = calloc(survey->count + 1, sizeof(**rows));
	if (!members || !*rows) {
		free(members);
		free(*rows);
		return -ENOMEM;
	}
	for (size_t i = 0; i < survey->count; i++)
		if (is_member(&survey->processes[i], subject, path))
			members[count++] = &survey->processes[i];
	qsort(members, count, sizeof(*members), order);
	for (size_t i = 0; i < count; i++) {
		if (!i || order(&members[i - 1], &members[i]))
			(*rows)[groups++] = (struct row){
				.subject = subject,
				.name = subject == SUBJECT_CGROUP ? members[i]->cgroup :
					subject == SUBJECT_NAME ? members[i]->name : "",
				.process = members[i],
			};
		row_add(&(*rows)[groups - 1], members[i]);
	}
	free(members);
	return groups;
}

/* Larger first: below 0 where @a is the larger. */
static int larger(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

static int by_gain(const void *a, const void *b, void *kernel)
{
	const struct row *p = a, *q = b;
	int order;

	order = larger(cost_gain(kernel, &p->cost), cost_gain(kernel, &q->cost));
	if (!order)
		order = larger(cost_deposit(kernel, &p->cost), cost_deposit(kernel, &q->cost));
	if (!order)
		order = larger(p->cost.thp, q->cost.thp);
	if (!order)
		order = (p->pid > q->pid) - (p->pid < q->pid);
	return order ? order : strcmp(p->name, q->name);
}

void rows_sort(const struct kernel *kernel, struct row *rows, size_t count)
{
	qsort_r(rows, count, sizeof(*rows), by_gain, (void *)kernel);
}
