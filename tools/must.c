// SPDX-License-Identifier: GPL-2.0
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "must.h"

void *must(void *p)
{
	if (!p)
		errx(EXIT_FAILURE, "out of memory");
	return p;
}

char *format(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		errx(EXIT_FAILURE, "out of memory");
	va_end(args);
	return text;
}
