// SPDX-License-Identifier: GPL-2.0
/*
 * MADV_PAGEOUT of THPs, and what is done to them while they are swapped out: all
 * their base pages read back, or one; fork and munmap. Swap is zram, and every base
 * page holds one word over and over: it is stored, not compressed, so the kernel's own
 * work is not lost in that. zram frees slot by slot: munmap also with a RAM disk, which
 * does not hear of that.
 */
#include "bench.h"

static void setup(const struct work *w)
{
	if (!swap_on(4 * w->size))
		fatal("no zram");
}

static void setup_ram(const struct work *w)
{
	if (!swap_on_ram(4 * w->size))
		fatal("no RAM disk");
}

static void fill(const struct work *w)
{
	huge_map(w->at, w->size);
	for (size_t i = 0; i < w->size; i += page_size()) {
		uint64_t *word = (uint64_t *)(w->at + i);

		for (size_t j = 0; j < page_size() / sizeof(*word); j++)
			word[j] = i + 1;
	}
	check_huge(w);
}

static void page_out(const struct work *w)
{
	if (madvise(w->at, w->size, MADV_PAGEOUT))
		fatal("MADV_PAGEOUT");
}

static void check_out(const struct work *w)
{
	size_t pages = w->size / page_size();

	if (pagemap_count(w->at, pages, PAGEMAP_SWAPPED) != pages)
		fatal("not all is swapped out");
}

static void fill_and_page_out(const struct work *w)
{
	fill(w);
	page_out(w);
}

static void setup_out(const struct work *w)
{
	setup(w);
	fill_and_page_out(w);
}

static void page_in(const struct work *w)
{
	base_read_each(w->at, w->size);
}

static void touch(const struct work *w)
{
	huge_read_each(w->at, w->size);
}

static void fork_child(const struct work *w)
{
	(void)w;
	sharers_start(1);
}

static void end_child(const struct work *w)
{
	(void)w;
	sharers_end();
}

static void unmap(const struct work *w)
{
	huge_unmap(w->at, w->size);
}

static void check_in(const struct work *w)
{
	size_t pages = w->size / page_size();

	if (pagemap_count(w->at, pages, PAGEMAP_PRESENT) != pages)
		fatal("not all is back");
}

static void teardown(const struct work *w)
{
	(void)w;
	swap_off();
}

BENCH(pageout, .thps = 16, .setup = setup, .prepare = fill, .op = page_out,
      .check = check_out, .teardown = teardown, .settings = true)
BENCH(swap_in, .thps = 16, .setup = setup, .prepare = fill_and_page_out,
      .op = page_in, .check = check_in, .teardown = teardown, .settings = true)
BENCH(swap_in_byte, .thps = 16, .setup = setup, .prepare = fill_and_page_out,
      .op = touch, .teardown = teardown, .settings = true)
BENCH(fork_swapped, .thps = 64, .setup = setup_out, .op = fork_child,
      .check = check_out, .undo = end_child, .teardown = teardown, .settings = true)
BENCH(munmap_swapped, .thps = 16, .setup = setup, .prepare = fill_and_page_out,
      .op = unmap, .teardown = teardown, .settings = true)
BENCH(munmap_swapped_ram, .thps = 16, .setup = setup_ram,
      .prepare = fill_and_page_out, .op = unmap, .teardown = teardown,
      .settings = true)
