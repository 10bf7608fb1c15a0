// SPDX-License-Identifier: GPL-2.0
/*
 * Random calls on THP memory, beside a shadow of what every byte must be and
 * what may be done to it. Several processes do so at once, and fork; one has
 * a thread beside it that splits, collapses, swaps out and forks the same
 * memory; allocations fail now and then. All follows from the seed, which is
 * printed. On the kernel command line:
 *
 * undeposit.seed=S	replays it
 * undeposit.calls=N	makes N calls
 * undeposit.replay=R	makes the calls that a mismatch was reduced to
 * undeposit.leak=1	looks for the calls that leave page tables, which takes long,
 *			and is in vain where it was the kernel's own that grew
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../lib/test.h"
#include "../random/core.h"
#include "../random/replay.h"

#define PROCESSES	3
#define CALLS		102000
#define SWAP_SIZE	(128 * thp_size())
#define SURELY_SPLIT	10000	/* calls of a process */
#define LAST_SHOWN	40
#define MOST_TEXT	1500	/* what the kernel's command line takes */

static struct replay replays[PROCESSES];
static size_t replays_count;
static bool bad[PROCESSES];
static bool given;		/* by undeposit.replay= */

static void note_calls(const struct replay *r)
{
	size_t first = r->count > LAST_SHOWN ? r->count - LAST_SHOWN : 0;
	char text[160];

	for (size_t i = first; i < r->count; i++) {
		struct call c = call_of(&r->stream, r->number[i]);

		call_text(&c, text, sizeof(text));
		report_note("  call %lu, %s", r->number[i], text);
	}
}

static void note_mismatch(const struct replay *r, const struct mismatch *m)
{
	const struct page *p = &m->should;

	if (!m->found) {
		if (m->left > 0)
			report_note("%ld bytes of page tables are left", m->left);
		else if (WIFSIGNALED(m->status))
			report_note("the process died: %s", strsignal(WTERMSIG(m->status)));
		else if (m->status > 0)
			report_note("the process ended, wait status %#x", m->status);
		return;
	}
	report_note("call %lu, page %zu: %s", r->number[m->at], m->page, m->what);
	report_note("should be:%s%s%s%s%s%s%s%s%s, stamp %#x",
		    p->mapped ? " mapped" : "", p->readable ? " readable" : "",
		    p->writable ? " writable" : "", p->guarded ? " guarded" : "",
		    p->protected ? " protected" : "",
		    p->protect_unsure ? " perhaps protected" : "",
		    p->lazy ? " lazy" : "", p->wiped ? " wiped" : "",
		    p->left_out ? " left out" : "", p->stamp);
}

/* Whether it could be had once more. */
static bool shorten(struct replay r, struct mismatch *m)
{
	const struct mismatch first = *m;
	unsigned int attempts;
	char text[MOST_TEXT];

	if (m->found)
		r.count = m->at + 1;
	report_note("looking for a shorter replay");
	if (!replay_shorten(&r, m, &attempts)) {
		report_note("no replay in %u attempts; the last calls were:", attempts);
		note_calls(&r);
		note_mismatch(&r, &first);
		return false;
	}
	report_note("%zu calls are left after %u attempts:", r.count, attempts);
	note_calls(&r);
	note_mismatch(&r, m);
	if (replay_text(&r, text, sizeof(text)))
		report_note("undeposit.replay=%s", text);
	else
		report_note("too many for the kernel's command line");
	return true;
}

static void process(struct child *me, void *arg)
{
	struct mismatch *m = arg;

	(void)me;
	play(&replays[m->at], given, m);
}

