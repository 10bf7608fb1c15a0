/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines of /proc, parsed. Whatever a line holds, the answer is a value or
 * "that is not it"; no number wraps around.
 */
#ifndef THPCOST_PARSE_H
#define THPCOST_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Opens a regular file below a directory for reading, no symbolic link. NULL with errno. */
FILE *open_at(int dir, const char *path);

/* The first line of a file below a directory, without its end, to be freed. NULL where it is not to be had. */
char *line_at(int dir, const char *path);

/* A figure to look for; value is the sum over the lines that had it. */
struct field {
	const char *name;
	unsigned int seen;	/* lines */
	uint64_t value;		/* in bytes where the line says kB */
};

/* "NAME: 12 kB" or "name 12", with nothing behind. */
bool parse_field(const char *line, const char *name, uint64_t *value);

/* Adds the line to the field whose name it begins with; sums saturate. */
void parse_fields(struct field *fields, size_t count, const char *line);

/*
 * The same for every line of a file. Returns 0, or -errno where reading broke
 * off: -ESRCH for a file of a process that has exited.
 */
int read_fields(FILE *in, struct field *fields, size_t count);

/* The same for a file below a directory; also -errno of opening it. */
int fields_at(int dir, const char *path, struct field *fields, size_t count);

/* What of a line of /proc/PID/maps counts here. */
struct map {
	uint64_t start;
	uint64_t end;
	bool anonymous;		/* private /dev/zero included */
};

bool parse_map(const char *line, struct map *map);

/* Which cgroup a line of /proc/PID/cgroup is about, by how well it serves. */
enum cgroup_rank { CGROUP_NONE, CGROUP_V2, CGROUP_MEMORY };

/*
 * Cuts the line end off; *path points into the line, at what follows the
 * second colon, unless the rank is CGROUP_NONE.
 */
enum cgroup_rank parse_cgroup(char *line, const char **path);

/*
 * Whether a list of words with a separator between them holds @word; it ends at the end of
 * a line and where one of @ends is.
 */
bool list_holds(const char *list, char separator, const char *ends, const char *word);

/* Whether the command line of a kernel has cgroup.memory= with nokmem. */
bool parse_nokmem(const char *cmdline);

/* Bytes of the UTF-8 character that  begins with; 0 where that is none. */
size_t utf8_length(const char *text);

/* The effective one of "Uid:\t1000\t1000\t1000\t1000". */
bool parse_uid(const char *line, uint32_t *uid);

/* Copies what follows "Name:" and a tab, shortened to fit. */
bool parse_name(const char *line, char *name, size_t size);

#endif
