/* SPDX-License-Identifier: GPL-2.0 */
/* Memory nodes, by system calls: there is no libnuma in the guest. */
#ifndef GUEST_NODE_H
#define GUEST_NODE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether nodes 0 and 1 have memory. */
bool node_two(void);

/* The node of the page at @addr, or a negative errno. */
int node_of(void *addr);

/*
 * Moves the page at @addr, with the folio that it belongs to, to @node, in
 * every process that maps it; its node afterwards, or a negative errno.
 */
int node_move(void *addr, int node);

/*
 * Moves the folio at @addr between nodes 0 and 1, @moves times by one system
 * call; 0, or -1 with errno. The last of an even number brings it back.
 */
int node_shuttle(void *addr, size_t moves);

/* Binds @size bytes to @node and moves what is elsewhere; 0 or -1 with errno. */
int node_bind(void *addr, size_t size, int node);

#endif
