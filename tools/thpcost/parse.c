// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parse.h"

#define BLANKS	" \t"

FILE *open_at(int dir, const char *path)
{
	struct stat st;
	FILE *in;
	int fd;

	/* In a copy there may be whatever somebody put there: a FIFO waits, a device may do anything. */
	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW))
		return NULL;
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISLNK(st.st_mode) ? ELOOP : EINVAL;
		return NULL;
	}
	fd = openat(dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	in = fdopen(fd, "r");
	if (!in)
		close(fd);
	return in;
}

char *line_at(int dir, const char *path)
{
	FILE *in = open_at(dir, path);
	char *line = NULL;
	size_t size = 0;

	if (!in)
		return NULL;
	if (getline(&line, &size, in) < 0) {
		free(line);
		line = NULL;
	} else {
		line[strcspn(line, "\n")] = '\0';
	}
	fclose(in);
	return line;
}

/* Digits only: strtoull() alone takes blanks and a sign, too. */
static bool parse_number(const char **at, int base, uint64_t *value)
{
	char *end;

	if (base == 10 ? !isdigit((unsigned char)**at) : !isxdigit((unsigned char)**at))
		return false;
	errno = 0;
	*value = strtoull(*at, &end, base);
	*at = end;
	return !errno;
}

bool parse_field(const char *line, const char *name, uint64_t *value)
{
	size_t len = strlen(name);
	uint64_t number;

	if (strncmp(line, name, len))
		return false;
	line += len;
	if (*line == ':')
		line++;
	else if (*line != ' ' && *line != '\t')
		return false;
	line += strspn(line, BLANKS);
	if (!parse_number(&line, 10, &number))
		return false;
	line += strspn(line, BLANKS);
	if (!strncmp(line, "kB", 2)) {
		if (__builtin_mul_overflow(number, 1024, &number))
			return false;
		line += 2;
	}
	if (line[strspn(line, BLANKS "\r\n")])
		return false;
	*value = number;
	return true;
}

void parse_fields(struct field *fields, size_t count, const char *line)
{
	uint64_t value;

	for (size_t i = 0; i < count; i++) {
		if (!parse_field(line, fields[i].name, &value))
			continue;
		fields[i].seen++;
		if (__builtin_add_overflow(fields[i].value, value, &fields[i].value))
			fields[i].value = UINT64_MAX;
		return;
	}
}

int read_fields(FILE *in, struct field *fields, size_t count)
{
	char *line = NULL;
	size_t size = 0;
	int error = 0;

	errno = 0;
	while (getline(&line, &size, in) >= 0) {
		parse_fields(fields, count, line);
		errno = 0;
	}
	if (!feof(in))
		error = errno ? -errno : -EIO;
	free(line);
	return error;
}

int fields_at(int dir, const char *path, struct field *fields, size_t count)
{
	FILE *in = open_at(dir, path);
	int error;

	if (!in)
		return -errno;
	error = read_fields(in, fields, count);
	fclose(in);
	return error;
}

/* 7f0000000000-7f0000200000 rw-p 00000000 00:00 0      [heap] */
bool parse_map(const char *line, struct map *map)
{
	uint64_t start, end, inode;

	if (!parse_number(&line, 16, &start) || *line++ != '-' ||
	    !parse_number(&line, 16, &end) || *line++ != ' ' || start >= end)
		return false;
	/* permissions, offset, device */
	for (int i = 0; i < 3; i++) {
		line += strcspn(line, " \n");
		if (*line++ != ' ')
			return false;
	}
	if (!parse_number(&line, 10, &inode))
		return false;
	line += strspn(line, BLANKS);
	map->start = start;
	map->end = end;
	map->anonymous = !inode || (!strncmp(line, "/dev/zero", 9) &&
				    !line[9 + strspn(line + 9, "\r\n")]);
	return true;
}

bool list_holds(const char *list, char separator, const char *ends, const char *word)
{
	size_t len = strlen(word);

	while (true) {
		size_t item = 0;

		while (list[item] && list[item] != separator && list[item] != '\n' && !strchr(ends, list[item]))
			item++;
		if (item == len && !strncmp(list, word, len))
			return true;
		if (list[item] != separator)
			return false;
		list += item + 1;
	}
}

bool parse_nokmem(const char *cmdline)
{
	static const char option[] = "cgroup.memory=";

	for (const char *word = cmdline; word; word = strchr(word, ' ')) {
		word += strspn(word, " ");
		if (!strncmp(word, option, strlen(option)) &&
		    list_holds(word + strlen(option), ',', " ", "nokmem"))
			return true;
	}
	return false;
}

enum cgroup_rank parse_cgroup(char *line, const char **path)
{
	const char *controllers = line;
	const char *colon;
	uint64_t hierarchy;

	line[strcspn(line, "\n")] = '\0';
	if (!parse_number(&controllers, 10, &hierarchy) || *controllers++ != ':')
		return CGROUP_NONE;
	colon = strchr(controllers, ':');
	if (!colon || colon[1] != '/')
		return CGROUP_NONE;
	*path = colon + 1;
	if (list_holds(controllers, ',', ":", "memory"))
		return CGROUP_MEMORY;
	return !hierarchy && colon == controllers ? CGROUP_V2 : CGROUP_NONE;
}

bool parse_name(const char *line, char *name, size_t size)
{
	if (strncmp(line, "Name:\t", 6))
		return false;
	snprintf(name, size, "%.*s", (int)strcspn(line + 6, "\n"), line + 6);
	return true;
}

bool parse_uid(const char *line, uint32_t *uid)
{
	uint64_t real, effective;

	if (strncmp(line, "Uid:\t", 5))
		return false;
	line += 5;
	if (!parse_number(&line, 10, &real) || *line++ != '\t' ||
	    !parse_number(&line, 10, &effective) || *line != '\t' || effective > UINT32_MAX)
		return false;
	*uid = effective;
	return true;
}

size_t utf8_length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len = *s < 0x80 ? 1 : *s < 0xc2 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* longer than need be, a surrogate, beyond U+10FFFF */
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}
