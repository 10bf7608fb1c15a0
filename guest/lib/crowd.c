// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "crowd.h"
#include "report.h"
#include "size.h"

/* Guest seconds, generous: only a hang comes near. */
#define LIMIT		120

struct crowd_report {
	atomic_uint looked;
	atomic_uint intact;
};

/* In a child: writes to no page that it shares, but for the stack. */
static _Noreturn void wait_at(const int gate[2], const struct region *r,
			      struct crowd_report *found)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(gate[1]);
	if (read(gate[0], &byte, 1) == 1) {
		if (region_intact(r))
			found->intact++;
		found->looked++;
	}
	_exit(EXIT_SUCCESS);
}

struct crowd crowd_start(size_t count, const struct region *r)
{
	struct crowd c = { .count = count };
	int gate[2];

	c.pid = calloc(count, sizeof(*c.pid));
	c.report = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!c.pid || c.report == MAP_FAILED || pipe(gate))
		fatal("a crowd of %zu", count);
	for (size_t i = 0; i < count; i++) {
		c.pid[i] = fork();
		if (c.pid[i] < 0)
			fatal("fork %zu of %zu", i, count);
		if (!c.pid[i])
			wait_at(gate, r, c.report);
	}
	close(gate[0]);
	c.gate = gate[1];
	return c;
}

bool crowd_finds_intact(struct crowd *c, size_t some)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	unsigned int want = c->report->looked + some;

	for (size_t i = 0; i < some; i++)
		if (write(c->gate, "", 1) != 1)
			fatal("the crowd is gone");
	for (int i = 0; c->report->looked < want && i < LIMIT * 50; i++)
		nanosleep(&pause, NULL);
	return c->report->looked == want && c->report->intact == want;
}

void crowd_end(struct crowd *c)
{
	size_t badly = 0;

	close(c->gate);
	for (size_t i = 0; i < c->count; i++)
		badly += child_reap(c->pid[i], LIMIT) != 0;
	if (badly)
		report(false, "%zu of %zu children end well",
		       c->count - badly, c->count);
	munmap(c->report, page_size());
	free(c->pid);
}
