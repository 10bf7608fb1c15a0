// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "access.h"
#include "aimed.h"
#include "cgroup.h"
#include "cpu.h"
#include "fail.h"
#include "limit.h"
#include "pagemap.h"
#include "report.h"
#include "size.h"
#include "sweep.h"
#include "tables.h"
#include "test.h"
#include "vmas.h"
#include "vmstat.h"

/* No operation comes to as many allocations: it would have no end. */
#define MOST_SITES	1000
#define MOST_ERRORS	8

/* Guest seconds. */
#define SWEEP_LIMIT	300
#define VICTIM_LIMIT	30

/* What must hold after every failure, and so is told once. */
enum check { RESULT, COUNTER, CONTENTS, ACCESS, VMAS, TABLES, REPEAT, CHECKS };

static const char *const check_names[CHECKS] = {
	[RESULT] = "the result is the documented one",
	[COUNTER] = "thp_split_pmd_failed counts exactly the failed splits",
	[CONTENTS] = "contents",
	[ACCESS] = "permissions",
	[VMAS] = "smaps",
	[TABLES] = "page tables add up",
	[REPEAT] = "the call succeeds when nothing fails",
};

struct run {
	const struct sweep *op;
	struct region room;
	bool broken[CHECKS];
	unsigned int sites;
	unsigned int split_failed;
	size_t huge;		/* THPs of the scene that are huge at first */
	long good_tables;	/* what the call adds when nothing fails */
	bool tables_known;
	struct {
		int error;
		unsigned int times;
	} errors[MOST_ERRORS];
};

static const struct sweep *current;
static const char *current_splitter;
static enum limit_prey current_prey;

static void broken(struct run *run, enum check check, unsigned int nth,
		   const char *what)
{
	run->broken[check] = true;
	report_note("%s, allocation %u: %s", check_names[check], nth, what);
}

static void sharer(struct child *me, void *arg)
{
	struct region *r = arg;

	child_pause(me);
	if (!region_intact(r))
		_exit(EXIT_FAILURE);
}

void scene_share(struct scene *s, size_t children)
{
	for (s->children = 0; s->children < children; s->children++) {
		struct child *c = &s->child[s->children];

		*c = child_start(sharer, &s->r);
		child_wait_pause(c);
	}
}

bool scene_rest_intact(const struct scene *s)
{
	size_t at = (s->at - s->r.base) / page_size();

	return region_holds(&s->r, 0, at) &&
	       region_holds(&s->r, at + 1, s->r.thps * thp_pages() - at - 1);
}

/* Takes away all that the last try left: VMAs, memory, tables. */
static void clear_room(const struct region *room)
{
	size_t size = region_room(room->thps) * thp_size();

	if (munlock(room->base, size) && errno != ENOMEM)
		fatal("munlock");
	if (mmap(room->base, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
		 MAP_NORESERVE | MAP_FIXED, -1, 0) != room->base)
		fatal("clearing the room");
}

static struct scene scene_make(struct run *run)
{
	struct scene s = { .r = run->room, .fd = -1 };

	clear_room(&s.r);
	region_map(&s.r, 0, s.r.thps);
	s.at = region_page(&s.r, thp_pages() / 2 + 3);
	s.target = region_thp(&s.r, s.r.thps + 2);
	region_fill(&s.r, 1);
	if (region_huge(&s.r) != s.r.thps)
		fatal("not huge");
	if (run->op->set_up)
		run->op->set_up(&s);
	run->huge = region_huge(&s.r);
	return s;
}

static void scene_end(const struct run *run, struct scene *s)
{
	for (size_t i = 0; i < s->children; i++) {
		child_go(&s->child[i]);
		child_end(&s->child[i]);
	}
	if (run->op->tear_down)
		run->op->tear_down(s);
	clear_room(&s->r);
}

/* VmPTE of all processes of the scene. */
static long scene_tables(const struct scene *s)
{
	long sum = tables_process(0);

	for (size_t i = 0; i < s->children; i++)
		sum += tables_process(s->child[i].pid);
	return sum;
}

static struct vmas scene_vmas(const struct scene *s)
{
	return vmas_read(s->r.base, region_thp(&s->r, region_room(s->r.thps)));
}

static int call(const struct run *run, struct scene *s, unsigned int nth,
		bool *failed)
{
	int error;

	if (nth)
		fail_nth(nth);
	error = run->op->call(s);
	*failed = nth && fail_nth_end();
	if (run->op->finish)
		run->op->finish(s);
	return error;
}

