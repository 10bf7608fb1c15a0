/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a test says: TAP lines on standard output. Lines are numbered across
 * all processes of a run, so a child reports like its parent.
 */
#ifndef GUEST_REPORT_H
#define GUEST_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* To be called once, before the first fork. */
void report_init(void);

/* "ok N - prefix: what holds"; returns @holds. */
bool report(bool holds, const char *fmt, ...) PRINTF(2, 3);

/* "ok N - prefix # SKIP why" */
void report_skip(const char *why, ...) PRINTF(1, 2);

/* A line that begins with '#': what was seen, for whoever reads a failure. */
void report_note(const char *fmt, ...) PRINTF(1, 2);

/* A line that is not TAP: the demo's figures. */
void report_raw(const char *fmt, ...) PRINTF(1, 2);

/*
 * The set-up of a test failed: reported as "not ok" with the text of errno,
 * and the calling process ends.
 */
_Noreturn void fatal(const char *fmt, ...) PRINTF(1, 2);

/* Says and counts nothing from now on, in this process and its children. */
void report_mute(bool mute);

void report_prefix_push(const char *prefix);
void report_prefix_pop(void);

/* Lines reported so far by all processes, and those that were "not ok". */
unsigned int report_count(void);
unsigned int report_failures(void);

/* "1..N": the plan, once every test has run. */
void report_plan(void);

#endif
