// SPDX-License-Identifier: GPL-2.0
#include <sched.h>

#include "cpu.h"
#include "report.h"

void cpu_stay_on(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fatal("sched_setaffinity");
}

void cpu_stay(void)
{
	cpu_stay_on(sched_getcpu());
}
