// SPDX-License-Identifier: GPL-2.0
/* Migration of THPs to another memory node and back, by mbind(). */
#include "bench.h"

static int node;

static void setup(const struct work *w)
{
	if (!node_two())
		fatal("one memory node, and two are needed");
	work_populate(w);
	node = node_of(w->at);
	if (node_bind(w->at, w->size, node))
		fatal("mbind");
}

static void move(const struct work *w)
{
	node = !node;
	if (node_bind(w->at, w->size, node))
		fatal("mbind");
}

static void check(const struct work *w)
{
	for (size_t i = 0; i < w->size; i += thp_size())
		if (node_of(w->at + i) != node)
			fatal("not on node %d", node);
	check_huge(w);
}

BENCH(migrate, .thps = 32, .setup = setup, .op = move, .check = check,
      .undo = work_keep)
