// SPDX-License-Identifier: GPL-2.0
/*
 * A module from outside of the kernel, for DKMS to build against its headers, which
 * uses what the series changes: struct mm_struct, through mm.h.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/mm.h>

static int __init outside_init(void)
{
	pr_info("outside: %lu pages mapped\n", current->mm ? get_mm_counter(current->mm, MM_ANONPAGES) : 0);
	return 0;
}

static void __exit outside_exit(void)
{
}

module_init(outside_init);
module_exit(outside_exit);
MODULE_DESCRIPTION("built outside of the kernel");
MODULE_LICENSE("GPL");
