/* SPDX-License-Identifier: GPL-2.0 */
/* Figures of the demo, one JSON object a line on standard output. */
#ifndef GUEST_METRIC_H
#define GUEST_METRIC_H

#include <stdint.h>

#include "../lib/tables.h"

/* {"metric":"<@prefix>_<@name>","value":@value,"unit":"@unit"} */
void metric(const char *prefix, const char *name, long value, const char *unit);

/*
 * What page tables rose by from @before to @after: <@name>_pagetables and
 * <@name>_vmpte, in bytes.
 */
void metric_tables(const char *name, const struct tables *before,
		   const struct tables *after);

/* insn_<@name>: @total instructions divided among @thps THPs. */
void metric_insn(const char *name, uint64_t total, long thps);

#endif
