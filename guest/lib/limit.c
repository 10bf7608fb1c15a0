// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cgroup.h"
#include "cpu.h"
#include "file.h"
#include "limit.h"
#include "report.h"
#include "size.h"

/*
 * Pages for one limit_reach(). One of each page table is charged from the start,
 * to hold the table.
 */
#define PAGES	(16 * LIMIT_BATCH)

#define REACH_TRIES	5

/* Pages of address space, every second one for a VMA: kilobytes of objects. */
#define VMAS	128

static long read_number(int fd, const char *after)
{
	char text[256] = "";
	const char *at;

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		fatal("reading the cgroup");
	at = strstr(text, after);
	if (!at)
		fatal("no '%s' in '%s'", after, text);
	return strtol(at + strlen(after), NULL, 10);
}

long limit_usage(const struct limit *l)
{
	return read_number(l->current, "");
}

long limit_hits(const struct limit *l)
{
	return read_number(l->events, "\nmax ");
}

static void set_max(const struct limit *l, long bytes)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%ld", bytes);

	if (pwrite(l->max, text, len, 0) != len)
		fatal("the limit of the cgroup");
}

static char *map(size_t pages, int prot)
{
	size_t size = pages * page_size();
	char *at = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED || madvise(at, size, MADV_NOHUGEPAGE))
		fatal("mapping base pages");
	return at;
}

/* The first of a mapping, or of what a page table maps. */
static bool holds_table(const struct limit *l, size_t page)
{
	return !page ||
	       !((uintptr_t)(l->pages + page * page_size()) % thp_size());
}

struct limit limit_open(void)
{
	bool v1 = cgroup_is_v1();
	/* With O_NONBLOCK it is lowered without a reclaim. */
	struct limit l = {
		.max = cgroup_open(v1 ? "memory.limit_in_bytes" : "memory.max",
				   O_WRONLY | O_NONBLOCK),
		.current = cgroup_open(v1 ? "memory.usage_in_bytes" :
				       "memory.current", O_RDONLY),
		.events = v1 ? -1 : cgroup_open("memory.events", O_RDONLY),
		.pages = map(PAGES, PROT_READ | PROT_WRITE),
		.vmas = map(VMAS, PROT_NONE),
	};

	for (size_t i = 0; i < PAGES; i++)
		if (holds_table(&l, i))
			l.pages[i * page_size()] = 1;
	cpu_stay();
	limit_usage(&l);
	if (!v1)
		limit_hits(&l);
	return l;
}

void limit_charge(struct limit *l, size_t pages)
{
	while (pages) {
		if (l->charged == PAGES)
			fatal("out of base pages");
		if (!holds_table(l, l->charged)) {
			l->pages[l->charged * page_size()] = 1;
			pages--;
		}
		l->charged++;
	}
}

/* Charges pages until a batch is charged, of which all but one are left. */
static size_t begin_batch(struct limit *l)
{
	long before = limit_usage(l);
	size_t pages = 0;

	do {
		limit_charge(l, 1);
		pages++;
	} while (limit_usage(l) == before);
	return pages;
}

/* Charges VMAs until they take a page, most of which is left. */
static bool begin_objects(struct limit *l)
{
	long before = limit_usage(l);

	for (size_t i = 1; i < VMAS - 1; i += 2) {
		if (mprotect(l->vmas + i * page_size(), page_size(), PROT_READ))
			fatal("mprotect");
		if (limit_usage(l) != before)
			return true;
	}
	return false;
}

static void forget_objects(struct limit *l)
{
	if (mprotect(l->vmas, VMAS * page_size(), PROT_NONE))
		fatal("mprotect");
}

/*
 * Usage rises when a batch is charged, and then does not until all of it is used.
 * What is freed meanwhile, and goes back to the batch, spoils the count: then
 * once more.
 */
void limit_reach(struct limit *l, size_t spare)
{
	long filled;
	int tries = 0;

	do {
		if (tries++ == REACH_TRIES)
			fatal("the group does not come to its limit");
		forget_objects(l);
		begin_batch(l);
		limit_charge(l, LIMIT_BATCH - 1);
		if (!begin_objects(l))
			continue;
		filled = limit_usage(l);
		limit_charge(l, LIMIT_BATCH - 1);
		if (limit_usage(l) == filled)
			break;
	} while (true);
	set_max(l, filled + spare * page_size());
}

void limit_lift(struct limit *l)
{
	set_max(l, LONG_MAX);
	for (size_t i = 0; i < l->charged; i++)
		if (!holds_table(l, i) &&
		    madvise(l->pages + i * page_size(), page_size(), MADV_DONTNEED))
			fatal("MADV_DONTNEED");
	l->charged = 0;
	forget_objects(l);
}

long limit_pages_of(struct limit *l, void (*call)(void *arg), void *arg)
{
	long before;
	long pages;

	limit_reach(l, 0);
	set_max(l, LONG_MAX);
	before = limit_usage(l);
	call(arg);
	/* What is left of its last batch is used up. */
	pages = (limit_usage(l) - before) / (long)page_size();
	pages -= begin_batch(l) - 1;
	limit_lift(l);
	return pages;
}

long limit_ooms(void)
{
	if (cgroup_is_v1())
		return cgroup_field("memory.oom_control", "oom_kill");
	return cgroup_field("memory.events", "oom") +
	       cgroup_field("memory.events", "oom_kill") +
	       cgroup_field("memory.events", "oom_group_kill");
}

static void set_score(const char *text)
{
	file_must_write("/proc/self/oom_score_adj", text);
}

static void be_chosen(struct child *me, void *arg)
{
	(void)arg;
	set_score("1000");
	child_pause(me);
}

struct child limit_prey(enum limit_prey prey)
{
	struct child other = { 0 };

	if (prey == LIMIT_NOBODY)
		set_score("-1000");
	if (prey == LIMIT_OTHER) {
		other = child_start(be_chosen, NULL);
		child_wait_pause(&other);
	}
	return other;
}

void limit_end_prey(enum limit_prey prey, struct child *other)
{
	if (prey != LIMIT_OTHER)
		return;
	child_close(other);
	report(!child_reap(other->pid, 45), "the other process was not killed");
}
