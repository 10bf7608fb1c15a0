// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "access.h"
#include "pagemap.h"
#include "pattern.h"
#include "report.h"
#include "scene.h"
#include "size.h"
#include "uapi.h"
#include "uffd.h"

int scene_munmap(struct scene *s)
{
	return munmap(s->at, page_size()) ? errno : 0;
}

int scene_mprotect(struct scene *s)
{
	return mprotect(s->at, page_size(), PROT_READ) ? errno : 0;
}

void scene_huge_zero(struct scene *s)
{
	if (madvise(s->r.base, thp_size(), MADV_DONTNEED) ||
	    !can_read(s->r.base) || !pagemap_is_huge_zero(s->r.base))
		fatal("no huge zero page");
	s->r.seed = REGION_ZERO;
}

void scene_watch_writes(struct scene *s)
{
	s->fd = uffd_open(UFFD_FEATURE_WP_ASYNC);
	if (s->fd < 0)
		fatal("userfaultfd");
	uffd_register(s->fd, s->r.base, thp_size(), UFFDIO_REGISTER_MODE_WP);
	if (uffd_protect(s->fd, s->r.base, thp_size(), 1))
		fatal("UFFDIO_WRITEPROTECT");
}

void scene_unwatch(struct scene *s)
{
	close(s->fd);
}

bool scene_gone(struct scene *s)
{
	return !can_read(s->at) && scene_rest_intact(s);
}

bool scene_zero(struct scene *s)
{
	return pattern_zero(s->at, 1) && scene_rest_intact(s);
}

bool scene_read_only(struct scene *s)
{
	return !can_write(s->at) && can_write(s->at + page_size()) &&
	       can_write(s->at - 1) && region_intact(&s->r);
}

static volatile sig_atomic_t told;

static void on_bus(int sig)
{
	told = sig;
}

static char *poisoned_page(const struct scene *s, long call)
{
	return s->at + call * page_size();
}

/* A page of the program that is copied when it is written first: now. */
void scene_poison_ready(struct scene *s)
{
	(void)s;
	told = 0;
}

int scene_poison(struct scene *s)
{
	const struct sigaction action = { .sa_handler = on_bus };
	struct sigaction old;
	int error;

	told = 0;
	sigaction(SIGBUS, &action, &old);
	error = madvise(poisoned_page(s, s->value++), page_size(),
			MADV_HWPOISON) ? errno : 0;
	sigaction(SIGBUS, &old, NULL);
	return error;
}

bool scene_poison_told(void)
{
	return told;
}

bool scene_poisoned(struct scene *s)
{
	size_t first = (s->at - s->r.base) / page_size();
	size_t rest = first + s->value;

	return !can_read(poisoned_page(s, s->value - 1)) &&
	       region_holds(&s->r, 0, first) &&
	       region_holds(&s->r, rest, s->r.thps * thp_pages() - rest);
}
