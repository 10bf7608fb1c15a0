// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "file.h"
#include "report.h"
#include "size.h"

#define NTH	"/proc/thread-self/fail-nth"
#define ME	"/proc/self/make-it-fail"
#define PAGES	"/sys/kernel/debug/fail_page_alloc/"
#define SLAB	"/sys/kernel/debug/failslab/"

/*
 * What fail-nth would count, too, and where nothing is lost: a mempool has a
 * reserve. Linux 7.3 has these.
 */
static const char *const harmless[] = {
	"/sys/kernel/debug/fail_mempool_alloc/",
	"/sys/kernel/debug/fail_mempool_alloc_bulk/",
};

/* Frames of a call: the kernel looks at no more. */
#define DEPTH	"32"

/* Bytes of stack that no call of a test needs: two of the largest pages. */
#define OWN_STACK	(128 * 1024)

static const char *const sites[] = { PAGES, SLAB };

static void set(const char *site, const char *file, const char *value)
{
	char path[96];

	snprintf(path, sizeof(path), "%s%s", site, file);
	file_must_write(path, value);
}

static void set_all(const char *file, const char *value)
{
	for (size_t i = 0; i < sizeof(sites) / sizeof(sites[0]); i++)
		set(sites[i], file, value);
}

static void set_range(const char *what, uintptr_t start, uintptr_t end)
{
	char file[32];
	char value[32];

	snprintf(file, sizeof(file), "%s-start", what);
	snprintf(value, sizeof(value), "%#lx", (unsigned long)start);
	set_all(file, value);
	snprintf(file, sizeof(file), "%s-end", what);
	snprintf(value, sizeof(value), "%#lx", (unsigned long)end);
	set_all(file, value);
}

/* No call comes from an empty range. */
static void spare_harmless(void)
{
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (!access(harmless[i], F_OK)) {
			set(harmless[i], "stacktrace-depth", DEPTH);
			set(harmless[i], "require-end", "0");
		}
}

bool fail_possible(void)
{
	return !access(NTH, F_OK) && !access(PAGES "require-start", F_OK) &&
	       !access(SLAB "require-start", F_OK);
}

const char *fail_missing(void)
{
	return fail_possible() ? NULL :
	       "this kernel cannot fail allocations on purpose";
}

/* From the symbol to the next one: /proc/kallsyms is in order of address. */
static void find(const char *function, uintptr_t *start, uintptr_t *end)
{
	FILE *symbols = fopen("/proc/kallsyms", "re");
	char line[512];
	char name[256];
	unsigned long at;

	if (!symbols)
		fatal("opening /proc/kallsyms");
	*start = 0;
	*end = 0;
	while (!*end && fgets(line, sizeof(line), symbols)) {
		if (sscanf(line, "%lx %*c %255s", &at, name) != 2)
			continue;
		if (*start && at > *start)
			*end = at;
		else if (!*start && !strcmp(name, function))
			*start = at;
	}
	fclose(symbols);
	if (!*end)
		fatal("no function %s in /proc/kallsyms", function);
}

void fail_aim(enum fail_aim aim, const char *function)
{
	uintptr_t start = 0;
	uintptr_t end = UINTPTR_MAX;

	spare_harmless();
	set_all("verbose", "0");
	set_all("probability", "0");
	set_all("times", "-1");
	set_all("ignore-gfp-wait", "N");
	set(PAGES, "ignore-gfp-highmem", "N");
	set(PAGES, "min-order", "0");
	set(SLAB, "cache-filter", "N");
	set_all("stacktrace-depth", DEPTH);
	set_range("require", 0, UINTPTR_MAX);
	set_range("reject", 0, 0);
	if (aim == FAIL_ANY)
		return;
	find(function, &start, &end);
	set_range(aim == FAIL_INSIDE ? "require" : "reject", start, end);
}

/* Opened once a process: opening it is a matter of allocations, too. */
struct own_file {
	const char *path;
	pid_t owner;
	int fd;
};

static int own_file(struct own_file *file)
{
	if (file->owner != getpid()) {
		if (file->owner)
			close(file->fd);
		file->fd = open(file->path, O_RDWR | O_CLOEXEC);
		if (file->fd < 0)
			fatal("opening %s", file->path);
		file->owner = getpid();
	}
	return file->fd;
}

static struct own_file nth_file = { .path = NTH };
static struct own_file me_file = { .path = ME };

void fail_nth(unsigned int nth)
{
	int fd = own_file(&nth_file);
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fd, text, len, 0) != len)
		fatal("writing " NTH);
}

bool fail_nth_end(void)
{
	int fd = own_file(&nth_file);
	char text[16] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0 ||
	    pwrite(fd, "0", 1, 0) != 1)
		fatal("reading " NTH);
	return !atoi(text);
}

/*
 * After fork() the stack is the parent's until it is written: a fault that can
 * fail, wherever a call first comes to another page of it.
 */
static void own_stack(void)
{
	volatile char stack[OWN_STACK];

	for (size_t i = 0; i < sizeof(stack); i += page_size())
		stack[i] = 0;
}

void fail_me(bool on)
{
	if (on)
		own_stack();
	if (write(own_file(&me_file), on ? "1" : "0", 1) != 1)
		fatal("writing " ME);
}

void fail_always(unsigned int percent, bool all)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", percent);
	set_all("task-filter", all ? "N" : "Y");
	set_all("probability", text);
}

void fail_from_order(unsigned int order)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", order);
	set(PAGES, "min-order", text);
	/* A cache must be marked to fail, and none is. */
	set(SLAB, "cache-filter", order ? "Y" : "N");
}

void fail_pages(unsigned int most)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", most);
	set(PAGES, "times", text);
	set(SLAB, "times", "0");
}

void fail_huge(bool on)
{
	if (on) {
		fail_aim(FAIL_ANY, NULL);
		fail_from_order(1);
		fail_me(true);
		fail_always(100, false);
	} else {
		fail_always(0, false);
		fail_me(false);
		fail_from_order(0);
	}
}
