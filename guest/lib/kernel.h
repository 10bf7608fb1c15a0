/* SPDX-License-Identifier: GPL-2.0 */
/* What differs from kernel to kernel and cannot be asked for. */
#ifndef GUEST_KERNEL_H
#define GUEST_KERNEL_H

#include <stdbool.h>

/* Whether the kernel is Linux @version.@patchlevel or newer. */
bool kernel_since(unsigned int version, unsigned int patchlevel);

/*
 * Whether a write fault on the huge zero page maps a THP in its place, as it
 * does since 6.13; before, it split the PMD and mapped one page.
 */
bool huge_zero_is_replaced_whole(void);

/*
 * Whether the stack of a process in the kernel lies in vmalloc space:
 * undeposit.vmap_stack=1 on the kernel command line.
 */
bool stacks_in_vmalloc(void);

/*
 * Whether a page table is charged to a memory cgroup: undeposit.charge=0 on the
 * kernel command line for an architecture that charges none (sparc).
 */
bool tables_are_charged(void);

#endif
