// SPDX-License-Identifier: GPL-2.0
/*
 * An operation's figures: it runs on one THP and on many, in processes of its own, and
 * the marginal cost of a THP is what is said, as in the bench of the lab.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit.h"

#define JOB_LIMIT	1800	/* seconds: only a hang comes near */
#define TABLE_ROUNDS	5

/* No group of counters: the clock, which nothing disturbs then. */
#define CLOCK		(-1)

/* Shared by all processes of a job. */
struct outcome {
	char why[256];		/* what went wrong */
	pthread_barrier_t barrier;
	bool partial[GROUP_SIZE];	/* did not count all the time */
	double costs[];		/* of a figure, a worker, a round */
};

struct job {
	const struct kit *kit;
	const struct bench *b;
	size_t thps;
	size_t workers;
	bool processes;
	int group;
	struct group counters;
	struct outcome *outcome;
	size_t size;		/* of the outcome */
	size_t thp_bytes;	/* of measure_tables(), and which reading */
	size_t round;
};

struct worker {
	struct job *job;
	size_t index;
	pthread_t thread;
};

size_t measure_thps(const struct kit *kit, const struct bench *b)
{
	return kit->most && kit->most < b->thps ? kit->most : b->thps;
}

static void *shared(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		err(EXIT_FAILURE, "shared memory");
	return at;
}

struct launch {
	void (*body)(struct child *me, void *arg);
	void *arg;
	char *why;
};

static void launched(struct child *me, void *arg)
{
	const struct launch *l = arg;

	said_keep(l->why, sizeof(((struct outcome *)0)->why));
	l->body(me, l->arg);
}

/* Runs @body in a process; its failure is the end of this one. @why is shared with it. */
static void run(const char *what, char *why, void (*body)(struct child *me, void *arg), void *arg)
{
	struct launch l = { body, arg, why };
	struct child c;
	struct pollfd end;
	int status;

	fflush(stdout);
	c = child_start(launched, &l);
	/* Asleep until its end of the pipe is closed: this CPU may be the one that is measured. */
	end = (struct pollfd){ .fd = c.hear, .events = POLLIN };
	while (poll(&end, 1, JOB_LIMIT * 1000) < 0 && errno == EINTR)
		;
	status = child_reap(c.pid, 1);
	child_close(&c);
	if (!status)
		return;
	if (*why)
		errx(EXIT_FAILURE, "%s: %s", what, why);
	if (status == -1)
		errx(EXIT_FAILURE, "%s: has not ended after %d s", what, JOB_LIMIT);
	if (WIFSIGNALED(status))
		errx(EXIT_FAILURE, "%s: ended by signal %d%s", what, WTERMSIG(status),
		     WTERMSIG(status) == SIGKILL ? ": out of memory, perhaps a container's limit" : "");
	errx(EXIT_FAILURE, "%s: wait status %#x", what, status);
}

/* All workers begin at once, and none goes on before the last has ended. */
static void together(const struct job *job)
{
	if (job->workers > 1)
		pthread_barrier_wait(&job->outcome->barrier);
}

static double *cost_at(const struct job *job, size_t figure, size_t worker, size_t round)
{
	return &job->outcome->costs[(figure * job->workers + worker) * job->kit->rounds + round];
}

static void op_by_clock(const struct job *job, const struct work *w, double *cost)
{
	uint64_t start = clock_now();

	job->b->op(w);
	*cost = (double)(clock_now() - start);
}

static void op_by_counters(struct job *job, const struct work *w, double *costs[GROUP_SIZE])
{
	struct reading before[GROUP_SIZE] = { 0 }, after[GROUP_SIZE] = { 0 };

	group_read(&job->counters, before);
	job->b->op(w);
	group_read(&job->counters, after);
	for (size_t i = 0; i < GROUP_SIZE; i++) {
		*costs[i] = (double)(after[i].value - before[i].value);
		if (after[i].enabled - before[i].enabled != after[i].running - before[i].running)
			job->outcome->partial[i] = true;
	}
}

