// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cgroup.h"
#include "child.h"
#include "fail.h"
#include "reclaim.h"
#include "report.h"
#include "size.h"

void reclaim_range(void *at, size_t size)
{
	if (madvise(at, size, MADV_PAGEOUT))
		fatal("MADV_PAGEOUT");
}

bool reclaim_region(const struct region *r)
{
	for (int i = 0; !region_is_swapped(r) && i < RECLAIM_MOST; i++)
		cgroup_reclaim();
	return region_is_swapped(r);
}

static struct child reclaimer;

static struct order {
	unsigned int nth;
	bool failed;
} *order;

static void reclaim_on_order(struct child *me, void *arg)
{
	int fd = cgroup_open("memory.reclaim", O_WRONLY);

	(void)arg;
	cgroup_leave();
	for (;;) {
		child_pause(me);
		if (order->nth)
			fail_nth(order->nth);
		if (cgroup_reclaim_through(fd))
			_exit(EXIT_FAILURE);
		order->failed = order->nth && fail_nth_end();
	}
}

void reclaimer_start(void)
{
	order = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (order == MAP_FAILED)
		fatal("mmap");
	reclaimer = child_start(reclaim_on_order, NULL);
	child_wait_pause(&reclaimer);
}

void reclaimer_end(void)
{
	kill(reclaimer.pid, SIGKILL);
	child_reap(reclaimer.pid, 10);
	child_close(&reclaimer);
}

bool reclaimer_run(unsigned int nth)
{
	order->nth = nth;
	child_go(&reclaimer);
	child_wait_pause(&reclaimer);
	return order->failed;
}
