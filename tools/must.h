/* SPDX-License-Identifier: GPL-2.0 */
/* For programs that end where there is no memory, with a line that says so. */
#ifndef TOOLS_MUST_H
#define TOOLS_MUST_H

/* Returns @p, unless it is NULL: then the program ends. */
void *must(void *p);

/* As asprintf(3). The caller frees it. */
char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