/* Plays all of them at once; whether no page is what it must not be. */
static bool play_all(struct mismatch *m)
{
	struct child c[PROCESSES];
	bool good = true;

	for (size_t i = 0; i < replays_count; i++) {
		m[i].at = i;
		c[i] = child_start(process, &m[i]);
	}
	for (size_t i = 0; i < replays_count; i++) {
		int status = child_reap(c[i].pid, play_limit(replays[i].count));

		child_close(&c[i]);
		m[i].status = status;
		bad[i] = !report(!status, "process %u%s: %zu calls, seed %lu",
				 replays[i].stream.process,
				 replays[i].stream.churn ? " with a thread beside" : "",
				 replays[i].count, replays[i].stream.seed);
		if (bad[i])
			note_mismatch(&replays[i], &m[i]);
		good &= !bad[i];
	}
	return good;
}

/*
 * Tables of the kernel itself may have become more, and stay; what calls have
 * left they leave again.
 */
static void shorten_leak(struct mismatch *m)
{
	for (size_t i = 0; i < replays_count; i++) {
		m[i].found = false;
		if (!shorten(replays[i], &m[i]))
			continue;
		report(false, "process %u leaves no page table",
		       replays[i].stream.process);
		_exit(EXIT_FAILURE);
	}
}

static void calls_that_fail_now_and_then(void)
{
	struct mismatch *m = mmap(NULL, PROCESSES * sizeof(*m),
				  PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long splits = vmstat("thp_split_pmd");
	long failed = vmstat("thp_split_pmd_failed");
	char leak[4];
	long tables;
	bool good;

	if (m == MAP_FAILED)
		fatal("memory");
	/*
	 * All that a task comes to, when it is its turn. A stack that vmalloc()
	 * cannot get would be told with a trace on the console.
	 */
	if (stacks_in_vmalloc())
		fail_aim(FAIL_OUTSIDE, "__vmalloc_node_range_noprof");
	else
		fail_aim(FAIL_ANY, NULL);
	fail_always(100, false);
	tables = tables_system();
	good = play_all(m);
	splits = vmstat("thp_split_pmd") - splits;
	failed = vmstat("thp_split_pmd_failed") - failed;
	report_note("%ld PMDs were split, %ld splits failed", splits, failed);
	if (thp_possible() && !given && replays[0].count >= SURELY_SPLIT) {
		report(splits > 0, "PMDs were split");
		if (!kernel_deposits())
			report(failed > 0, "splits failed");
	}
	for (size_t i = 0; i < replays_count && !given; i++)
		if (bad[i])
			shorten(replays[i], &m[i]);
	if (good && !given && cmdline_value("undeposit.leak=", leak, sizeof(leak)) &&
	    settle(tables_system, tables) > tables)
		shorten_leak(m);
	fail_always(0, false);
}

static void set_up(void)
{
	unsigned long seed = time(NULL) ^ (unsigned long)getpid() << 32;
	unsigned long calls = CALLS;
	char text[2048];

	if (cmdline_value("undeposit.replay=", text, sizeof(text))) {
		if (!replay_parse(&replays[0], text))
			fatal("undeposit.replay=%s is none", text);
		given = true;
		replays_count = 1;
		note_calls(&replays[0]);
		return;
	}
	if (cmdline_value("undeposit.seed=", text, sizeof(text)))
		seed = strtoul(text, NULL, 0);
	if (cmdline_value("undeposit.calls=", text, sizeof(text)))
		calls = strtoul(text, NULL, 0);
	replays_count = PROCESSES;
	for (unsigned int i = 0; i < PROCESSES; i++) {
		struct stream s = { seed, i, i == PROCESSES - 1 };

		replays[i] = replay_range(&s, 0, calls / PROCESSES - 1);
	}
	report_note("seed %lu: undeposit.seed=%lu replays it", seed, seed);
}

TEST_OF_ANY_PAGES("random")
{
	unsigned int limit;

	if (!fail_possible() || !swap_on(SWAP_SIZE)) {
		report_skip("this kernel cannot fail allocations, or has no zram");
		return;
	}
	core_begin();
	tables_grow_kernel();
	set_up();
	/* Time to look for a short replay included. */
	limit = play_limit(replays[0].count) + 1800;
	case_run_for("random", calls_that_fail_now_and_then, limit);
	swap_off();
}
