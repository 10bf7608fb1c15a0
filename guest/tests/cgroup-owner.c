// SPDX-License-Identifier: GPL-2.0
/*
 * Whoever splits a PMD of another process, the PTE table is charged to the
 * memory cgroup of that process; and nothing is left there when it exits.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../lib/test.h"

#define THPS		4
#define SWAP_SIZE	(16 * THPS * thp_size())
#define OWNER		"test"
#define SPLITTER	"splitter"

static long read_pagetables(void)
{
	return cgroup_field("memory.stat", "pagetables");
}

/* Small changes show in memory.stat when a worker of the kernel has come by. */
static void wait_for_flush(void)
{
	const struct timespec period = { .tv_sec = 2, .tv_nsec = 500 * 1000 * 1000 };

	nanosleep(&period, NULL);
}

static long pagetables_of(const char *group)
{
	cgroup_use(group);
	return read_pagetables();
}

static void owner(struct child *me, void *arg)
{
	struct region *r = arg;

	cgroup_use(OWNER);
	cgroup_join();
	/* What the fork copied is its parent's: this makes it its own. */
	region_map(r, 0, THPS);
	region_fill(r, 1);
	child_pause(me);
	report(region_intact(r), "contents");
	child_pause(me);
}

/* Splits all THPs of @pid, which is in another group. */
typedef void (*splitter)(pid_t pid, const struct region *r);

static void split_by(splitter split)
{
	struct region r = region_reserve(THPS);
	struct tables before;
	struct child c;
	long own, other;
	long want;

	cgroup_use(SPLITTER);
	cgroup_join();
	c = child_start(owner, &r);
	child_wait_pause(&c);
	before = tables_read(c.pid);
	wait_for_flush();
	own = pagetables_of(SPLITTER);
	other = pagetables_of(OWNER);
	split(c.pid, &r);
	report_process_tables(&before, tables_if_split(THPS), "split");
	wait_for_flush();
	want = other + tables_if_split(THPS) * table_size();
	cgroup_use(OWNER);
	if (!report(settle(read_pagetables, want) == want,
		    "the owner's group pays for the tables"))
		report_note("pagetables was %ld, is %ld, should be %ld bytes",
			    other, read_pagetables(), want);
	cgroup_use(SPLITTER);
	if (!report(settle(read_pagetables, own) == own,
		    "the splitter's group does not"))
		report_note("pagetables was %ld, is %ld bytes", own,
			    read_pagetables());
	child_go(&c);
	child_wait_pause(&c);
	child_go(&c);
	child_end(&c);
	wait_for_flush();
	cgroup_use(OWNER);
	report(settle(read_pagetables, 0) == 0,
	       "no page table is left in the group after exit");
	report(cgroup_field("memory.stat", "anon") == 0,
	       "no anonymous memory is");
}

static void debugfs(pid_t pid, const struct region *r)
{
	split_folios_of(pid, r->base, THPS * thp_size());
}

static void advise(pid_t pid, const struct region *r, int advice)
{
	int fd = syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		fatal("pidfd_open");
	for (size_t i = 0; i < THPS; i++) {
		struct iovec page = {
			.iov_base = region_page(r, i * thp_pages() + 1),
			.iov_len = page_size(),
		};

		if (syscall(SYS_process_madvise, fd, &page, 1, advice, 0) !=
		    (long)page_size())
			fatal("process_madvise");
	}
	close(fd);
}

static void cold(pid_t pid, const struct region *r)
{
	advise(pid, r, MADV_COLD);
}

static void pageout(pid_t pid, const struct region *r)
{
	advise(pid, r, MADV_PAGEOUT);
}

static void reclaim(pid_t pid, const struct region *r)
{
	long tables = tables_process(pid) + tables_if_split(THPS) * table_size();

	(void)r;
	cgroup_use(OWNER);
	/* The first passes only age the pages. */
	for (int i = 0; tables_process(pid) < tables && i < 20; i++)
		cgroup_reclaim();
}

static void by_debugfs(void)
{
	split_by(debugfs);
}

static void by_process_madvise_cold(void)
{
	split_by(cold);
}

static void by_process_madvise_pageout(void)
{
	split_by(pageout);
}

static void by_memory_reclaim(void)
{
	split_by(reclaim);
}

TEST("cgroup-owner")
{
	if (!cgroup_make_for_tables())
		return;
	cgroup_use(SPLITTER);
	cgroup_make();
	CASE(by_debugfs);
	CASE(by_process_madvise_cold);
	if (swap_on_by_pte(SWAP_SIZE)) {
		CASE(by_process_madvise_pageout);
		CASE(by_memory_reclaim);
		swap_off();
	} else {
		report_skip("this kernel has no zram");
	}
	cgroup_remove();
	cgroup_use(OWNER);
	cgroup_remove();
}
