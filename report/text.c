// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <err.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "text.h"

char *formatted(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		errx(EXIT_FAILURE, "out of memory");
	va_end(args);
	return text;
}

/* 1234567 as 1,234,567 */
static char *grouped(double value)
{
	char digits[32], text[48], *out = text;
	int len = snprintf(digits, sizeof(digits), "%.0f", fabs(value));

	if (value < 0)
		*out++ = '-';
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*out++ = ',';
		*out++ = digits[i];
	}
	*out = '\0';
	return must(strdup(text));
}

char *amount_text(double value, const char *unit, bool plain)
{
	char *number, *text;

	if (isnan(value))
		return NULL;
	if (plain)
		return formatted("%.0f", value);
	if (strcmp(unit, "bytes"))
		return grouped(value);
	number = grouped(value / 1024);
	text = formatted("%s KiB", number);
	free(number);
	return text;
}