static void count_error(struct run *run, int error)
{
	size_t i = 0;

	while (i < MOST_ERRORS - 1 && run->errors[i].times &&
	       run->errors[i].error != error)
		i++;
	run->errors[i].error = error;
	run->errors[i].times++;
}

static bool intact(const struct run *run, struct scene *s)
{
	return run->op->done ? run->op->done(s) : region_intact(&s->r);
}

/* What the call did is undone, or was never begun. */
static void check_undone(struct run *run, struct scene *s, unsigned int nth,
			 const struct vmas *before)
{
	struct vmas now = scene_vmas(s);

	if (run->op->partly) {
		if (!run->op->partly(s))
			broken(run, CONTENTS, nth, "not those of a part");
		return;
	}
	if (run->op->may_lose && s->other_failed && !can_read(s->at)) {
		if (!scene_rest_intact(s))
			broken(run, CONTENTS, nth, "more than the page is lost");
		return;
	}
	if (!vmas_same(before, &now)) {
		broken(run, VMAS, nth, "other than before");
		vmas_note(before, "before");
		vmas_note(&now, "now");
	}
	if (!region_intact(&s->r))
		broken(run, CONTENTS, nth, "other than before");
	if (!(run->op->undone ? run->op->undone(s) : can_write(s->at)))
		broken(run, ACCESS, nth, "other than before");
}

static bool split_error(const struct sweep *op, int error)
{
	return error == op->split_error ||
	       (op->part_error && error == op->part_error);
}

/*
 * A table for each PMD that is no longer huge and no other, in VmPTE; and in
 * PageTables what is in VmPTE.
 */
static bool tables_add_up(struct run *run, struct scene *s,
			  const struct tables *before, bool failed)
{
	long size = table_size();
	long process = scene_tables(s) - before->process;
	long split = (long)run->huge - (long)region_huge(&s->r);
	long most = failed ? split + run->op->may_keep : run->good_tables;
	long least = failed ? split : run->good_tables;

	/* Other processes' PMDs may have been split too. */
	if (failed && s->children)
		most += s->children * s->r.thps;
	if ((run->tables_known || failed) &&
	    (process < least * size || process > most * size)) {
		report_note("VmPTE moved by %ld, not %ld to %ld tables",
			    process / size, least, most);
		return false;
	}
	if (!tables_system_is(before->system + process)) {
		report_note("PageTables moved by %ld bytes, VmPTE by %ld",
			    tables_system() - before->system, process);
		return false;
	}
	return true;
}

static void check_huge(struct run *run, struct scene *s, unsigned int nth)
{
	struct vmas now = scene_vmas(s);

	if (s->r.seed != REGION_ZERO && !run->op->may_keep &&
	    now.huge != region_huge(&s->r) * thp_size())
		broken(run, VMAS, nth, "AnonHugePages is not what is huge");
}

/* One try; false when the call no longer comes to allocation @nth. */
static bool try_nth(struct run *run, enum fail_aim aim, unsigned int nth,
		    bool *leak)
{
	const struct sweep *op = run->op;
	struct scene s = scene_make(run);
	struct tables before = { .process = scene_tables(&s),
				 .system = tables_system() };
	struct vmas vmas = scene_vmas(&s);
	long count = vmstat("thp_split_pmd_failed");
	long splits_failed;
	bool failed;
	int error;

	*leak = false;
	error = call(run, &s, nth, &failed);
	splits_failed = vmstat("thp_split_pmd_failed") - count;
	if (!failed) {
		if (error)
			broken(run, REPEAT, nth, strerror(error));
		if (splits_failed)
			broken(run, COUNTER, nth, "moved without a failure");
		if (!run->tables_known) {
			run->good_tables = (scene_tables(&s) - before.process) /
					   (long)table_size();
			run->tables_known = true;
		}
		*leak = !tables_add_up(run, &s, &before, false);
		if (!intact(run, &s))
			broken(run, CONTENTS, nth, "of a call that succeeds");
		goto out;
	}

	s.other_failed = !splits_failed;
	/* Some failures are made good: then it is as if there was none. */
	if (splits_failed < 0 || splits_failed > (aim == FAIL_INSIDE))
		broken(run, COUNTER, nth, "moved by another number");
	if (splits_failed && !(op->splits_again && !error) ?
	    !split_error(op, error) : error && (aim == FAIL_INSIDE ||
		      (error != ENOMEM && !split_error(op, error))))
		broken(run, RESULT, nth, strerror(error));
	run->sites++;
	run->split_failed += splits_failed;
	count_error(run, error);

	*leak = !tables_add_up(run, &s, &before,
			       error || splits_failed || op->advice);
	if (error)
		check_undone(run, &s, nth, &vmas);
	else if (op->advice && !region_intact(&s.r))
		broken(run, CONTENTS, nth, "changed by a mere advice");
	else if (!op->advice && !intact(run, &s))
		broken(run, CONTENTS, nth, "not what the success promises");
	check_huge(run, &s, nth);

	if (error || op->advice) {
		bool again;

		count = vmstat("thp_split_pmd_failed");
		s.other_failed = false;
		error = call(run, &s, 0, &again);
		if (error)
			broken(run, REPEAT, nth, strerror(error));
		else if (!intact(run, &s))
			broken(run, REPEAT, nth, "not what it promises");
		if (vmstat("thp_split_pmd_failed") != count)
			broken(run, COUNTER, nth, "moved by the repeated call");
		if (!op->advice && !tables_add_up(run, &s, &before, false))
			*leak = true;
	}
out:
	scene_end(run, &s);
	return failed;
}

