// SPDX-License-Identifier: GPL-2.0
/*
 * Devices with memory of their own: where a PMD cannot be split, a page does
 * not become the device's, a THP does not migrate to it in pieces, and what
 * migrated whole is not changed in part.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"

static void attach(struct scene *s)
{
	s->fd = device_open();
}

static void detach(struct scene *s)
{
	close(s->fd);
}

static int call_exclude(struct scene *s)
{
	return device_exclude(s->fd, s->at);
}

/* The driver says ENOENT for a page that did not come. */
static int call_take_in_pieces(struct scene *s)
{
	return device_take_in_pieces(s->fd, s->r.base, thp_size());
}

static void attach_zero_page(struct scene *s)
{
	attach(s);
	if (madvise(s->r.base, thp_size(), MADV_DONTNEED) ||
	    !can_read(s->r.base) || !pagemap_is_huge_zero(s->r.base))
		fatal("no huge zero page");
	s->r.seed = REGION_ZERO;
}

static int call_take_page(struct scene *s)
{
	return device_take(s->fd, s->at, page_size());
}

static void take(struct scene *s)
{
	attach(s);
	if (device_take(s->fd, s->r.base, thp_size()))
		fatal("migrating to the device");
}

static int call_dontneed(struct scene *s)
{
	return madvise(s->at, page_size(), MADV_DONTNEED) ? errno : 0;
}

static const struct sweep sweeps[] = {
	{ "make_device_exclusive of a page", .split_error = ENOMEM,
	  .only_split = true, .set_up = attach, .call = call_exclude, .tear_down = detach },
	{ "migration of a THP to a device in pieces", .split_error = ENOENT,
	  .only_split = true, .set_up = attach, .call = call_take_in_pieces,
	  .tear_down = detach },
	{ "migration of a page of the huge zero page to a device",
	  .split_error = ENOENT, .only_split = true,
	  .set_up = attach_zero_page, .call = call_take_page,
	  .tear_down = detach },
	{ "munmap of a page in device memory", .split_error = ENOMEM,
	  .set_up = take, .call = scene_munmap, .done = scene_gone,
	  .tear_down = detach },
	{ "MADV_DONTNEED of a page in device memory", .must_split = true,
	  .set_up = take, .call = call_dontneed, .done = scene_zero,
	  .tear_down = detach },
	{ "mprotect of a page in device memory", .split_error = ENOMEM,
	  .set_up = take, .call = scene_mprotect, .done = scene_read_only,
	  .tear_down = detach },
};

TEST("fail-device")
{
	if (!kernel_since(6, 19)) {
		report_skip("before Linux 6.19 no device takes a THP as such");
		return;
	}
	if (!device_exists()) {
		report_skip("this kernel has no test_hmm");
		return;
	}
	device_warm_up();
	sweeps_run(SPLIT_OF_PMD, sweeps, sizeof(sweeps) / sizeof(*sweeps));
}
