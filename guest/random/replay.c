// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/report.h"
#include "replay.h"

struct replay replay_range(const struct stream *s, unsigned long first,
			   unsigned long last)
{
	struct replay r = { .stream = *s, .count = last - first + 1 };

	r.number = calloc(r.count, sizeof(*r.number));
	if (!r.number)
		fatal("memory");
	for (size_t i = 0; i < r.count; i++)
		r.number[i] = first + i;
	return r;
}

static bool parse_ulong(const char **at, unsigned long *value)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*value = strtoul(*at, &end, 10);
	*at = end;
	return !errno;
}

static bool append(struct replay *r, unsigned long first, unsigned long last)
{
	if (last < first || last - first >= 1000000)
		return false;
	r->number = realloc(r->number,
			    (r->count + last - first + 1) * sizeof(*r->number));
	if (!r->number)
		fatal("memory");
	while (first <= last)
		r->number[r->count++] = first++;
	return true;
}

bool replay_parse(struct replay *r, const char *text)
{
	unsigned long process, first, last;

	*r = (struct replay){ 0 };
	if (!parse_ulong(&text, &r->stream.seed) || *text++ != '/' ||
	    !parse_ulong(&text, &process))
		return false;
	r->stream.process = process;
	r->stream.churn = *text == '+';
	text += r->stream.churn;
	if (*text != ':')
		return false;
	do {
		text++;
		if (!parse_ulong(&text, &first))
			return false;
		last = first;
		if (*text == '-' && (text++, !parse_ulong(&text, &last)))
			return false;
		if (!append(r, first, last))
			return false;
	} while (*text == ',');
	return !*text;
}

bool replay_text(const struct replay *r, char *text, size_t size)
{
	size_t len = snprintf(text, size, "%lu/%u%s", r->stream.seed,
			      r->stream.process, r->stream.churn ? "+" : "");
	char separator = ':';

	for (size_t i = 0; i < r->count && len < size; i++) {
		size_t last = i;

		while (last + 1 < r->count &&
		       r->number[last + 1] == r->number[last] + 1)
			last++;
		len += snprintf(text + len, size - len, "%c%lu", separator,
				r->number[i]);
		if (last > i && len < size)
			len += snprintf(text + len, size - len, "-%lu",
					r->number[last]);
		i = last;
		separator = ',';
	}
	return len < size;
}
