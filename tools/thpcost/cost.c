// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cost.h"
#include "parse.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static uint64_t add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int open_dir(const char *dir, const char *name)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return -ENOMEM;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(path);
	return fd < 0 ? -errno : fd;
}

int root_open(struct root *root, const char *dir)
{
	root->proc = open_dir(dir, "proc");
	root->sys = open_dir(dir, "sys");
	return root->proc < 0 ? root->proc : 0;
}

void root_close(struct root *root)
{
	if (root->proc >= 0)
		close(root->proc);
	if (root->sys >= 0)
		close(root->sys);
}

/*
 * hpage_pmd_size (Linux 4.10) holds a number alone. Without it, or without /sys, a PMD
 * maps a page of entries where that is so on all machines. *size is 0 for a kernel without THP.
 */
static int thp_size(int sys, uint64_t page, bool has_thp, uint64_t *size)
{
	FILE *in = sys >= 0 ? open_at(sys, "kernel/mm/transparent_hugepage/hpage_pmd_size") : NULL;

	*size = 0;
	if (in) {
		if (fscanf(in, "%" SCNu64, size) != 1)
			*size = 0;
		fclose(in);
		return 0;
	}
	if (!has_thp)
		return 0;
#if defined(__x86_64__) || defined(__aarch64__) || defined(__riscv)
	*size = page / 8 * page;
	return 0;
#else
	(void)page;
	return -ENOMSG;
#endif
}

static bool is_hash(int proc)
{
	FILE *in = open_at(proc, "cpuinfo");
	char *line = NULL;
	bool hash = false;
	size_t size = 0;

	if (!in)
		return false;
	while (!hash && getline(&line, &size, in) >= 0) {
		char *value = strchr(line, ':');

		hash = value && !strncmp(line, "MMU\t", 4) && !strcmp(value, ": Hash\n");
	}
	free(line);
	fclose(in);
	return hash;
}

int kernel_read(const struct root *root, struct kernel *kernel)
{
	struct field vmstat[] = {
		{ .name = "thp_split_pmd_failed" },
		{ .name = "thp_zero_page_alloc" },
	};
	struct field meminfo[] = { { .name = "AnonHugePages" }, { .name = "MemTotal" } };
	uint64_t entries;
	int error;

	*kernel = (struct kernel){ .page = sysconf(_SC_PAGESIZE) };
	error = fields_at(root->proc, "vmstat", vmstat, ARRAY_SIZE(vmstat));
	if (error)
		return error;
	kernel->changed = vmstat[0].seen;
	kernel->zero_never = vmstat[1].seen && !vmstat[1].value;
	kernel->hash = is_hash(root->proc);
	error = fields_at(root->proc, "meminfo", meminfo, ARRAY_SIZE(meminfo));
	if (error)
		return error;
	kernel->ram = meminfo[1].value;
	error = thp_size(root->sys, kernel->page, meminfo[0].seen, &kernel->thp);
	if (error)
		return error;
	/* The largest table today has 8192 entries: arm64 with pages of 64 KiB. */
	entries = kernel->thp / kernel->page;
	if (kernel->thp % kernel->page || entries & (entries - 1) || entries == 1 || entries > 1 << 16)
		return -ERANGE;
	kernel->table = entries * 8;
	kernel->zero = (struct zero){ .thp = kernel->thp, .page = kernel->page };
	return 0;
}

void kernel_try_zero(const struct root *root, struct kernel *kernel)
{
	kernel->zero.way = ZERO_NEVER;
	/* A changed kernel is newer than the last whose PAGEMAP_SCAN does not see it. */
	if (kernel->thp && !kernel->zero_never)
		zero_try(root->proc, kernel->changed, &kernel->zero);
}

void cost_add(struct cost *sum, const struct cost *cost)
{
	sum->thp = add(sum->thp, cost->thp);
	sum->zero = add(sum->zero, cost->zero);
	sum->file = add(sum->file, cost->file);
	sum->tables = add(sum->tables, cost->tables);
	sum->unseen = add(sum->unseen, cost->unseen);
	sum->unbounded |= cost->unbounded;
}

