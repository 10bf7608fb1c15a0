// SPDX-License-Identifier: GPL-2.0
/*
 * How thpcost finds mappings of the huge zero page, on any kernel: exactly, or
 * it says that it does not know and how many there are at the most. It never says
 * 0 for what is there. undeposit.zero=pfn on the kernel command line is for a
 * kernel whose PAGEMAP_SCAN does not see that page, or is not there.
 */
#include <linux/capability.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../tools/thpcost/cost.h"
#include "../lib/test.h"

#define THPS	4
#define THP_SYS	"/sys/kernel/mm/transparent_hugepage/"

/* This process, and how the huge zero page was looked for. */
static struct process read_self(struct kernel *kernel)
{
	struct process self;
	struct root root;

	if (root_open(&root, "/") || kernel_read(&root, kernel))
		fatal("reading the kernel");
	kernel_try_zero(&root, kernel);
	if (process_read(&root, kernel, getpid(), &self))
		fatal("reading this process");
	root_close(&root);
	process_free(&self);
	return self;
}

static enum zero_way way_of_this_kernel(void)
{
	char way[8] = "scan";

	cmdline_value("undeposit.zero=", way, sizeof(way));
	return strcmp(way, "pfn") ? ZERO_SCAN : ZERO_PFN;
}

static void report_found(enum zero_way way, long zeros, const char *what)
{
	struct kernel kernel;
	struct process now = read_self(&kernel);

	report_prefix_push(what);
	report(kernel.zero.way == way, "the way that this kernel has: %d", kernel.zero.way);
	report((long)now.cost.zero == zeros * (long)thp_size(), "%ld huge zero pages", zeros);
	report(now.read && now.zero_read && !now.cost.unseen, "all is seen");
	report_prefix_pop();
}

static void report_unknown(enum zero_way way, long zeros, const char *what)
{
	struct kernel kernel;
	struct process now = read_self(&kernel);

	report_prefix_push(what);
	report(kernel.zero.way == way, "not to be found: %d", kernel.zero.way);
	report(now.read && !now.zero_read && !now.cost.zero, "is said not to be known");
	report((long)now.cost.unseen >= (kernel.hash ? 0 : zeros * (long)table_size()),
	       "at the most %ld tables", (long)now.cost.unseen / (long)table_size());
	report_prefix_pop();
}

/* THPs of address space that read as the huge zero page. */
static struct region zeros(void)
{
	struct region r = region_reserve(THPS);

	region_map(&r, 0, THPS);
	for (size_t i = 0; i < THPS; i++)
		if (!can_read(region_thp(&r, i)))
			fatal("reading");
	return r;
}

static void found(void)
{
	enum zero_way way = way_of_this_kernel();
	struct region r = zeros();

	report_found(way, THPS, "read");
	*region_thp(&r, 1) = 1;
	report_found(way, THPS - 1, "1 written");
	if (munmap(region_page(&r, 0), page_size()))
		fatal("munmap");
	report_found(way, THPS - 2, "1 split");
	if (mprotect(region_thp(&r, 2), thp_size(), PROT_NONE))
		fatal("mprotect");
	report_found(way, THPS - 2, "1 closed");
	if (munmap(r.base, THPS * thp_size()))
		fatal("munmap");
	report_found(way, 0, "unmapped");
}

/* Neither the small zero page nor written THPs are taken for it. */
static void others(void)
{
	struct region r = zeros();
	size_t pages = thp_size() / page_size();

	if (madvise(region_thp(&r, 0), thp_size(), MADV_DONTNEED) ||
	    madvise(region_thp(&r, 0), thp_size(), MADV_NOHUGEPAGE) ||
	    madvise(region_thp(&r, 1), thp_size(), MADV_DONTNEED))
		fatal("madvise");
	for (size_t i = 0; i < pages; i++)
		if (!can_read(region_page(&r, i)))
			fatal("reading");
	*region_thp(&r, 1) = 1;
	report_found(way_of_this_kernel(), THPS - 2, "beside others");
}

/* What is allowed to a user: page frame numbers are not. */
static void without_privileges(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	zeros();
	if (syscall(SYS_capget, &head, data))
		fatal("capget");
	data[0].effective &= ~(1U << CAP_SYS_ADMIN);
	if (syscall(SYS_capset, &head, data))
		fatal("capset");
	if (way_of_this_kernel() == ZERO_SCAN)
		report_found(ZERO_SCAN, THPS, "no CAP_SYS_ADMIN");
	else
		report_unknown(ZERO_CLOSED, THPS, "no CAP_SYS_ADMIN");
}

/* Nothing to try it out with: only a changed kernel is believed. */
static void none_to_try(void)
{
	zeros();
	file_must_write(THP_SYS "use_zero_page", "0");
	if (vmstat("thp_split_pmd_failed") >= 0)
		report_found(ZERO_SCAN, THPS, "no huge zero page for reads");
	else
		report_unknown(ZERO_UNTRIED, THPS, "no huge zero page for reads");
	file_must_write(THP_SYS "use_zero_page", "1");
	file_must_write(THP_SYS "enabled", "never");
	if (vmstat("thp_split_pmd_failed") >= 0)
		report_found(ZERO_SCAN, THPS, "never");
	else
		report_unknown(ZERO_UNTRIED, THPS, "never");
	file_must_write(THP_SYS "enabled", "madvise");
}

TEST("thpcost-zero")
{
	CASE(found);
	CASE(others);
	CASE(without_privileges);
	CASE(none_to_try);
}
