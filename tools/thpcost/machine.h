/* SPDX-License-Identifier: GPL-2.0 */
/* What one machine says of itself in JSON, and reading that again on another. */
#ifndef THPCOST_MACHINE_H
#define THPCOST_MACHINE_H

#include "survey.h"

/* A figure that may not be known. */
struct figure {
	bool known;
	uint64_t value;
};

enum machine_figure {
	MACHINE_RAM, MACHINE_THP, MACHINE_ZERO, MACHINE_TABLES, MACHINE_DEPOSIT, MACHINE_GAIN, MACHINE_MAX,
	MACHINE_PROCESSES, MACHINE_UNREAD, MACHINE_FIGURES,
};

struct machine {
	char *host;
	char *time;		/* RFC 3339, UTC */
	char *kernel;
	bool deposits;
	struct figure figures[MACHINE_FIGURES];
};

/*
 * The object "machine" of --json, to be freed: host, time, kernel and sizes; of a
 * survey also the system's figures. NULL without memory.
 */
char *machine_print(const struct root *root, const char *version, const struct kernel *kernel,
		    const struct survey *survey);

/*
 * Reads the document that *text begins with, at most to @end, and moves *text behind
 * it. Returns 0, -ENODATA where nothing but blanks is left, -EINVAL where it is no
 * output of --json, or -ENOMSG where that has no figures of the system.
 */
int machine_parse(const char **text, const char *end, struct machine *machine);

void machine_free(struct machine *machine);

#endif
