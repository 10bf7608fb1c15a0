// SPDX-License-Identifier: GPL-2.0
/* Migration of THPs to another memory node and back, by mbind(). */
#include "bench.h"

static int node;

static const char *missing(void)
{
	int any = 0;

	if (!node_two())
		return "one memory node, and two are needed";
	return node_of(&any) < 0 ? "move_pages() is not permitted" : NULL;
}

static void setup(const struct work *w)
{
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
      .undo = work_keep, .missing = missing)
