/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A test is one file: TEST("name") { CASE(f); CASE(g); }, where each case is
 * a static function named after what it proves. A demo program is registered
 * alike with PROGRAM("name").
 */
#ifndef GUEST_TEST_H
#define GUEST_TEST_H

#include <stdbool.h>
#include <stddef.h>

#include "access.h"
#include "advice.h"
#include "aimed.h"
#include "cgroup.h"
#include "child.h"
#include "cpu.h"
#include "crowd.h"
#include "device.h"
#include "fail.h"
#include "family.h"
#include "file.h"
#include "huge.h"
#include "insn.h"
#include "kernel.h"
#include "limit.h"
#include "node.h"
#include "pagemap.h"
#include "pattern.h"
#include "pin.h"
#include "pressure.h"
#include "reclaim.h"
#include "region.h"
#include "report.h"
#include "scene.h"
#include "size.h"
#include "split.h"
#include "stuck.h"
#include "sweep.h"
#include "swap.h"
#include "tables.h"
#include "uffd.h"
#include "vmas.h"
#include "vmstat.h"
#include "watch.h"
#include "zswap.h"

struct program {
	const char *name;
	bool is_test;		/* says TAP lines; otherwise raw ones */
	bool without_thp;	/* means something without THP, too */
	void (*run)(void);
	struct program *next;
};

void program_register(struct program *p);
const struct program *program_find(const char *name);

#define PROGRAM_(title, test, base_pages)				\
	static void program_run(void);					\
	static struct program program_entry = {				\
		.name = title, .is_test = test,				\
		.without_thp = base_pages, .run = program_run,		\
	};								\
	static void __attribute__((constructor)) program_enlist(void)	\
	{								\
		program_register(&program_entry);			\
	}								\
	static void program_run(void)

#define TEST(title)			PROGRAM_(title, true, false)
#define TEST_OF_ANY_PAGES(title)	PROGRAM_(title, true, true)
#define PROGRAM(title)			PROGRAM_(title, false, false)

/*
 * Runs @body in a process of its own, within a limit, and reports that it
 * ended well and that neither page tables nor huge pages outlive it.
 */
void case_run(const char *name, void (*body)(void));

/* The same for a body that takes up to @limit guest seconds. */
void case_run_for(const char *name, void (*body)(void), unsigned int limit);

#define CASE(body)	case_run(#body, body)

/*
 * Three cases: what @part does to @pages base pages of a THP from number
 * @first, as its first page, its last, and the half in the middle.
 */
void cases_of_parts(void (*part)(size_t first, size_t pages));

#endif
