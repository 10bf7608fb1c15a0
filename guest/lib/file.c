// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "report.h"

ssize_t file_read(const char *path, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t got;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	do {
		got = read(fd, buf + len, size - 1 - len);
		if (got > 0)
			len += got;
	} while (got > 0);
	buf[len] = '\0';
	close(fd);
	return got < 0 ? -1 : (ssize_t)len;
}

int file_write(const char *path, const char *text)
{
	ssize_t len = strlen(text);
	ssize_t done;
	int error;
	int fd;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	done = write(fd, text, len);
	error = errno;
	close(fd);
	errno = error;
	return done == len ? 0 : -1;
}

void file_must_write(const char *path, const char *text)
{
	if (file_write(path, text))
		fatal("writing '%s' to %s", text, path);
}

long file_number(const char *path)
{
	char buf[64];

	if (file_read(path, buf, sizeof(buf)) <= 0)
		fatal("reading %s", path);
	return strtol(buf, NULL, 0);
}

long file_field(const char *path, const char *key)
{
	static char buf[65536];
	size_t len = strlen(key);
	char *line;

	if (file_read(path, buf, sizeof(buf)) < 0)
		fatal("reading %s", path);
	for (line = buf; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, len) && strchr(": \t", line[len]))
			return strtol(line + len + strspn(line + len, ": \t"),
				      NULL, 10);
	}
	return -1;
}

bool cmdline_value(const char *key, char *value, size_t size)
{
	char buf[4096];
	char *at;
	char *save;

	if (file_read("/proc/cmdline", buf, sizeof(buf)) < 0)
		fatal("reading /proc/cmdline");
	for (at = strtok_r(buf, " \n", &save); at;
	     at = strtok_r(NULL, " \n", &save)) {
		if (strncmp(at, key, strlen(key)))
			continue;
		snprintf(value, size, "%s", at + strlen(key));
		return true;
	}
	return false;
}
