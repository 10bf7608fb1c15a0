// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "groups.h"
#include "parse.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define DIR_FLAGS	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* A figure that the kernel may not tell. */
struct told {
	bool known;
	uint64_t bytes;
};

/* What memory.stat says of a cgroup and all below it. */
struct counts {
	struct told thp;
	struct told tables;
};

struct walk {
	struct survey *survey;
	unsigned long depth;
	bool first;		/* the first version of cgroups: no page tables, and another name */
	bool no_kmem;		/* page tables are charged to no cgroup */
};

static bool is_gone(int error)
{
	return error == -ENOENT || error == -ENODEV || error == -ENOTDIR || error == -ELOOP;
}

/* Processes in the root are charged for no page tables: what it tells are those of others. */
static int read_counts(const struct walk *walk, int dir, bool is_root, struct counts *counts)
{
	struct field fields[] = {
		{ .name = walk->first ? "total_rss_huge" : "anon_thp" }, { .name = "pagetables" },
	};
	int error = fields_at(dir, "memory.stat", fields, ARRAY_SIZE(fields));

	*counts = (struct counts){ 0 };
	if (error)
		return error;
	counts->thp = (struct told){ fields[0].seen || !walk->survey->kernel.thp, fields[0].value };
	if (!walk->first && !walk->no_kmem && !is_root)
		counts->tables = (struct told){ fields[1].seen, fields[1].value };
	return 0;
}

