// SPDX-License-Identifier: GPL-2.0
#include "../lib/insn.h"
#include "../lib/report.h"
#include "metric.h"

void metric(const char *prefix, const char *name, long value, const char *unit)
{
	report_raw("{\"metric\":\"%s_%s\",\"value\":%ld,\"unit\":\"%s\"}",
		   prefix, name, value, unit);
}

void metric_tables(const char *name, const struct tables *before,
		   const struct tables *after)
{
	metric(name, "pagetables", after->system - before->system, "bytes");
	metric(name, "vmpte", after->process - before->process, "bytes");
}

void metric_insn(const char *name, uint64_t total, long thps)
{
	static int counts = -1;

	if (counts < 0)
		counts = insn_counts();
	if (counts)
		metric("insn", name, (total + thps / 2) / thps,
		       "instructions");
}
