// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "report.h"
#include "vmas.h"

static void end_of_vma(struct vmas *v)
{
	struct vma *last = &v->vma[v->count - 1];
	struct vma *before = last - 1;

	if (v->count > 1 && before->end == last->start &&
	    !strcmp(before->kind, last->kind)) {
		before->end = last->end;
		v->count--;
	}
}

static void read_line(struct vmas *v, char *line, bool *inside,
		      uintptr_t from, uintptr_t to)
{
	unsigned long start, end, kilobytes;
	char perms[8];
	char key[32];
	struct vma *vma;

	if (sscanf(line, "%lx-%lx %7s", &start, &end, perms) == 3) {
		*inside = start >= from && start < to;
		if (!*inside)
			return;
		if (v->count == VMAS_MAX)
			fatal("more than %d VMAs", VMAS_MAX);
		vma = &v->vma[v->count++];
		vma->start = start;
		vma->end = end;
		snprintf(vma->kind, sizeof(vma->kind), "%s", perms);
		return;
	}
	if (!*inside)
		return;
	vma = &v->vma[v->count - 1];
	if (!strncmp(line, "VmFlags:", 8)) {
		size_t len = strlen(vma->kind);
		char *hint = strstr(line, " gu");

		/* "There may be guards here", and it stays: just a hint. */
		if (hint)
			memmove(hint, hint + 3, strlen(hint + 3) + 1);
		snprintf(vma->kind + len, sizeof(vma->kind) - len, "%s",
			 line + 8);
		end_of_vma(v);
	} else if (sscanf(line, "%31[^:]: %lu kB", key, &kilobytes) == 2) {
		if (!strcmp(key, "Rss") || !strcmp(key, "Swap"))
			v->mapped += kilobytes * 1024;
		else if (!strcmp(key, "AnonHugePages"))
			v->huge += kilobytes * 1024;
		if (!strcmp(key, "Swap"))
			v->swapped += kilobytes * 1024;
		else if (!strcmp(key, "SwapPss"))
			v->share += kilobytes * 1024;
	}
}

struct vmas vmas_read(const void *start, const void *end)
{
	static char text[131072];
	struct vmas v = { 0 };
	bool inside = false;
	char *line;
	char *save;

	if (file_read("/proc/self/smaps", text, sizeof(text)) <= 0)
		fatal("reading smaps");
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		read_line(&v, line, &inside, (uintptr_t)start, (uintptr_t)end);
	return v;
}

bool vmas_same(const struct vmas *a, const struct vmas *b)
{
	if (a->count != b->count || a->mapped != b->mapped)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->vma[i].start != b->vma[i].start ||
		    a->vma[i].end != b->vma[i].end ||
		    strcmp(a->vma[i].kind, b->vma[i].kind))
			return false;
	return true;
}

void vmas_note(const struct vmas *v, const char *what)
{
	report_note("%s: %zu bytes mapped, %zu of them huge", what, v->mapped,
		    v->huge);
	for (size_t i = 0; i < v->count; i++)
		report_note("%lx-%lx %s", (unsigned long)v->vma[i].start,
			    (unsigned long)v->vma[i].end, v->vma[i].kind);
}
