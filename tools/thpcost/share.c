// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "share.h"

/* 0: the same memory; 1 and 2: an order of those that are not; else -1. */
static long compare_memory(pid_t a, pid_t b)
{
	return syscall(SYS_kcmp, a, b, KCMP_VM, 0, 0);
}

static int by_pid(const struct process *a, const struct process *b)
{
	return (a->pid > b->pid) - (a->pid < b->pid);
}

static int by_memory(const void *a, const void *b)
{
	const struct process *const *p = a, *const *q = b;
	long order = compare_memory((*p)->pid, (*q)->pid);

	return order == 1 ? -1 : order == 2 ? 1 : by_pid(*p, *q);
}

/* Whether numbers in @root are those that this process would use. */
static bool are_ours(const struct root *root)
{
	char self[16] = "";

	return readlinkat(root->proc, "self", self, sizeof(self) - 1) > 0 && atoi(self) == getpid();
}

static size_t remove_dropped(struct process *processes, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (processes[i].pid)
			processes[kept++] = processes[i];
		else
			process_free(&processes[i]);
	}
	return kept;
}

size_t share_once(const struct root *root, struct process *processes, size_t count)
{
	struct process **huge = calloc(count + 1, sizeof(*huge));
	size_t found = 0, first = 0;

	if (!huge || !are_ours(root)) {
		free(huge);
		return count;
	}
	for (size_t i = 0; i < count; i++)
		if (processes[i].cost.thp || processes[i].cost.zero)
			huge[found++] = &processes[i];
	qsort(huge, found, sizeof(*huge), by_memory);
	/* Before the numbers of any are gone. */
	for (size_t i = 1; i < found; i++) {
		if (compare_memory(huge[first]->pid, huge[i]->pid))
			first = i;
		else
			huge[i]->pid = 0;
	}
	free(huge);
	return remove_dropped(processes, count);
}
