// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "cpu.h"
#include "file.h"
#include "limit.h"
#include "report.h"
#include "size.h"
#include "tables.h"

/*
 * Pages for one limit_reach(). One of each page table is charged from the start,
 * to hold the table.
 */
#define PAGES	(32 * LIMIT_BATCH)

#define REACH_TRIES	5

/* Pages of address space, every second one for a VMA: some pages of objects. */
static size_t vma_pages(void)
{
	return page_size() / 16;
}

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

static void write_number(int fd, long bytes)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%ld", bytes);

	if (pwrite(fd, text, len, 0) != len)
		fatal("writing to the cgroup");
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

/* "2": dentries and inodes; "4": from now on without a word on the console. */
static void write_caches(const struct limit *l, const char *what)
{
	if (pwrite(l->caches, what, 1, 0) != 1)
		fatal("drop_caches");
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
		.drain = cgroup_open(v1 ? "memory.force_empty" : "memory.high",
				     O_WRONLY),
		.events = v1 ? -1 : cgroup_open("memory.events", O_RDONLY),
		.caches = open("/proc/sys/vm/drop_caches",
			       O_WRONLY | O_CLOEXEC),
		.rcu = open("/sys/module/rcutree/parameters/do_rcu_barrier",
			    O_WRONLY | O_CLOEXEC),
		.pages = map(PAGES, PROT_READ | PROT_WRITE),
		.vmas = map(vma_pages(), PROT_NONE),
	};

	write_caches(&l, "4");
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

/* Not where the address space for them is used up. */
static bool split_vma_of_pages(struct limit *l)
{
	if (l->split + 3 > vma_pages())
		return false;
	l->split += 2;
	if (mprotect(l->vmas + (l->split - 1) * page_size(), page_size(),
		     PROT_READ))
		fatal("mprotect");
	return true;
}

/*
 * Charges VMAs until they take a page, and so a batch; how many it took. 0 if none
 * did: a CPU had more in stock than was left of the last batch.
 */
static size_t begin_objects(struct limit *l)
{
	long before = limit_usage(l);
	size_t count = 0;

	do {
		if (!split_vma_of_pages(l))
			return 0;
		count++;
	} while (limit_usage(l) == before);
	return count;
}

static void forget_objects(struct limit *l)
{
	if (mprotect(l->vmas, vma_pages() * page_size(), PROT_NONE))
		fatal("mprotect");
	l->split = 0;
}

/*
 * What was closed or unmapped before, the kernel may free a little later; names
 * of files it keeps until a reclaim finds them, which is to find nothing; and what
 * a CPU has in stock it keeps until a limit is hit.
 */
void limit_settle(const struct limit *l)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

	tables_system();
	/* The first time names lose their marks of use, then go, then inodes. */
	for (int i = 0; i < 4; i++)
		write_caches(l, "2");
	/* Waits for what is freed behind a grace period. */
	if (l->rcu >= 0 && pwrite(l->rcu, "1", 1, 0) != 1)
		fatal("do_rcu_barrier");
	if (l->events < 0) {
		write_number(l->drain, 0);
	} else {
		write_number(l->drain, limit_usage(l) - page_size());
		write_number(l->drain, LONG_MAX);
	}
	nanosleep(&pause, NULL);
}

/*
 * Usage rises when a batch is charged, and then does not until all of it is used.
 * A page of small objects is left half used: full enough for those of a call,
 * and empty enough for those that are freed, or it would be given back. The
 * first pages of them may find some that was freed. What is freed or charged
 * besides shows in usage: false.
 */
static bool fill(struct limit *l, long *filled)
{
	size_t of_a_page = SIZE_MAX;

	forget_objects(l);
	begin_batch(l);
	for (int i = 0; i < 3; i++) {
		size_t count;

		limit_charge(l, LIMIT_BATCH - 1);
		count = begin_objects(l);
		if (!count)
			return false;
		if (i && count < of_a_page)
			of_a_page = count;
	}
	*filled = limit_usage(l);
	limit_charge(l, LIMIT_BATCH - 1);
	for (size_t i = 0; i < of_a_page / 2; i++)
		if (!split_vma_of_pages(l))
			return false;
	return limit_usage(l) == *filled;
}

void limit_reach(struct limit *l, size_t spare)
{
	long filled;

	for (int i = 0; i < REACH_TRIES; i++) {
		if (fill(l, &filled)) {
			write_number(l->max, filled + spare * page_size());
			return;
		}
	}
	fatal("the cgroup does not come to its limit");
}

void limit_lift(struct limit *l)
{
	write_number(l->max, LONG_MAX);
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

	limit_settle(l);
	limit_reach(l, 0);
	write_number(l->max, LONG_MAX);
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