static void sweep(struct run *run, enum fail_aim aim)
{
	bool leak;
	bool failed = true;

	fail_aim(aim, current_splitter);
	for (unsigned int nth = 1; failed; nth++) {
		if (run->op->most && nth > run->op->most)
			break;
		failed = try_nth(run, aim, nth, &leak);
		/* The kernel's own tables grow now and then, but not twice. */
		if (leak)
			try_nth(run, aim, nth, &leak);
		if (leak)
			broken(run, TABLES, nth, "too many or too few");
		if (nth == MOST_SITES)
			fatal("no end after %u allocations", nth);
	}
	fail_aim(FAIL_ANY, NULL);
}

/* The call while allocations fail for good, in a process that may hang in it. */
static void victim(struct child *me, void *arg)
{
	struct run *run = arg;
	struct scene s = scene_make(run);
	int error;

	fail_me(false);
	child_pause(me);
	fail_me(true);
	error = run->op->call(&s);
	fail_me(false);
	if (run->op->finish)
		run->op->finish(&s);
	scene_end(run, &s);
	_exit(error);
}

static bool result_allowed(const struct sweep *op, enum fail_aim aim, int error)
{
	if (aim == FAIL_INSIDE)
		return error == (op->never_splits ? 0 : op->split_error);
	return !error || error == ENOMEM || split_error(op, error);
}

static void for_good(struct run *run, enum fail_aim aim, const char *what)
{
	const struct timespec while_it_spins = { .tv_nsec = 200 * 1000 * 1000 };
	const struct sweep *op = run->op;
	struct child c;
	int status;

	fail_aim(aim, current_splitter);
	fail_always(100, false);
	c = child_start(victim, run);
	child_wait_pause(&c);
	child_go(&c);
	if (op->fault && (aim == FAIL_ANY || !op->never_splits)) {
		nanosleep(&while_it_spins, NULL);
		kill(c.pid, SIGKILL);
		status = child_reap(c.pid, VICTIM_LIMIT);
		report(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
		       "goes on until it is killed when %s fails for good",
		       what);
	} else {
		status = child_reap(c.pid, VICTIM_LIMIT);
		if (!report(WIFEXITED(status) &&
			    result_allowed(op, aim, WEXITSTATUS(status)),
			    "returns when %s fails for good", what))
			report_note("wait status %#x", status);
	}
	child_close(&c);
	fail_always(0, false);
	fail_aim(FAIL_ANY, NULL);
}

static void say(const struct run *run)
{
	char text[160] = "";
	size_t len = 0;

	for (size_t i = 0; i < MOST_ERRORS && run->errors[i].times; i++)
		len += snprintf(text + len, sizeof(text) - len, "%s%s:%u",
				i ? "," : "", run->errors[i].error ?
				strerrorname_np(run->errors[i].error) : "ok",
				run->errors[i].times);
	report_note("sweep: %s; sites=%u outcomes=%s split_failed=%u",
		    run->op->name, run->sites, text, run->split_failed);
}

