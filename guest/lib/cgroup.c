// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "file.h"
#include "report.h"

#define ROOT	"/sys/fs/cgroup"
#define GROUP	ROOT "/test"

static const char *path_of(const char *file)
{
	static char path[128];

	snprintf(path, sizeof(path), GROUP "/%s", file);
	return path;
}

bool cgroup_make(void)
{
	if (file_write(ROOT "/cgroup.subtree_control", "+memory"))
		return false;
	if (mkdir(GROUP, 0755))
		fatal("mkdir " GROUP);
	return true;
}

void cgroup_join(void)
{
	file_must_write(path_of("cgroup.procs"), "0");
}

int cgroup_write(const char *file, const char *text)
{
	return file_write(path_of(file), text);
}

int cgroup_open(const char *file, int flags)
{
	int fd = open(path_of(file), flags | O_CLOEXEC);

	if (fd < 0)
		fatal("opening %s", path_of(file));
	return fd;
}

void cgroup_remove(void)
{
	if (rmdir(GROUP))
		fatal("rmdir " GROUP);
}
