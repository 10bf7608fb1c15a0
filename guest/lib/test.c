// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

/* Guest seconds, generous: only a hang comes near. */
#define CASE_LIMIT 60

static struct program *programs;

void program_register(struct program *p)
{
	p->next = programs;
	programs = p;
}

const struct program *program_find(const char *name)
{
	const struct program *p;

	for (p = programs; p && strcmp(p->name, name); p = p->next)
		;
	return p;
}

static long read_system(void)
{
	return tables_system();
}

static long read_huge(void)
{
	return vmstat("nr_anon_transparent_hugepages");
}

static void body_in_child(struct child *me, void *arg)
{
	void (**body)(void) = arg;

	(void)me;
	/* No page of the program itself is faulted in while it counts. */
	if (mlockall(MCL_CURRENT) || munlockall())
		fatal("mlockall");
	(*body)();
}

static char *underscores_to_spaces(const char *name)
{
	char *text = strdup(name);

	for (char *at = text; at && *at; at++)
		if (*at == '_')
			*at = ' ';
	return text;
}

static int run_once(void (*body)(void), unsigned int limit)
{
	struct child c = child_start(body_in_child, &body);
	int status = child_reap(c.pid, limit);

	child_close(&c);
	return status;
}

/*
 * The kernel's own tables grow now and then, as for a stack in vmalloc space,
 * and stay. A @body that leaks does so in every run, silent ones too.
 */
static bool leaks_again(void (*body)(void), unsigned int limit)
{
	long before;
	bool well;

	for (int i = 0; i < 2; i++) {
		before = tables_system();
		report_mute(true);
		well = !run_once(body, limit);
		report_mute(false);
		/* What ends before it leaks proves nothing. */
		if (!well)
			return true;
		if (settle(read_system, before) == before)
			return false;
	}
	return true;
}

void case_run_for(const char *name, void (*body)(void), unsigned int limit)
{
	long system = tables_system();
	long huge = read_huge();
	char *prefix = underscores_to_spaces(name);
	bool well;
	long now;

	report_prefix_push(prefix);
	well = report(run_once(body, limit) == 0, "ends well");
	now = settle(read_system, system);
	if (now != system)
		report_note("PageTables was %ld, is %ld bytes", system, now);
	report(now == system || (well && !leaks_again(body, limit)),
	       "no page table is left after exit");
	now = settle(read_huge, huge);
	if (!report(now == huge, "no huge page is left after exit"))
		report_note("AnonHugePages was %ld, is %ld THPs", huge, now);
	report_prefix_pop();
	free(prefix);
}

void case_run(const char *name, void (*body)(void))
{
	case_run_for(name, body, CASE_LIMIT);
}

static void (*do_part)(size_t first, size_t pages);

static void first_page(void)
{
	do_part(0, 1);
}

static void last_page(void)
{
	do_part(thp_pages() - 1, 1);
}

static void middle(void)
{
	do_part(thp_pages() / 4, thp_pages() / 2);
}

void cases_of_parts(void (*part)(size_t first, size_t pages))
{
	do_part = part;
	CASE(first_page);
	CASE(last_page);
	CASE(middle);
}
