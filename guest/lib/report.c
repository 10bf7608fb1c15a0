// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report.h"

#define LINE_MAX_BYTES	512
#define TEXT_MAX_BYTES	256
#define PREFIX_DEPTH	8

/* In a variadic function, what it was told: @fmt is its last argument with a name. */
#define FORMAT(text, fmt)					\
	do {							\
		va_list args;					\
		va_start(args, fmt);				\
		vsnprintf(text, sizeof(text), fmt, args);	\
		va_end(args);					\
	} while (0)

/* Shared by every process of the run. */
static struct {
	atomic_uint count;
	atomic_uint failures;
} *totals;

static bool muted;
static const char *prefixes[PREFIX_DEPTH];
static unsigned int depth;

void report_init(void)
{
	totals = mmap(NULL, sizeof(*totals), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (totals == MAP_FAILED)
		abort();
}

/* One write() a line: lines of two processes never mix. */
static void put_line(const char *head, const char *text, const char *tail)
{
	char line[LINE_MAX_BYTES];
	size_t len;
	ssize_t done;

	if (muted)
		return;
	snprintf(line, sizeof(line) - 1, "%s%s%s", head, text, tail);
	len = strlen(line);
	line[len++] = '\n';
	for (size_t at = 0; at < len; at += done) {
		done = write(STDOUT_FILENO, line + at, len - at);
		if (done < 0)
			_exit(EXIT_FAILURE);
	}
}

static void put_prefixed(bool ok, const char *text, const char *tail)
{
	char head[LINE_MAX_BYTES];
	size_t len;

	if (muted)
		return;
	len = snprintf(head, sizeof(head), "%s %u - ", ok ? "ok" : "not ok",
		       atomic_fetch_add(&totals->count, 1) + 1);
	for (unsigned int i = 0; i < depth; i++)
		len += snprintf(head + len, sizeof(head) - len, "%s%s",
				prefixes[i],
				i + 1 < depth || *text ? ": " : "");
	if (!ok)
		atomic_fetch_add(&totals->failures, 1);
	put_line(head, text, tail);
}

bool report(bool holds, const char *fmt, ...)
{
	char text[TEXT_MAX_BYTES];

	FORMAT(text, fmt);
	put_prefixed(holds, text, "");
	return holds;
}

void report_skip(const char *why, ...)
{
	char text[TEXT_MAX_BYTES];
	char tail[TEXT_MAX_BYTES + 8];

	FORMAT(text, why);
	snprintf(tail, sizeof(tail), " # SKIP %s", text);
	put_prefixed(true, "", tail);
}

void report_note(const char *fmt, ...)
{
	char text[TEXT_MAX_BYTES];

	FORMAT(text, fmt);
	put_line("# ", text, "");
}

void report_raw(const char *fmt, ...)
{
	char text[TEXT_MAX_BYTES];

	FORMAT(text, fmt);
	put_line("", text, "");
}

void fatal(const char *fmt, ...)
{
	int error = errno;
	char text[TEXT_MAX_BYTES];

	FORMAT(text, fmt);
	put_prefixed(false, text, "");
	report_note("%s: %s", text, strerror(error));
	_exit(EXIT_FAILURE);
}

void report_mute(bool mute)
{
	muted = mute;
}

void report_prefix_push(const char *prefix)
{
	if (depth == PREFIX_DEPTH)
		abort();
	prefixes[depth++] = prefix;
}

void report_prefix_pop(void)
{
	if (!depth)
		abort();
	depth--;
}

unsigned int report_count(void)
{
	return atomic_load(&totals->count);
}

unsigned int report_failures(void)
{
	return atomic_load(&totals->failures);
}

void report_plan(void)
{
	char text[32];

	snprintf(text, sizeof(text), "1..%u", report_count());
	put_line(text, "", "");
}