static int add_row(struct survey *survey, const char *name)
{
	/* Twice the room whenever the count reaches a power of two. */
	if (!(survey->nr_groups & (survey->nr_groups - 1))) {
		size_t room = survey->nr_groups ? 2 * survey->nr_groups : 1;
		struct row *more = reallocarray(survey->groups, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		survey->groups = more;
	}
	name = strdup(name);
	if (!name)
		return -ENOMEM;
	survey->groups[survey->nr_groups++] = (struct row){ .subject = SUBJECT_CGROUP, .name = name };
	return 0;
}

/*
 * Each THP that counts has a huge PMD at least, and perhaps several; deposits for them, and
 * for the huge zero page, are among the page tables. Those may be charged to others, which
 * shows where they are too few.
 */
static void fill_row(const struct kernel *kernel, const struct counts *counts, struct row *row)
{
	struct cost *cost = &row->cost;
	uint64_t gain;

	row->counted = true;
	row->thp_unknown = !counts->thp.known;
	row->tables_unknown = !counts->tables.known;
	row->zero_unread = kernel->thp && !kernel->zero_never;
	cost->thp = counts->thp.bytes;
	cost->tables = counts->tables.bytes;
	if (!kernel->thp || kernel->hash)
		return;
	gain = cost_gain(kernel, cost);
	cost->unbounded = kernel->changed || !counts->tables.known || cost->tables < gain;
	if (!cost->unbounded)
		cost->unseen = cost->tables - gain;
}

/* What is left for the cgroup itself. Below, something may have come since it was read. */
static struct told without(struct told all, struct told below)
{
	return (struct told){ all.known, all.bytes - (all.bytes < below.bytes ? all.bytes : below.bytes) };
}

static void add_told(struct told *sum, struct told told)
{
	if (__builtin_add_overflow(sum->bytes, told.bytes, &sum->bytes))
		sum->bytes = UINT64_MAX;
}

static int read_group(const struct walk *walk, int dir, const char *name, unsigned long level, bool is_root,
		      struct counts *below_parent);

static int read_child(const struct walk *walk, int dir, const char *entry, const char *parent, unsigned long level,
		      struct counts *below_parent)
{
	int child = openat(dir, entry, DIR_FLAGS);
	int error = child < 0 ? -errno : 0;
	char *name;

	if (is_gone(error))
		return 0;
	if (error_is_ours(error))
		return error;
	if (asprintf(&name, "%s/%s", parent[1] ? parent : "", entry) < 0) {
		error = -ENOMEM;
	} else {
		error = read_group(walk, child, name, level, false, below_parent);
		free(name);
	}
	if (child >= 0)
		close(child);
	return error;
}

static int read_children(const struct walk *walk, int dir, const char *parent, unsigned long level,
			 struct counts *below_parent)
{
	struct dirent *entry;
	struct stat st;
	int error = 0;
	DIR *list;
	int fd;

	/* Itself and its parent's name for it: no list of all its files to read. */
	if (!fstat(dir, &st) && st.st_nlink == 2)
		return 0;
	fd = openat(dir, ".", DIR_FLAGS);
	if (fd < 0)
		return is_gone(-errno) ? 0 : -errno;
	list = fdopendir(fd);
	if (!list) {
		close(fd);
		return -ENOMEM;
	}
	while (!error) {
		errno = 0;
		entry = readdir(list);
		if (!entry) {
			error = is_gone(-errno) ? 0 : -errno;
			break;
		}
		if ((entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) && strcmp(entry->d_name, ".") &&
		    strcmp(entry->d_name, ".."))
			error = read_child(walk, dir, entry->d_name, parent, level, below_parent);
	}
	closedir(list);
	return error;
}

/* @dir is -1 for a cgroup that may not be opened. */
static int read_group(const struct walk *walk, int dir, const char *name, unsigned long level, bool is_root,
		      struct counts *below_parent)
{
	struct survey *survey = walk->survey;
	struct counts below = { 0 }, all = { 0 };
	size_t at = survey->nr_groups;
	int error = dir < 0 ? 0 : read_counts(walk, dir, is_root, &all);

	if (error_is_ours(error))
		return error;
	if (is_gone(error) && !is_root)
		return level ? 0 : -EOPNOTSUPP;
	error = add_row(survey, name);
	if (!error && dir >= 0 && (!walk->depth || level < walk->depth))
		error = read_children(walk, dir, name, level + 1, &below);
	if (error)
		return error;
	fill_row(&survey->kernel,
		 &(struct counts){ without(all.thp, below.thp), without(all.tables, below.tables) },
		 &survey->groups[at]);
	/* Of one that does not tell, what is below it is in rows of its own. */
	add_told(&below_parent->thp, all.thp.known ? all.thp : below.thp);
	add_told(&below_parent->tables, all.tables.known ? all.tables : below.tables);
	return 0;
}

/* A directory, -ENOSYS where that hierarchy does not have the memory controller, or another -errno. */
static int open_hierarchy(int sys, const char *path, bool first)
{
	int dir = openat(sys, path, DIR_FLAGS);
	int error = 0;
	char *line;

	if (dir < 0)
		return error_is_ours(-errno) ? -errno : -ENOSYS;
	errno = 0;
	line = line_at(dir, first ? "memory.stat" : "cgroup.controllers");
	if (error_is_ours(-errno))
		error = -errno;
	else if (!line || (!first && !list_holds(line, ' ', "", "memory")))
		error = -ENOSYS;
	free(line);
	if (error)
		close(dir);
	return error ? error : dir;
}

/* Step by step: no link, nothing but cgroups, and as long as it may be. */
static int open_group(int hierarchy, const char *path)
{
	char *copy = strdup(path), *save;
	int dir = openat(hierarchy, ".", DIR_FLAGS);
	int error = !copy ? -ENOMEM : dir < 0 ? -errno : 0;

	for (char *name = copy ? strtok_r(copy, "/", &save) : NULL; name && !error; name = strtok_r(NULL, "/", &save)) {
		int next = -1;

		if (!strcmp(name, ".") || !strcmp(name, ".."))
			error = -ENOENT;
		else if ((next = openat(dir, name, DIR_FLAGS)) < 0)
			error = is_gone(-errno) ? -ENOENT : -errno;
		close(dir);
		dir = next;
	}
	free(copy);
	if (error && dir >= 0)
		close(dir);
	return error ? error : dir;
}

static int read_hierarchy(const struct walk *walk, int hierarchy, const char *path)
{
	struct counts all = { 0 };
	char *name = strdup(path);
	int dir = open_group(hierarchy, path);
	int error = dir < 0 ? dir : name ? 0 : -ENOMEM;
	bool is_root;

	if (!error) {
		size_t len = strlen(name);

		while (len > 1 && name[len - 1] == '/')
			name[--len] = '\0';
		/* In a container "/" is the one of the container, which has this file. */
		is_root = len == 1 && !walk->first && faccessat(dir, "memory.current", F_OK, 0);
		error = read_group(walk, dir, name, 0, is_root, &all);
	}
	if (dir >= 0)
		close(dir);
	free(name);
	return error;
}

static int read_groups(const struct root *root, const char *path, struct walk *walk)
{
	static const struct {
		const char *path;
		bool first;
	} hierarchies[] = {
		{ "fs/cgroup", false }, { "fs/cgroup/unified", false }, { "fs/cgroup/memory", true },
	};
	int dir = -ENOSYS, error;
	char *line;

	errno = 0;
	line = line_at(root->proc, "cmdline");
	if (error_is_ours(-errno))
		return -errno;
	walk->no_kmem = line && parse_nokmem(line);
	free(line);
	for (size_t i = 0; root->sys >= 0 && dir == -ENOSYS && i < ARRAY_SIZE(hierarchies); i++) {
		walk->first = hierarchies[i].first;
		dir = open_hierarchy(root->sys, hierarchies[i].path, walk->first);
	}
	if (dir < 0)
		return dir;
	error = read_hierarchy(walk, dir, path);
	close(dir);
	return error;
}

int groups_read(const struct root *root, const char *path, unsigned long depth, struct survey *survey)
{
	struct walk walk = { .survey = survey, .depth = depth };
	struct totals totals;
	int error;

	*survey = (struct survey){ .system = { .subject = SUBJECT_SYSTEM, .name = "" } };
	error = kernel_read(root, &survey->kernel);
	if (!error)
		error = totals_read(root, &totals);
	if (!error)
		error = read_groups(root, path, &walk);
	if (error)
		survey_free(survey);
	else
		fill_row(&survey->kernel, &(struct counts){ { true, totals.thp }, { true, totals.tables } },
			 &survey->system);
	return error;
}

size_t groups_unread(const struct survey *survey)
{
	size_t unread = 0;

	for (size_t i = 0; i < survey->nr_groups; i++)
		unread += survey->groups[i].thp_unknown;
	return unread;
}
