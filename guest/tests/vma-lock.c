// SPDX-License-Identifier: GPL-2.0
/*
 * A call that splits a VMA locks out page faults there for as short as it can:
 * while it allocates, they go on under the lock of the VMA. So no fault meets a
 * VMA that is write-locked where that fails, and with a huge PMD across the
 * boundary it is the table that is allocated first.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "../lib/test.h"

/* | faults here | huge | huge | */
#define THPS		3

#define CALLS		200

/* Fewer in all of them would prove nothing. */
#define FAULTS		200

/* Guest seconds; it takes a few: the calls unwind the stack each time. */
#define LIMIT		300

/* They take a part of a VMA, up to its end. */
static int op_mprotect(char *at, size_t size)
{
	return mprotect(at, size, PROT_READ);
}

static int op_munmap(char *at, size_t size)
{
	return munmap(at, size);
}

static int op_mremap(char *at, size_t size)
{
	size_t page = page_size();

	return mremap(at - page, page + size, page, 0) == MAP_FAILED ? -1 : 0;
}

static int op_dontfork(char *at, size_t size)
{
	return madvise(at, size, MADV_DONTFORK);
}

static const struct op {
	const char *name;
	int (*call)(char *at, size_t size);
} ops[] = {
	{ "mprotect", op_mprotect },
	{ "munmap", op_munmap },
	{ "mremap", op_mremap },
	{ "MADV_DONTFORK", op_dontfork },
};

/* Faults that did not get the VMA's lock, or gave it up. */
static long locked_out(void)
{
	return vmstat("vma_lock_abort") + vmstat("vma_lock_miss") +
	       vmstat("vma_lock_retry");
}

/* A thread that faults again and again. */
struct faults {
	pthread_t thread;
	char *at;
	atomic_bool stop;
	atomic_ulong count;
};

static void *fault_on(void *arg)
{
	struct faults *f = arg;

	while (!f->stop) {
		for (size_t i = 0; i < thp_size(); i += thp_size() / 16)
			*(volatile char *)(f->at + i);
		f->count++;
		if (madvise(f->at, thp_size(), MADV_DONTNEED))
			fatal("MADV_DONTNEED");
	}
	return NULL;
}

static void start(struct faults *f, char *at)
{
	f->at = at;
	if (pthread_create(&f->thread, NULL, fault_on, f))
		fatal("pthread_create");
	while (!f->count)
		;
}

static void stop(struct faults *f)
{
	f->stop = true;
	pthread_join(f->thread, NULL);
}

static void fail_while_faulting(struct faults *f, const struct op *op,
				char *at, char *end)
{
	unsigned long faults = f->count;
	long locked;
	int done = 0;

	fail_always(100, false);
	fail_me(true);
	locked = locked_out();
	for (int i = 0; i < CALLS || f->count - faults < FAULTS; i++)
		done += !op->call(at, end - at);
	locked = locked_out() - locked;
	fail_me(false);
	fail_always(0, false);
	if (done)
		fatal("%s was done %d times", op->name, done);
	if (!report(!locked, "%s fails without locking out a fault", op->name))
		report_note("%ld were", locked);
}

static void fail_all(struct region *r, size_t boundary)
{
	struct tables before = tables_read(0);
	struct faults f = { 0 };
	long tables;

	fail_aim(FAIL_INSIDE, "__split_vma");
	start(&f, r->base);
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		fail_while_faulting(&f, &ops[i], region_page(r, boundary),
				    region_thp(r, THPS));
	stop(&f);
	fail_aim(FAIL_ANY, NULL);
	/* Where the faults are, a table may have come, or gone with a THP. */
	tables = (tables_process(0) - before.process) / (long)table_size();
	report(tables >= -1 && tables <= 1, "no table is taken or lost");
	report(region_holds(r, thp_pages(), 2 * thp_pages()), "contents");
}

static struct region make(bool huge)
{
	struct region r = region_reserve(THPS);

	region_map(&r, 0, THPS);
	if (!huge && madvise(r.base, THPS * thp_size(), MADV_NOHUGEPAGE))
		fatal("MADV_NOHUGEPAGE");
	region_fill(&r, 1);
	if (region_huge(&r) != (huge ? THPS : 0))
		fatal("%zu THPs are huge", region_huge(&r));
	return r;
}

static void base_pages(void)
{
	struct region r = make(false);

	fail_all(&r, 2 * thp_pages() + 1);
}

static void between_huge_PMDs(void)
{
	struct region r = make(true);

	fail_all(&r, 2 * thp_pages());
}

static void across_a_huge_PMD(void)
{
	struct region r = make(true);

	fail_all(&r, 2 * thp_pages() + 1);
	report(region_huge(&r) >= 2, "the PMDs are huge");
}

/* What succeeds does lock, or the others have proved nothing. */
static void what_succeeds_locks_faults_out(void)
{
	struct region r = make(false);
	struct faults f = { 0 };
	long locked = locked_out();
	char *at = region_thp(&r, 2);
	int i;

	start(&f, r.base);
	for (i = 0; locked_out() == locked && i < 100; i++)
		for (int j = 0; j < 100; j++)
			if (mprotect(at, thp_size(), PROT_READ) ||
			    mprotect(at, thp_size(), PROT_READ | PROT_WRITE))
				fatal("mprotect");
	stop(&f);
	report(locked_out() > locked, "a fault meets a locked VMA");
}

TEST("vma-lock")
{
	if (vmstat("vma_lock_abort") < 0) {
		report_skip("this kernel does not count what happens to VMA locks");
		return;
	}
	if (fail_missing()) {
		report_skip("%s", fail_missing());
		return;
	}
	case_run_for("base pages", base_pages, LIMIT);
	case_run_for("between huge PMDs", between_huge_PMDs, LIMIT);
	case_run_for("across a huge PMD", across_a_huge_PMD, LIMIT);
	CASE(what_succeeds_locks_faults_out);
}
