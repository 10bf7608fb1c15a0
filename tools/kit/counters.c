// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../../guest/lib/file.h"
#include "../../guest/lib/report.h"
#include "counters.h"

#define DTLB_MISSES(op)	(PERF_COUNT_HW_CACHE_DTLB | PERF_COUNT_HW_CACHE_OP_##op << 8 | \
			 PERF_COUNT_HW_CACHE_RESULT_MISS << 16)

static const struct {
	const char *name;
	uint32_t type;
	uint64_t config;
} events[NR_FIGURES] = {
	[NS]		    = { "ns", 0, 0 },
	[CYCLES]	    = { "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	[INSTRUCTIONS]	    = { "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
	[CACHE_MISSES]	    = { "cache_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES },
	[DTLB_LOAD_MISSES]  = { "dtlb_load_misses", PERF_TYPE_HW_CACHE, DTLB_MISSES(READ) },
	[DTLB_STORE_MISSES] = { "dtlb_store_misses", PERF_TYPE_HW_CACHE, DTLB_MISSES(WRITE) },
	[CPU_NS]	    = { "cpu_ns", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK },
	[PAGE_FAULTS]	    = { "page_faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS },
	[CONTEXT_SWITCHES]  = { "context_switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES },
};

static const enum figure groups[NR_GROUPS][GROUP_SIZE] = {
	{ CYCLES, INSTRUCTIONS, CACHE_MISSES, CPU_NS },
	{ DTLB_LOAD_MISSES, DTLB_STORE_MISSES, PAGE_FAULTS, CONTEXT_SWITCHES },
};

const char *figure_name(enum figure f)
{
	return events[f].name;
}

uint64_t clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/*
 * User space and kernel, where nearly all of an operation is; this process and its
 * children, in which exits are.
 */
static int event_open(enum figure f)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = events[f].type,
		.config = events[f].config,
		.inherit = 1,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static void explain(char *why, size_t size, int error)
{
	char paranoid[32];

	switch (error) {
	case EACCES:
	case EPERM:
		if (file_read("/proc/sys/kernel/perf_event_paranoid", paranoid, sizeof(paranoid)) <= 0)
			strcpy(paranoid, "unknown");
		paranoid[strcspn(paranoid, "\n")] = '\0';
		snprintf(why, size, "not permitted: kernel.perf_event_paranoid is %s (1 or less, or CAP_PERFMON), "
			 "or a container forbids it", paranoid);
		break;
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
	case EINVAL:
		snprintf(why, size, "this CPU does not count it, or its hypervisor hides that");
		break;
	case ENOSYS:
		snprintf(why, size, "this kernel has no perf events, or a container hides them");
		break;
	default:
		snprintf(why, size, "perf_event_open(): %s", strerror(error));
	}
}

struct counters counters_try(void)
{
	struct counters c = { 0 };
	int fd;

	for (enum figure f = CYCLES; f < NR_FIGURES; f++) {
		fd = event_open(f);
		if (fd < 0)
			explain(c.why[f], sizeof(c.why[f]), errno);
		else
			close(fd);
	}
	return c;
}

bool group_open(const struct counters *c, unsigned int number, struct group *g)
{
	bool any = false;

	for (size_t i = 0; i < GROUP_SIZE; i++) {
		enum figure f = groups[number][i];

		g->figures[i] = f;
		g->fds[i] = -1;
		if (*c->why[f])
			continue;
		g->fds[i] = event_open(f);
		if (g->fds[i] < 0)
			fatal("perf event %s", events[f].name);
		any = true;
	}
	return any;
}

void group_read(const struct group *g, struct reading *readings)
{
	for (size_t i = 0; i < GROUP_SIZE; i++)
		if (g->fds[i] >= 0 &&
		    read(g->fds[i], &readings[i], sizeof(readings[i])) != sizeof(readings[i]))
			fatal("reading perf event %s", events[g->figures[i]].name);
}

void group_close(struct group *g)
{
	for (size_t i = 0; i < GROUP_SIZE; i++)
		if (g->fds[i] >= 0)
			close(g->fds[i]);
}
