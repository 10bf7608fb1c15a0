// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "fuzz.h"

static const char *const words[] = {
	"18446744073709551615", "18446744073709551616", "18014398509481984 kB", "-1", "0", " kB",
	"AnonHugePages:", "VmPTE:\t", "thp_split_pmd ", "Name:\t", "0::/", "1:memory:/", ",memory",
	"anon_thp ", "cgroup.memory=", "nokmem,", "ffffffffffffffff-",
	"{\"machine\":{", "\"system\":{", "\"gain\":1e999", "Uid:\t1\t2\t",
	"7f0000000000-7f0000200000 rw-p 00000000 00:00 0", "/dev/zero", ":", "\n", "", " ",
};

/* xorshift64: the same numbers on every machine. */
static uint64_t next(uint64_t *seed, uint64_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed % below;
}

static void insert(uint8_t *data, size_t *size, size_t room, size_t at, const char *word, size_t len)
{
	if (*size + len > room)
		return;
	memmove(data + at + len, data + at, *size - at);
	memcpy(data + at, word, len);
	*size += len;
}

void mutate(uint8_t *data, size_t *size, size_t room, uint64_t *seed)
{
	for (uint64_t i = next(seed, 8); i < 8; i++) {
		size_t at = next(seed, *size + 1);
		const char *word = words[next(seed, sizeof(words) / sizeof(words[0]))];
		size_t len = *size - at;

		switch (next(seed, 4)) {
		case 0:
			if (len)
				data[at] ^= 1 << next(seed, 8);
			break;
		case 1:
			len = len ? next(seed, len) : 0;
			memmove(data + at, data + at + len, *size - at - len);
			*size -= len;
			break;
		case 2:
			/* The NUL, too, where the word is empty. */
			insert(data, size, room, at, word, *word ? strlen(word) : 1);
			break;
		case 3:
			if (at && at + len / 2 <= *size)
				memmove(data + at - 1, data + at, len / 2);
			break;
		}
	}
}
