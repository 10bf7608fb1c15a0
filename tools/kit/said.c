// SPDX-License-Identifier: GPL-2.0
/*
 * guest/lib/report.h for a program that is no test: there is no TAP, and what goes wrong
 * in a process of an operation is one line for who started it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../guest/lib/report.h"
#include "kit.h"

static char *kept;
static size_t kept_size;

void said_keep(char *text, size_t size)
{
	kept = text;
	kept_size = size;
}

/* The first one counts: others follow from it. */
static void say(const char *fmt, va_list args, int error)
{
	char text[256];
	int len = vsnprintf(text, sizeof(text), fmt, args);

	if (error && len >= 0 && (size_t)len < sizeof(text))
		snprintf(text + len, sizeof(text) - len, ": %s", strerror(error));
	if (!kept)
		fprintf(stderr, "kit: %s\n", text);
	else if (!*kept)
		snprintf(kept, kept_size, "%s", text);
}

void fatal(const char *fmt, ...)
{
	int error = errno;
	va_list args;

	va_start(args, fmt);
	say(fmt, args, error);
	va_end(args);
	_exit(EXIT_FAILURE);
}

bool report(bool holds, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (!holds)
		say(fmt, args, 0);
	va_end(args);
	return holds;
}

void report_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (kept)
		say(fmt, args, 0);
	va_end(args);
}
