// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "file.h"
#include "kernel.h"
#include "report.h"
#include "size.h"
#include "tables.h"

#define ROOT	"/sys/fs/cgroup"
static const char *group = "test";
static bool v1;

static const char *path_of(const char *file)
{
	static char path[128];

	snprintf(path, sizeof(path), ROOT "/%s/%s", group, file);
	return path;
}

void cgroup_use(const char *name)
{
	group = name;
}

bool cgroup_make(void)
{
	if (!v1 && file_write(ROOT "/cgroup.subtree_control", "+memory"))
		return false;
	if (mkdir(path_of(""), 0755))
		fatal("mkdir %s", path_of(""));
	return true;
}

/* What is left of a group that was removed goes soon: until then it is busy. */
bool cgroup_turn_to_v1(void)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	int failed;

	if (file_write(ROOT "/cgroup.subtree_control", "-memory") ||
	    umount(ROOT))
		fatal("leaving cgroup v2");
	for (int i = 0; i < 1000; i++) {
		failed = mount("cgroup", ROOT, "cgroup", 0, "memory");
		if (!failed || errno != EBUSY)
			break;
		nanosleep(&pause, NULL);
	}
	v1 = !failed;
	if (failed && errno == EBUSY)
		fatal("mounting cgroup v1");
	if (failed && mount("cgroup2", ROOT, "cgroup2", 0, NULL))
		fatal("mounting cgroup v2");
	return v1;
}

bool cgroup_is_v1(void)
{
	return v1;
}

bool cgroup_make_or_skip(void)
{
	if (cgroup_make())
		return true;
	report_skip("this kernel has no memory cgroups");
	return false;
}

bool cgroup_make_for_tables(void)
{
	if (!tables_are_charged()) {
		report_skip("no memory cgroup is charged for tables on this architecture");
		return false;
	}
	if (!kernel_deposits() && tables_share_pages()) {
		report_skip("tables share pages here: most splits charge nothing");
		return false;
	}
	return cgroup_make_or_skip();
}

void cgroup_join(void)
{
	file_must_write(path_of("cgroup.procs"), "0");
}

void cgroup_leave(void)
{
	file_must_write(ROOT "/cgroup.procs", "0");
}

void cgroup_unlimit(void)
{
	if (v1)
		file_must_write(path_of("memory.limit_in_bytes"), "-1");
	else
		file_must_write(path_of("memory.max"), "max");
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

/* Older kernels know no "max". */
static ssize_t ask_for(int fd, size_t size)
{
	static const char *const swappiness[] = { "max", "200" };
	ssize_t done = -1;
	char text[64];
	int len;

	for (int i = 0; i < 2; i++) {
		len = snprintf(text, sizeof(text), "%zu swappiness=%s", size,
			       swappiness[i]);
		done = write(fd, text, len);
		if (done >= 0 || errno != EINVAL)
			break;
	}
	return done;
}

int cgroup_reclaim_through(int fd)
{
	return ask_for(fd, 64 << 20) >= 0 || errno == EAGAIN ? 0 : -1;
}

bool cgroup_reclaim_size(size_t size)
{
	int fd = cgroup_open("memory.reclaim", O_WRONLY);
	bool done = ask_for(fd, size) >= 0;

	if (!done && errno != EAGAIN)
		fatal("memory.reclaim");
	close(fd);
	return done;
}

void cgroup_reclaim(void)
{
	cgroup_reclaim_size(64 << 20);
}

long cgroup_number(const char *file)
{
	return file_number(path_of(file));
}

long cgroup_field(const char *file, const char *key)
{
	return file_field(path_of(file), key);
}

void cgroup_remove(void)
{
	if (rmdir(path_of("")))
		fatal("rmdir %s", path_of(""));
}
