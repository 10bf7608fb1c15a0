/* SPDX-License-Identifier: GPL-2.0 */
/* A file of rows: what is shown of the figures, in which order (see "rows"). */
#ifndef REPORT_ROWS_H
#define REPORT_ROWS_H

#include "figures.h"

struct row {
	bool heading;		/* what is its text, and there is no metric */
	char metric[64];
	char beside[64];	/* the metric to set beside it as "hugetlbfs" */
	char what[96];
};

/* An open file of rows. */
struct rows {
	const char *file;
	FILE *in;
	unsigned int number;
	char *buf;
	size_t size;
};

/* Opens it; a failure ends the program. */
struct rows rows_open(const char *file);

/* The next row; at the end returns false and closes. A bad line ends the program. */
bool rows_next(struct rows *rows, struct row *row);

#endif