uint64_t cost_tables(const struct kernel *kernel, uint64_t bytes)
{
	/* A table is smaller than what it maps: no overflow. */
	return kernel->thp ? bytes / kernel->thp * kernel->table : 0;
}

uint64_t cost_deposit(const struct kernel *kernel, const struct cost *cost)
{
	uint64_t bytes = add(cost->thp, cost->zero);

	if (kernel->hash)
		return cost_tables(kernel, add(bytes, cost->file));
	return kernel->changed ? 0 : cost_tables(kernel, bytes);
}

uint64_t cost_gain(const struct kernel *kernel, const struct cost *cost)
{
	return kernel->hash ? 0 : cost_tables(kernel, add(cost->thp, cost->zero));
}

double cost_percent(const struct kernel *kernel, const struct cost *cost)
{
	uint64_t gain = cost_gain(kernel, cost);
	uint64_t stock = kernel->changed ? add(cost->tables, gain) : cost->tables;

	return stock ? 100.0 * (double)gain / (double)stock : 0;
}

/* What /proc/PID/status says; everyone may read it, unless hidepid= forbids. */
struct status {
	uint64_t size;		/* VmSize */
	uint64_t anon;		/* RssAnon; UINT64_MAX where it is not told */
	uint64_t tables;	/* VmPTE */
	uint64_t threads;
	bool has_mm;
};

static int read_status(int dir, struct status *status, struct process *process)
{
	struct field fields[] = {
		{ .name = "VmSize" }, { .name = "RssAnon" }, { .name = "VmPTE" },
		{ .name = "Threads" },
	};
	FILE *in = open_at(dir, "status");
	char *line = NULL;
	size_t room = 0;
	int error = 0;

	if (!in)
		return -errno;
	errno = 0;
	while (getline(&line, &room, in) >= 0) {
		if (!process || (!parse_name(line, process->name, sizeof(process->name)) &&
				 !parse_uid(line, &process->uid)))
			parse_fields(fields, ARRAY_SIZE(fields), line);
		errno = 0;
	}
	if (!feof(in))
		error = errno ? -errno : -EIO;
	free(line);
	fclose(in);
	*status = (struct status){
		.size = fields[0].value,
		.anon = fields[1].seen ? fields[1].value : UINT64_MAX,
		.tables = fields[2].value,
		.threads = fields[3].value,
		.has_mm = fields[2].seen,
	};
	return error;
}

/* smaps_rollup is one walk in the kernel; before Linux 4.14 only smaps is there. */
static int read_smaps(int dir, struct cost *cost)
{
	struct field fields[] = {
		{ .name = "AnonHugePages" }, { .name = "ShmemPmdMapped" }, { .name = "FilePmdMapped" },
	};
	int error = fields_at(dir, "smaps_rollup", fields, ARRAY_SIZE(fields));

	if (error == -ENOENT)
		error = fields_at(dir, "smaps", fields, ARRAY_SIZE(fields));
	if (error)
		return error;
	cost->thp = fields[0].value;
	cost->file = add(fields[1].value, fields[2].value);
	return 0;
}

static bool is_gone(int error)
{
	return error == -ENOENT || error == -ESRCH;
}

/* This process has run out of something: nothing about what it reads. */
bool error_is_ours(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOMEM;
}

/*
 * What was not seen is still within what the process has: address space, on
 * stock also page tables, and without a huge zero page anonymous memory.
 */
static uint64_t unseen_bound(const struct kernel *kernel, const struct process *process,
			     const struct status *status, uint64_t zero_room)
{
	uint64_t seen = cost_gain(kernel, &process->cost);
	uint64_t most;

	if (kernel->hash || (process->read && process->zero_read))
		return 0;
	if (process->read)
		return least(cost_tables(kernel, least(zero_room, status->size)),
			     kernel->changed ? UINT64_MAX : status->tables - least(status->tables, seen));
	most = cost_tables(kernel, status->size);
	if (!kernel->changed)
		most = least(most, status->tables);
	if (kernel->zero_never)
		most = least(most, cost_tables(kernel, status->anon));
	return most;
}