static void rounds(struct job *job, size_t index, const struct work *w)
{
	const struct bench *b = job->b;

	for (size_t i = 0; i < WARM_UPS + job->kit->rounds; i++) {
		size_t round = i < WARM_UPS ? 0 : i - WARM_UPS;
		double *costs[GROUP_SIZE];

		errno = 0;
		for (size_t f = 0; f < GROUP_SIZE; f++)
			costs[f] = cost_at(job, f, index, round);
		bench_step(b->prepare, w);
		together(job);
		if (job->group == CLOCK)
			op_by_clock(job, w, costs[0]);
		else
			op_by_counters(job, w, costs);
		together(job);
		bench_undo(b, w);
	}
	/* That it does what it should do here. */
	bench_step(b->prepare, w);
	b->op(w);
	bench_step(b->check, w);
	bench_undo(b, w);
}

static void *work(void *arg)
{
	const struct worker *me = arg;
	struct job *job = me->job;
	const struct bench *b = job->b;
	struct work w = {
		.at = huge_reserve(b->thps * thp_size()),
		.to = huge_reserve(b->thps * thp_size()),
		.thps = job->thps,
		.size = job->thps * thp_size(),
	};

	cpu_stay_on(job->kit->cpus[me->index]);
	if (job->group != CLOCK)
		group_open(&job->kit->counters, job->group, &job->counters);
	bench_step(b->setup, &w);
	rounds(job, me->index, &w);
	bench_step(b->teardown, &w);
	if (job->group != CLOCK)
		group_close(&job->counters);
	return NULL;
}

static void work_in_process(struct child *me, void *arg)
{
	(void)me;
	work(arg);
}

static void work_in_threads(struct job *job, struct worker *workers)
{
	for (size_t i = 1; i < job->workers; i++) {
		errno = pthread_create(&workers[i].thread, NULL, work, &workers[i]);
		if (errno)
			fatal("thread %zu of %zu", i + 1, job->workers);
	}
	work(&workers[0]);
	for (size_t i = 1; i < job->workers; i++)
		pthread_join(workers[i].thread, NULL);
}

/* Where one fails the others wait for it: they end with this one, which started them. */
static void work_in_processes(struct job *job, struct worker *workers)
{
	int status;

	for (size_t i = 0; i < job->workers; i++) {
		struct child c = child_start(work_in_process, &workers[i]);

		child_close(&c);
	}
	for (size_t i = 0; i < job->workers; i++)
		if (wait(&status) < 0 || status)
			fatal("one of %zu processes has failed", job->workers);
}

/* The body of a job's process. */
static void do_job(struct child *me, void *arg)
{
	struct job *job = arg;
	struct worker workers[WORKERS_MAX];

	(void)me;
	for (size_t i = 0; i < job->workers; i++)
		workers[i] = (struct worker){ .job = job, .index = i };
	if (job->processes)
		work_in_processes(job, workers);
	else
		work_in_threads(job, workers);
}

static struct job job_new(const struct kit *kit, const struct bench *b, size_t workers, bool processes)
{
	struct job job = {
		.kit = kit, .b = b, .workers = workers, .processes = processes && workers > 1,
		.group = CLOCK,
		.size = sizeof(*job.outcome) + GROUP_SIZE * workers * kit->rounds * sizeof(double),
	};
	pthread_barrierattr_t attr;

	job.outcome = shared(job.size);
	pthread_barrierattr_init(&attr);
	pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&job.outcome->barrier, &attr, workers);
	pthread_barrierattr_destroy(&attr);
	return job;
}

/* Of all workers, one behind another: those of figure number @i of the group. */
static const double *costs_of(struct job *job, size_t i)
{
	return cost_at(job, i, 0, 0);
}

/*
 * Runs the job on one THP and on many, and puts the marginal costs of one THP of each
 * figure into @values, @count of each.
 */
static void run_pair(struct job *job, double *values[GROUP_SIZE], size_t count)
{
	size_t thps = measure_thps(job->kit, job->b);
	double ones[GROUP_SIZE];

	job->thps = 1;
	run(job->b->name, job->outcome->why, do_job, job);
	for (size_t i = 0; i < GROUP_SIZE; i++) {
		memcpy(values[i], costs_of(job, i), count * sizeof(double));
		ones[i] = spread_of(values[i], count).median;
	}
	job->thps = thps;
	run(job->b->name, job->outcome->why, do_job, job);
	for (size_t i = 0; i < GROUP_SIZE; i++)
		for (size_t j = 0; j < count; j++)
			values[i][j] = (costs_of(job, i)[j] - ones[i]) / (double)(thps - 1);
}

