// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>

#include "child.h"
#include "family.h"
#include "region.h"
#include "report.h"

static void stay(struct child *me, void *arg)
{
	(void)arg;
	child_pause(me);
}

struct tables family_cost(void)
{
	struct tables cost = { 0 };
	struct child c;
	long before;

	/* The first one also grows what the kernel keeps. */
	for (int i = 0; i < 2; i++) {
		before = tables_system();
		c = child_start(stay, NULL);
		child_wait_pause(&c);
		cost.process = tables_process(c.pid);
		cost.system = tables_system() - before;
		child_go(&c);
		child_end(&c);
	}
	return cost;
}

void family_split_too(struct child *me, void *region)
{
	struct region *r = region;
	struct tables before = tables_read(0);

	child_pause(me);
	report_process_tables(&before, tables_if_split(r->thps), "child");
	report(region_intact(r), "contents in the child");
}
