// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"

struct rows rows_open(const char *file)
{
	return (struct rows){ .file = file, .in = open_or_die(file) };
}

bool rows_next(struct rows *rows, struct row *row)
{
	char *line = next_line(rows->in, &rows->buf, &rows->size, &rows->number);
	int n = 0;

	if (!line) {
		fclose(rows->in);
		free(rows->buf);
		return false;
	}
	*row = (struct row){ .heading = *line == '=' };
	if (row->heading)
		line += 1 + strspn(line + 1, " ");
	else if (sscanf(line, "%63s %63s %n", row->metric, row->beside, &n) < 2 || !n || !line[n])
		errx(EXIT_FAILURE, "%s:%u: not a metric, a metric and a name",
		     rows->file, rows->number);
	snprintf(row->what, sizeof(row->what), "%s", line + n);
	return true;
}
