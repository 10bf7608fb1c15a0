// SPDX-License-Identifier: GPL-2.0
/*
 * Whatever splits a THP, a memory cgroup at its limit is no reason that it
 * fails, that a process is killed, or that it is not done: the table was charged
 * when the THP was mapped, or is charged without asking. Beside what is here
 * the operations of the tests that make them fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../lib/test.h"
#include "../lib/uapi.h"

#define KSM		"/sys/kernel/mm/ksm/"
#define KSM_TRIES	2000
#define STACK_PAGES	16
#define TARGET		8	/* page of the target that is moved to */

static const char *const tables[] = {
	"fail-vma", "fail-advice", "fail-fault", "fail-uffd", "fail-uffd-rwp",
	"fail-folio", "limit-calls",
};

static int result(long ret)
{
	return ret < 0 ? errno : 0;
}

static const char *async_missing(void)
{
	return uffd_has(UFFD_FEATURE_WP_ASYNC) ? NULL :
	       "this kernel has no asynchronous write-protection";
}

/* A pipe that holds what the page begins with. */
static void fill_pipe(struct scene *s)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) || write(ends[1], s->at, 1) != 1)
		fatal("pipe");
	close(ends[1]);
	s->value = ends[0];
	scene_watch_writes(s);
}

static int call_read(struct scene *s)
{
	return result(read(s->value, s->at, 1));
}

static void unwatch_and_close(struct scene *s)
{
	close(s->value);
	scene_unwatch(s);
}

static volatile sig_atomic_t signals;

static void on_signal(int sig)
{
	(void)sig;
	signals++;
}

static void set_stack(char *at, int flags)
{
	const stack_t stack = {
		.ss_sp = at,
		.ss_size = STACK_PAGES * page_size(),
		.ss_flags = flags,
	};

	if (sigaltstack(&stack, NULL))
		fatal("sigaltstack");
}

static void stack_in_region(struct scene *s)
{
	const struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = SA_ONSTACK,
	};

	signals = 0;
	if (sigaction(SIGUSR1, &action, NULL))
		fatal("sigaction");
	set_stack(s->at, 0);
	scene_watch_writes(s);
}

static int call_signal(struct scene *s)
{
	(void)s;
	return result(kill(getpid(), SIGUSR1));
}

static bool signal_came(struct scene *s)
{
	size_t first = (s->at - s->r.base) / page_size();
	size_t end = first + STACK_PAGES;

	return signals == 1 && region_holds(&s->r, 0, first) &&
	       region_holds(&s->r, end, thp_pages() - end);
}

static void unwatch_and_leave_stack(struct scene *s)
{
	set_stack(s->at, SS_DISABLE);
	scene_unwatch(s);
}

/* Base pages, so that the page table for the target is there. */
static void map_target(struct scene *s)
{
	if (mmap(s->target, thp_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE |
		 MAP_ANONYMOUS | MAP_FIXED, -1, 0) != s->target ||
	    madvise(s->target, thp_size(), MADV_NOHUGEPAGE))
		fatal("mapping the target");
	*s->target = 1;
}

static char *target_page(const struct scene *s)
{
	return s->target + TARGET * page_size();
}

/* MREMAP_FIXED unmaps what was there: let nothing be. */
static void leave_hole(struct scene *s)
{
	map_target(s);
	if (munmap(target_page(s), page_size()))
		fatal("munmap");
}

static int call_mremap(struct scene *s)
{
	void *at = mremap(s->at, page_size(), page_size(),
			  MREMAP_MAYMOVE | MREMAP_FIXED, target_page(s));

	return at == MAP_FAILED ? errno : 0;
}

static bool page_moved(struct scene *s)
{
	size_t page = (s->at - s->r.base) / page_size();

	return !(pagemap_entry(s->at) & PAGEMAP_PRESENT) &&
	       scene_rest_intact(s) &&
	       pattern_holds(target_page(s), 1, s->r.seed, page);
}

