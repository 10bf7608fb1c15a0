// SPDX-License-Identifier: GPL-2.0
/*
 * A file is replaced as a whole: its reader never sees half of it, and
 * whatever ends this program leaves the old one or the new one.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replace.h"

/* Of a file that was not there: node_exporter reads it as another user. */
#define MODE_NEW	0644

static int write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t written = write(fd, text, size);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			text += written;
			size -= written;
		}
	}
	return 0;
}

/* As the file that it replaces; the owner first, since that takes bits from the mode. */
static int keep(int fd, const struct stat *old)
{
	struct stat new;

	if (!old)
		return fchmod(fd, MODE_NEW) ? -errno : 0;
	if (fstat(fd, &new))
		return -errno;
	if ((new.st_uid != old->st_uid || new.st_gid != old->st_gid) &&
	    fchown(fd, old->st_uid, old->st_gid))
		return -errno;
	return fchmod(fd, old->st_mode & 0777) ? -errno : 0;
}

/* Puts the file behind @fd, which has no name yet, where @name is. */
static int give_name(int dir, int fd, const char *temporary, const char *name)
{
	char self[32];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	/* One that SIGKILL or a power failure left between the two calls below. */
	if (unlinkat(dir, temporary, 0) && errno != ENOENT)
		return -errno;
	if (linkat(AT_FDCWD, self, dir, temporary, AT_SYMLINK_FOLLOW))
		return -errno;
	if (renameat(dir, temporary, dir, name)) {
		int error = -errno;

		unlinkat(dir, temporary, 0);
		return error;
	}
	return 0;
}

/* No name, so nobody else's file, and nothing to clean up. */
static int without_name(int dir, const struct stat *old, const char *temporary, const char *name,
			const char *text, size_t size)
{
	int fd = openat(dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	int error;

	if (fd < 0)
		return -errno;
	error = write_all(fd, text, size);
	if (!error)
		error = keep(fd, old);
	if (!error)
		error = give_name(dir, fd, temporary, name);
	close(fd);
	return error;
}

/* Where the file system has no files without a name. */
static int with_name(int dir, const struct stat *old, const char *temporary, const char *name,
		     const char *text, size_t size)
{
	int error;
	int fd;

	if (unlinkat(dir, temporary, 0) && errno != ENOENT)
		return -errno;
	fd = openat(dir, temporary, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	error = write_all(fd, text, size);
	if (!error)
		error = keep(fd, old);
	if (close(fd) && !error)
		error = -errno;
	if (!error && renameat(dir, temporary, dir, name))
		error = -errno;
	if (error)
		unlinkat(dir, temporary, 0);
	return error;
}

static int replace_in(int dir, const char *name, const char *text, size_t size)
{
	struct stat old;
	bool is_new = fstatat(dir, name, &old, AT_SYMLINK_NOFOLLOW);
	char *temporary;
	int error;

	if (is_new && errno != ENOENT)
		return -errno;
	if (!is_new && !S_ISREG(old.st_mode))
		return S_ISDIR(old.st_mode) ? -EISDIR : -EMEDIUMTYPE;
	/* No node_exporter reads what does not end in .prom. */
	if (asprintf(&temporary, ".%s.%s", name, program_invocation_short_name) < 0)
		return -ENOMEM;
	error = without_name(dir, is_new ? NULL : &old, temporary, name, text, size);
	/* EISDIR: of a kernel, ENOENT: of a /proc that lacks it. */
	if (error == -EOPNOTSUPP || error == -EISDIR || error == -ENOENT)
		error = with_name(dir, is_new ? NULL : &old, temporary, name, text, size);
	free(temporary);
	return error;
}

int replace_file(const char *path, const char *text, size_t size)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char *parent = slash ? strndup(path, slash - path + 1) : strdup(".");
	sigset_t all, before;
	int error;
	int dir;

	if (!parent)
		return -ENOMEM;
	dir = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(parent);
	if (dir < 0)
		return -errno;
	if (!*name || !strcmp(name, ".") || !strcmp(name, "..")) {
		close(dir);
		return -EISDIR;
	}
	/* What would end the program waits until nothing is left to clean up. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	error = replace_in(dir, name, text, size);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(dir);
	return error;
}
