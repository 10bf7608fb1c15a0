// SPDX-License-Identifier: GPL-2.0
/*
 * thpfill - fill memory with huge pages, and read it back
 *
 * What a service of vm/cloud-guest runs: it maps MIB MiB, asks for THPs, writes
 * another word to each 4 KiB, and then reads all of them twice. Where its cgroup
 * holds less than that, reclaim has split and swapped meanwhile. Exit status 0
 * and one line when every word is there and THPs were; else 1 and what was not.
 */
#define _GNU_SOURCE
#include <err.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_SIZE	(2ul << 20)
#define STEP		4096ul

/* KiB of THPs that this process has mapped. */
static unsigned long huge_kib(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "re");
	unsigned long kib = 0;
	char line[256];

	if (!f)
		err(EXIT_FAILURE, "/proc/self/smaps_rollup");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "AnonHugePages: %lu kB", &kib) == 1)
			break;
	fclose(f);
	return kib;
}

static uint64_t word_at(size_t at)
{
	return 0x9e3779b97f4a7c15u * (at + 1);
}

int main(int argc, char **argv)
{
	unsigned long mib = argc == 2 ? strtoul(argv[1], NULL, 10) : 0, most = 0;
	size_t size = mib << 20;
	char *map, *p;

	if (!mib || mib > 1ul << 20 || mib % 2)
		errx(EXIT_FAILURE, "usage: thpfill MIB, an even number");
	map = mmap(NULL, size + HUGE_SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		err(EXIT_FAILURE, "mmap");
	p = (char *)(((uintptr_t)map + HUGE_SIZE - 1) & ~(HUGE_SIZE - 1));
	if (madvise(p, size, MADV_HUGEPAGE))
		err(EXIT_FAILURE, "madvise");

	for (size_t at = 0; at < size; at += STEP) {
		uint64_t word = word_at(at);

		memcpy(p + at, &word, sizeof(word));
		if (at % HUGE_SIZE == 0 && huge_kib() > most)
			most = huge_kib();
	}
	for (int round = 0; round < 2; round++) {
		for (size_t at = 0; at < size; at += STEP) {
			uint64_t word;

			memcpy(&word, p + at, sizeof(word));
			if (word != word_at(at))
				errx(EXIT_FAILURE, "at %zu KiB stands %" PRIx64 ", not what was written",
				     at >> 10, word);
		}
	}
	if (!most)
		errx(EXIT_FAILURE, "no THP in %lu MiB", mib);
	printf("%lu MiB read back, in up to %lu THPs at a time\n", mib, most / 2048);
	return EXIT_SUCCESS;
}
