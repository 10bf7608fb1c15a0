// SPDX-License-Identifier: GPL-2.0
#include <sched.h>

#include "file.h"
#include "insn.h"
#include "report.h"

#ifdef __x86_64__

#define LOOPS		100000
#define INSN_A_LOOP	2

uint64_t insn_now(void)
{
	return __builtin_ia32_rdtsc();
}

static uint64_t cost_of_loops(void)
{
	uint64_t start = insn_now();
	unsigned long left = LOOPS;

	__asm__ volatile("1:	dec %0\n"
		     "	jnz 1b" : "+r" (left) : : "cc");
	return insn_now() - start;
}

bool insn_counts(void)
{
	const uint64_t want = LOOPS * INSN_A_LOOP;

	/* A timer interrupt may hit one try, not all. */
	for (int i = 0; i < 5; i++) {
		uint64_t cost = cost_of_loops();

		if (cost >= want && cost < want + want / 100)
			return true;
	}
	return false;
}

#else

uint64_t insn_now(void)
{
	return 0;
}

bool insn_counts(void)
{
	return false;
}

#endif

void insn_alone(void)
{
	const struct sched_param param = { .sched_priority = 1 };

	file_must_write("/proc/sys/kernel/sched_rt_runtime_us", "-1");
	if (sched_setscheduler(0, SCHED_FIFO, &param))
		fatal("SCHED_FIFO");
}
