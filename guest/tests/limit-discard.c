// SPDX-License-Identifier: GPL-2.0
/*
 * Who gives back a part of a THP at the limit of a memory cgroup gets that done,
 * whoever could be killed for a page table: neither the caller nor another is.
 * Nor is anyone where the whole machine has no memory but what is given back.
 * Beside these the operations of fail-zap.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../lib/test.h"

/* THPs, of which two are not given back whole. */
#define LARGE	17
#define GIB	513	/* of 2 MiB: the others are a GiB, but 2 MiB */
#define SHARED	128

static int result(long ret)
{
	return ret < 0 ? errno : 0;
}

/* Not a THP begins or ends where it does. */
static int advise_unaligned(struct scene *s, int advice)
{
	size_t pages = s->r.thps * thp_pages() - 8;

	return result(madvise(region_page(&s->r, 3), pages * page_size(),
			      advice));
}

static bool edges_intact(struct scene *s)
{
	size_t end = s->r.thps * thp_pages() - 5;

	return region_holds(&s->r, 0, 3) && region_holds(&s->r, end, 5);
}

static int call_dontneed_unaligned(struct scene *s)
{
	return advise_unaligned(s, MADV_DONTNEED);
}

static bool all_but_edges_zero(struct scene *s)
{
	size_t pages = s->r.thps * thp_pages() - 8;

	return edges_intact(s) && pattern_zero(region_page(&s->r, 3), pages);
}

static int call_guard_unaligned(struct scene *s)
{
	return advise_unaligned(s, MADV_GUARD_INSTALL);
}

static bool all_but_edges_guarded(struct scene *s)
{
	size_t last = s->r.thps * thp_pages() - 6;

	return edges_intact(s) && !can_read(region_page(&s->r, 3)) &&
	       !can_read(region_page(&s->r, last)) && !can_read(s->at);
}

static void be_ready_to_fail(struct scene *s)
{
	(void)s;
	fail_aim(FAIL_ANY, NULL);
	fail_always(100, false);
	/* So that its own file and stack are there. */
	fail_me(true);
	fail_me(false);
}

static int call_while_all_fail(struct scene *s)
{
	int error;

	fail_me(true);
	error = advise_unaligned(s, MADV_DONTNEED);
	fail_me(false);
	return error;
}

static void fail_no_more(struct scene *s)
{
	(void)s;
	fail_always(0, false);
}

static void share(struct scene *s)
{
	scene_share(s, 1);
}

static int call_page_of_each(struct scene *s)
{
	int error = 0;

	for (size_t i = 0; i < s->r.thps && !error; i++)
		error = result(madvise(region_page(&s->r, i * thp_pages() + 7),
				       page_size(), MADV_DONTNEED));
	return error;
}

static bool page_of_each_zero(struct scene *s)
{
	for (size_t i = 0; i < s->r.thps; i++) {
		size_t page = i * thp_pages();

		if (!region_holds(&s->r, page, 7) ||
		    !pattern_zero(region_page(&s->r, page + 7), 1) ||
		    !region_holds(&s->r, page + 8, thp_pages() - 8))
			return false;
	}
	return true;
}

static int call_dontneed(struct scene *s)
{
	return result(madvise(s->at, page_size(), MADV_DONTNEED));
}

static long process_madvise_self(int pidfd, void *at, size_t size)
{
	struct iovec range = { .iov_base = at, .iov_len = size };

	return syscall(SYS_process_madvise, pidfd, &range, 1, MADV_DONTNEED, 0);
}

static int open_self(void)
{
	int fd = syscall(SYS_pidfd_open, getpid(), 0);

	if (fd < 0)
		fatal("pidfd_open");
	return fd;
}

static const char *process_madvise_missing(void)
{
	int fd = open_self();
	long ret = process_madvise_self(fd, NULL, 0);

	close(fd);
	return ret ? "this kernel's process_madvise() discards nothing" : NULL;
}

static void open_pidfd(struct scene *s)
{
	s->fd = open_self();
}

static int call_process_madvise(struct scene *s)
{
	long ret = process_madvise_self(s->fd, s->at, page_size());

	return ret == (long)page_size() ? 0 : errno;
}

static void close_pidfd(struct scene *s)
{
	close(s->fd);
}

static const struct sweep discards[] = {
	{ "MADV_DONTNEED of a large unaligned range", .thps = GIB,
	  .call = call_dontneed_unaligned, .done = all_but_edges_zero },
	{ "the same while every allocation fails", .thps = LARGE,
	  .missing = fail_missing,
	  .set_up = be_ready_to_fail, .call = call_while_all_fail,
	  .finish = fail_no_more, .done = all_but_edges_zero },
	{ "MADV_GUARD_INSTALL in an unaligned range", .thps = 2,
	  .missing = guards_missing,
	  .call = call_guard_unaligned, .done = all_but_edges_guarded },
	{ "MADV_DONTNEED of a page of each of many shared THPs", .thps = SHARED,
	  .set_up = share, .call = call_page_of_each,
	  .done = page_of_each_zero },
	{ "MADV_DONTNEED in the huge zero page",
	  .set_up = scene_huge_zero, .call = call_dontneed,
	  .done = scene_zero },
	{ "process_madvise of a page", .missing = process_madvise_missing,
	  .set_up = open_pidfd, .call = call_process_madvise,
	  .done = scene_zero, .tear_down = close_pidfd },
};

SWEEPS_AT_LIMIT("limit-discard", discards)

static void discard_at_limit(enum limit_prey prey)
{
	sweeps_at_limit("fail-zap", prey);
	sweeps_at_limit("limit-discard", prey);
}

#define WATERMARK	"/proc/sys/vm/min_free_kbytes"
#define KEEP		"/proc/sys/vm/percpu_pagelist_high_fraction"

static void set(const char *file, long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", value);
	file_must_write(file, text);
}

/*
 * What is free is less than the lowest watermark, until a quarter is given back:
 * a table that is taken before has somebody killed.
 */
static void with_no_memory_but_that(void)
{
	struct region r = region_of_thps(LARGE, 1);
	size_t pages = LARGE * thp_pages() - 8;
	long missing = LARGE / 4 * thp_size() / 1024;
	long watermark = file_number(WATERMARK);
	long ooms = vmstat("oom_kill");
	int error;

	cpu_stay();
	set(WATERMARK, file_field("/proc/meminfo", "MemFree:") + missing);
	error = result(madvise(region_page(&r, 3), pages * page_size(),
			       MADV_DONTNEED));
	set(WATERMARK, watermark);
	report(!error, "succeeds");
	report(vmstat("oom_kill") == ooms, "nobody is killed");
	report(region_holds(&r, 0, 3) && region_holds(&r, 3 + pages, 5) &&
	       pattern_zero(region_page(&r, 3), pages), "contents");
}

static void discard_without_memory(void)
{
	long watermark = file_number(WATERMARK);

	/* What a CPU keeps for itself is not free for long. */
	set(KEEP, INT_MAX);
	CASE(with_no_memory_but_that);
	set(KEEP, 0);
	set(WATERMARK, watermark);
}

TEST("limit-discard")
{
	discard_without_memory();
	if (!cgroup_make_or_skip())
		return;
	discard_at_limit(LIMIT_NOBODY);
	discard_at_limit(LIMIT_CALLER);
	discard_at_limit(LIMIT_OTHER);
	cgroup_remove();
}
