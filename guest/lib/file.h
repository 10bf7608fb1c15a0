/* SPDX-License-Identifier: GPL-2.0 */
/* Small files of /proc, /sys and the cgroup tree. */
#ifndef GUEST_FILE_H
#define GUEST_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Reads all of @path, ends it with NUL; bytes read or -1 with errno. */
ssize_t file_read(const char *path, char *buf, size_t size);

/* Writes @text in one write(); 0 or -1 with errno. */
int file_write(const char *path, const char *text);

/* The same, where a failure is the end of the test. */
void file_must_write(const char *path, const char *text);

/* The number that @path holds; a failure is the end of the test. */
long file_number(const char *path);

/*
 * The number that follows the line head @key ("VmPTE:", "thp_split_pmd") in
 * @path, in the unit of the file; -1 where no line begins so.
 */
long file_field(const char *path, const char *key);

/*
 * The value of @key ("undeposit.run=") on the kernel's command line, copied
 * to @value; false where it is not given.
 */
bool cmdline_value(const char *key, char *value, size_t size);

#endif