static void body(void)
{
	struct run run = { .op = current };
	bool leak;

	cpu_stay();
	/* Grace periods are waited for all the time here. */
	file_write("/sys/kernel/rcu_expedited", "1");
	run.room = region_reserve(run.op->thps ? run.op->thps : 1);
	/* The first go also grows what the kernel keeps. */
	try_nth(&run, FAIL_ANY, 0, &leak);
	try_nth(&run, FAIL_ANY, 0, &leak);
	sweep(&run, FAIL_INSIDE);
	if (run.op->must_split)
		report(run.sites && !run.split_failed,
		       "the split went on without the table that failed");
	else
		report(run.split_failed ? !run.op->never_splits :
		       run.op->never_splits, "%s split was made to fail",
		       run.op->never_splits ? "no" : "the");
	if (!run.op->only_split)
		sweep(&run, FAIL_OUTSIDE);
	for (int i = 0; i < CHECKS; i++)
		report(!run.broken[i], "%s", check_names[i]);
	for_good(&run, FAIL_INSIDE, "each split");
	if (!run.op->only_split)
		for_good(&run, FAIL_ANY, "each allocation");
	say(&run);
}

static void run_case(const struct sweep *op, void (*run_body)(void))
{
	const char *missing = op->missing ? op->missing() : NULL;

	current = op;
	if (missing) {
		report_prefix_push(op->name);
		report_skip("%s", missing);
		report_prefix_pop();
	} else {
		case_run_for(op->name, run_body, SWEEP_LIMIT);
	}
}

void sweeps_run(const char *splitter, const struct sweep *ops, size_t count)
{
	if (!aimed_possible())
		return;
	current_splitter = splitter;
	for (size_t i = 0; i < count; i++)
		run_case(&ops[i], body);
}

/* What a call did, told when there is no limit any more. */
struct outcome {
	int error;
	long tables;
	size_t huge;
	bool done;
	bool ooms;
};

static struct outcome try_at_limit(struct run *run, struct limit *limit)
{
	struct scene s = scene_make(run);
	struct outcome o = { .tables = -scene_tables(&s) };
	long ooms = limit_ooms();

	if (limit) {
		limit_settle(limit);
		limit_reach(limit, 0);
	}
	o.error = run->op->call(&s);
	if (limit)
		limit_lift(limit);
	if (run->op->finish)
		run->op->finish(&s);
	o.tables += scene_tables(&s);
	o.huge = region_huge(&s.r);
	o.done = intact(run, &s);
	o.ooms = limit_ooms() != ooms;
	scene_end(run, &s);
	return o;
}

static void body_at_limit(void)
{
	struct run run = { .op = current };
	struct limit limit;
	struct outcome without;
	struct outcome with;
	struct child other;

	/* No page stays ahead for another CPU. */
	cpu_stay();
	cgroup_unlimit();
	cgroup_join();
	other = limit_prey(current_prey);
	limit = limit_open();
	run.room = region_reserve(run.op->thps ? run.op->thps : 1);
	without = try_at_limit(&run, NULL);
	with = try_at_limit(&run, &limit);
	if (!report(!with.error, "succeeds"))
		report_note("%s", strerror(with.error));
	if (!report(with.done && without.done && with.tables == without.tables &&
		    with.huge == without.huge,
		    "does what it does without a limit"))
		report_note("%s, %ld bytes of tables and %zu huge PMDs, not %s, %ld and %zu",
			    with.done ? "done" : "not done", with.tables,
			    with.huge, without.done ? "done" : "not done",
			    without.tables, without.huge);
	report(!with.ooms, "the cgroup does not run out of memory");
	limit_end_prey(current_prey, &other);
}

static struct sweep_table *tables_at_limit;

void sweep_table_register(struct sweep_table *table)
{
	struct sweep_table **at = &tables_at_limit;

	while (*at)
		at = &(*at)->next;
	*at = table;
}

void sweeps_at_limit(const char *title, enum limit_prey prey)
{
	static const char *const names[] = {
		[LIMIT_NOBODY] = "nobody to kill",
		[LIMIT_CALLER] = "the caller to kill",
		[LIMIT_OTHER] = "another to kill",
	};
	const struct sweep_table *t = tables_at_limit;

	while (t && strcmp(title, t->name))
		t = t->next;
	if (!t)
		fatal("no table %s", title);
	current_prey = prey;
	report_prefix_push(names[prey]);
	for (size_t i = 0; i < t->count; i++)
		if (!t->ops[i].charges)
			run_case(&t->ops[i], body_at_limit);
	report_prefix_pop();
}