/* @dir is /proc/PID or /proc/PID/task/TID; all threads say the same. */
static int read_memory(const struct kernel *kernel, int dir, struct status *status,
		       struct process *process)
{
	uint64_t zero_room = 0;
	int error;

	error = read_smaps(dir, &process->cost);
	if (error == -ESRCH || error_is_ours(error))
		return error;
	if (!error) {
		process->read = true;
		error = kernel->zero.way == ZERO_NEVER ? 0 :
			zero_find(&kernel->zero, dir, &process->cost.zero, &zero_room);
		if (error_is_ours(error))
			return error;
		process->zero_read = !error;
	}
	/* Read anew, nearer to the moment of the figures above; most processes have none. */
	if (process->cost.thp || process->cost.zero || !process->zero_read) {
		error = read_status(dir, status, NULL);
		if (error)
			return error;
	}
	if (!status->has_mm)
		return -ESRCH;
	process->cost.tables = status->tables;
	process->cost.unseen = unseen_bound(kernel, process, status, zero_room);
	return 0;
}

/* The path in the hierarchy that accounts memory; NULL where none is told. */
static int read_cgroup(int dir, char **found)
{
	enum cgroup_rank best = CGROUP_NONE;
	FILE *in = open_at(dir, "cgroup");
	char *line = NULL;
	size_t size = 0;
	int error = 0;

	*found = NULL;
	if (!in)
		return error_is_ours(-errno) ? -errno : 0;
	while (getline(&line, &size, in) >= 0) {
		const char *path;
		enum cgroup_rank rank = parse_cgroup(line, &path);

		if (rank <= best)
			continue;
		free(*found);
		*found = strdup(path);
		if (!*found)
			error = -ENOMEM;
		best = rank;
	}
	free(line);
	fclose(in);
	return error;
}

/* A process lives on in its threads when the first of them has ended. */
static int read_other_thread(const struct kernel *kernel, int dir, struct process *process)
{
	int error = -ENODATA;
	struct dirent *entry;
	DIR *tasks;
	int fd;

	fd = openat(dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	tasks = fdopendir(fd);
	if (!tasks) {
		close(fd);
		return -ENOMEM;
	}
	while (error && !error_is_ours(error) && (entry = readdir(tasks))) {
		struct status status;
		int task;

		if (*entry->d_name == '.')
			continue;
		task = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (task < 0) {
			if (error_is_ours(-errno))
				error = -errno;
			continue;
		}
		if (!read_status(task, &status, NULL) && status.has_mm)
			error = read_memory(kernel, task, &status, process);
		/* Of the first one, which has ended, the first version of cgroups says "/". */
		if (!error)
			error = read_cgroup(task, &process->cgroup);
		close(task);
	}
	closedir(tasks);
	return error;
}


int process_read(const struct root *root, const struct kernel *kernel, pid_t pid,
		 struct process *process)
{
	struct status status;
	char path[16];
	int error;
	int dir;

	*process = (struct process){ .pid = pid, .uid = UINT32_MAX };
	snprintf(path, sizeof(path), "%d", pid);
	dir = openat(root->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return is_gone(-errno) ? -ESRCH : errno == EPERM ? -EACCES : -errno;
	error = read_status(dir, &status, process);
	if (!error && status.has_mm) {
		error = read_memory(kernel, dir, &status, process);
		if (!error)
			error = read_cgroup(dir, &process->cgroup);
	} else if (!error && status.threads > 1) {
		error = read_other_thread(kernel, dir, process);
	} else if (!error) {
		error = -ENODATA;
	}
	if (error == -EPERM)
		error = -EACCES;
	close(dir);
	return is_gone(error) ? -ESRCH : error;
}

void process_free(struct process *process)
{
	free(process->cgroup);
	process->cgroup = NULL;
}
