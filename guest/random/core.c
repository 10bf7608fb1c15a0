// SPDX-License-Identifier: GPL-2.0
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/file.h"
#include "../lib/report.h"
#include "core.h"

#define PATTERN		"/proc/sys/kernel/core_pattern"
#define CORE		"/core.room."
#define MOST_PARTS	512

static bool begun;

struct core {
	int fd;
	size_t parts;
	ElfW(Phdr) part[MOST_PARTS];
};

bool core_begin(void)
{
	begun = !file_write(PATTERN, CORE "%p");
	return begun;
}

static _Noreturn void dump(void)
{
	const struct rlimit most = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_CORE, &most);
	signal(SIGABRT, SIG_DFL);
	abort();
}

static void core_open(struct core *core, const char *path)
{
	ElfW(Ehdr) head;
	ssize_t size;

	core->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (core->fd < 0 ||
	    pread(core->fd, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) || head.e_phnum > MOST_PARTS)
		fatal("reading %s", path);
	core->parts = head.e_phnum;
	size = head.e_phnum * sizeof(core->part[0]);
	if (pread(core->fd, core->part, size, head.e_phoff) != size)
		fatal("reading %s", path);
}

/* The word at @addr. Memory that was never touched is left out: it is zero. */
static uint32_t core_word(const struct core *core, uintptr_t addr)
{
	uint32_t value = 0;

	for (size_t i = 0; i < core->parts; i++) {
		const ElfW(Phdr) *p = &core->part[i];

		if (p->p_type == PT_LOAD && addr >= p->p_vaddr &&
		    addr - p->p_vaddr < p->p_filesz &&
		    pread(core->fd, &value, sizeof(value),
			  p->p_offset + addr - p->p_vaddr) != sizeof(value))
			fatal("reading a core");
	}
	return value;
}

static void compare(struct room *room, const struct core *core)
{
	for (size_t i = 0; i < room->pages; i++) {
		const struct page *p = &room->page[i];
		uint32_t want = p->wiped ? 0 : p->stamp;
		uint32_t now;

		if (p->unsure || p->child_unsure || p->left_out || !page_open(p))
			continue;
		now = core_word(core, (uintptr_t)region_page(&room->r, i) + p->at);
		if (now != want && !(p->lazy && !now))
			room->mismatch(i, p, "is something else in a core dump");
	}
}

void core_check(struct room *room)
{
	static struct core core;
	char path[32];
	int status;
	pid_t pid;

	if (!begun)
		return;
	pid = fork();
	if (!pid)
		dump();
	if (pid < 0)
		return;
	if (waitpid(pid, &status, 0) != pid)
		fatal("waiting for a child that dumps core");
	snprintf(path, sizeof(path), CORE "%d", pid);
	if (WIFSIGNALED(status) && WCOREDUMP(status)) {
		core_open(&core, path);
		compare(room, &core);
		close(core.fd);
	} else {
		room->mismatch(0, &room->page[0], "a child has not dumped core");
	}
	unlink(path);
}
