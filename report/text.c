// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "text.h"

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
		return format("%.0f", value);
	if (strcmp(unit, "bytes"))
		return grouped(value);
	number = grouped(value / 1024);
	text = format("%s KiB", number);
	free(number);
	return text;
}
