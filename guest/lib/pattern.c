// SPDX-License-Identifier: GPL-2.0
#include "pattern.h"
#include "report.h"
#include "size.h"

/* splitmix64: neighbouring words share nothing. */
static uint64_t word(uint64_t seed, size_t page, size_t index)
{
	uint64_t x = (seed << 40) + page * page_size() + index * 8;

	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

void pattern_fill(void *addr, size_t pages, uint64_t seed, size_t first)
{
	size_t words = page_size() / sizeof(uint64_t);
	uint64_t *at = addr;

	for (size_t page = first; page < first + pages; page++)
		for (size_t i = 0; i < words; i++)
			*at++ = word(seed, page, i);
}

static bool same(const uint64_t *at, uint64_t want, size_t page)
{
	if (*at == want)
		return true;
	report_note("page %zu at %p: %#llx where %#llx was expected", page,
		    (const void *)at, (unsigned long long)*at,
		    (unsigned long long)want);
	return false;
}

bool pattern_holds(const void *addr, size_t pages, uint64_t seed, size_t first)
{
	size_t words = page_size() / sizeof(uint64_t);
	const uint64_t *at = addr;

	for (size_t page = first; page < first + pages; page++)
		for (size_t i = 0; i < words; i++)
			if (!same(at++, word(seed, page, i), page))
				return false;
	return true;
}

bool pattern_zero(const void *addr, size_t pages)
{
	size_t words = page_size() / sizeof(uint64_t);
	const uint64_t *at = addr;

	for (size_t page = 0; page < pages; page++)
		for (size_t i = 0; i < words; i++)
			if (!same(at++, 0, page))
				return false;
	return true;
}
