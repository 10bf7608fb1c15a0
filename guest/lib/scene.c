// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <sys/mman.h>

#include "access.h"
#include "pattern.h"
#include "scene.h"
#include "size.h"

int scene_munmap(struct scene *s)
{
	return munmap(s->at, page_size()) ? errno : 0;
}

int scene_mprotect(struct scene *s)
{
	return mprotect(s->at, page_size(), PROT_READ) ? errno : 0;
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