/* With counters fork() has more to do: a process of its own, and one worker. */
static void measure_counters(const struct kit *kit, struct result *r)
{
	for (unsigned int number = 0; number < NR_GROUPS; number++) {
		struct job job = job_new(kit, r->b, 1, false);
		double *values[GROUP_SIZE];
		struct group g;

		if (group_open(&kit->counters, number, &g)) {
			group_close(&g);
			for (size_t i = 0; i < GROUP_SIZE; i++)
				values[i] = must(calloc(kit->rounds, sizeof(double)));
			job.group = (int)number;
			run_pair(&job, values, kit->rounds);
			for (size_t i = 0; i < GROUP_SIZE; i++) {
				if (g.fds[i] >= 0 && !job.outcome->partial[i])
					r->figures[g.figures[i]] = spread_of(values[i], kit->rounds);
				free(values[i]);
			}
		}
		munmap(job.outcome, job.size);
	}
}

struct result measure(const struct kit *kit, const struct bench *b, size_t workers, bool processes)
{
	struct result r = {
		.b = b, .workers = workers, .processes = processes && workers > 1,
		.thps = measure_thps(kit, b),
	};
	size_t each = workers * kit->rounds;
	double *all = must(calloc(kit->processes * each, sizeof(double)));
	double *unused = must(calloc(each, sizeof(double)));

	for (size_t i = 0; i < kit->processes; i++) {
		struct job job = job_new(kit, b, workers, processes);
		double *values[GROUP_SIZE] = { all + i * each, unused, unused, unused };

		run_pair(&job, values, each);
		munmap(job.outcome, job.size);
	}
	r.figures[NS] = spread_of(all, kit->processes * each);
	free(all);
	free(unused);
	if (workers == 1)
		measure_counters(kit, &r);
	return r;
}

static void read_tables(struct child *me, void *arg)
{
	const struct job *job = arg;
	char *at = huge_reserve(power_of_two(job->thp_bytes));
	double *bytes = &job->outcome->costs[job->round];
	long process, system = tables_system();
	size_t huge;

	(void)me;
	process = tables_process(0);
	huge_map(at, job->thp_bytes);
	huge_write_each(at, job->thp_bytes);
	errno = 0;
	huge = huge_count(at, job->thp_bytes);
	if (huge != job->thp_bytes / thp_size())
		fatal("%zu of %zu THPs are huge", huge, job->thp_bytes / thp_size());
	bytes[0] = (double)(tables_process(0) - process);
	bytes[TABLE_ROUNDS] = (double)(tables_system() - system);
}

/* Each time in a new process, which has no tables there yet. */
void measure_tables(struct kit *kit)
{
	struct job job = {
		.size = sizeof(*job.outcome) + 2 * TABLE_ROUNDS * sizeof(double),
		.thp_bytes = kit->thp,
	};

	job.outcome = shared(job.size);
	for (; job.round < TABLE_ROUNDS; job.round++)
		run("page tables", job.outcome->why, read_tables, &job);
	kit->vmpte = spread_of(job.outcome->costs, TABLE_ROUNDS);
	kit->pagetables = spread_of(job.outcome->costs + TABLE_ROUNDS, TABLE_ROUNDS);
	munmap(job.outcome, job.size);
}

/* Linux 6.7 has it, and all that makes sure of huge PMDs here stands on it. */
static bool can_scan(const char *at)
{
	struct page_region region = { 0 };
	struct pm_scan_arg scan = {
		.size = sizeof(scan), .start = (uintptr_t)at, .end = (uintptr_t)at + page_size(),
		.vec = (uintptr_t)&region, .vec_len = 1, .return_mask = PAGE_IS_PRESENT,
	};
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	bool can = fd >= 0 && ioctl(fd, PAGEMAP_SCAN, &scan) >= 0;

	if (fd >= 0)
		close(fd);
	return can;
}

static void probe(struct child *me, void *arg)
{
	char *at = huge_reserve(thp_size());

	(void)me;
	(void)arg;
	huge_map(at, thp_size());
	huge_write_each(at, thp_size());
	if (!can_scan(at))
		fatal("this kernel cannot tell which are mapped, by PAGEMAP_SCAN");
	errno = 0;
	if (!huge_count(at, thp_size()))
		fatal("the kernel gave none where it was asked for one: memory may be in fragments "
		      "(/proc/sys/vm/compact_memory)");
}

void measure_probe(void)
{
	struct outcome *outcome = shared(sizeof(*outcome));

	run("THPs", outcome->why, probe, NULL);
	munmap(outcome, sizeof(*outcome));
}