static void watch_target(struct scene *s)
{
	s->fd = uffd_open(UFFD_FEATURE_MOVE);
	if (s->fd < 0)
		fatal("userfaultfd");
	map_target(s);
	uffd_register(s->fd, s->target, thp_size(),
		      UFFDIO_REGISTER_MODE_MISSING);
}

static int call_uffd_move(struct scene *s)
{
	return uffd_move(s->fd, target_page(s), s->at, page_size()) ==
	       (long)page_size() ? 0 : errno;
}

static const char *ksm_missing(void)
{
	return access(KSM "run", F_OK) ? "this kernel has no KSM" : NULL;
}

static long pages_sharing(const struct scene *s)
{
	char text[24] = "";

	return pread(s->fd, text, sizeof(text) - 1, 0) > 0 ?
		strtol(text, NULL, 10) : -1;
}

/* The page and the next are alike; the kernel is to find that out. */
static void two_alike(struct scene *s)
{
	size_t page = (s->at - s->r.base) / page_size();

	pattern_fill(s->at + page_size(), 1, s->r.seed, page);
	file_must_write(KSM "pages_to_scan", "10000");
	file_must_write(KSM "sleep_millisecs", "1");
	if (madvise(s->r.base, thp_size(), MADV_MERGEABLE))
		fatal("MADV_MERGEABLE");
	s->value = open(KSM "run", O_WRONLY | O_CLOEXEC);
	s->fd = open(KSM "pages_sharing", O_RDONLY | O_CLOEXEC);
	/* The first read of a file is charged for a buffer. */
	if (s->value < 0 || s->fd < 0 || pages_sharing(s) < 0)
		fatal("opening " KSM);
}

static int call_ksm(struct scene *s)
{
	const struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };
	bool merged = false;

	if (pwrite(s->value, "1", 1, 0) != 1)
		return errno;
	for (int i = 0; i < KSM_TRIES && !merged; i++) {
		nanosleep(&pause, NULL);
		merged = pages_sharing(s) > 0;
	}
	if (pwrite(s->value, "0", 1, 0) != 1)
		return errno;
	return merged ? 0 : ETIME;
}

static bool two_merged(struct scene *s)
{
	size_t page = (s->at - s->r.base) / page_size();

	return region_holds(&s->r, 0, page + 1) &&
	       pattern_holds(s->at + page_size(), 1, s->r.seed, page) &&
	       region_holds(&s->r, page + 2, thp_pages() - page - 2);
}

/* What was merged is copied again. */
static void unmerge(struct scene *s)
{
	if (pwrite(s->value, "2", 1, 0) != 1 ||
	    pwrite(s->value, "0", 1, 0) != 1)
		fatal("unmerging");
	close(s->value);
	close(s->fd);
}

static const struct sweep calls[] = {
	{ "read from a pipe into a THP protected by userfaultfd",
	  .missing = async_missing, .set_up = fill_pipe, .call = call_read,
	  .tear_down = unwatch_and_close },
	{ "signal on a stack protected by userfaultfd",
	  .missing = async_missing, .set_up = stack_in_region,
	  .call = call_signal, .done = signal_came,
	  .tear_down = unwatch_and_leave_stack },
	{ "mremap of a page away", .set_up = leave_hole, .call = call_mremap,
	  .done = page_moved },
	{ "UFFDIO_MOVE of a page", .missing = uffd_move_missing,
	  .set_up = watch_target, .call = call_uffd_move, .done = page_moved,
	  .tear_down = scene_unwatch },
	{ "KSM of two pages", .missing = ksm_missing,
	  .set_up = two_alike, .call = call_ksm, .done = two_merged,
	  .tear_down = unmerge },
};

SWEEPS_AT_LIMIT("limit-calls", calls)

TEST("limit-calls")
{
	if (!cgroup_make_or_skip())
		return;
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		sweeps_at_limit(tables[i], LIMIT_NOBODY);
	cgroup_remove();
}
