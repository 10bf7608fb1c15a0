// SPDX-License-Identifier: GPL-2.0
/*
 * What is done to one page of a THP that is swapped out by its PMD, to some, or to
 * all of it: that happens to those pages, and the others come back as they were.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"

#define SWAP_SIZE	(64 * thp_size())
#define SEED		1

/* The pages that a call is for. */
struct part {
	struct region r;
	size_t first;
	size_t pages;
};

enum after {
	KEPT,			/* they hold what they held */
	ZERO,			/* they read zero */
	GONE,			/* they cannot be read */
};

struct call {
	const char *name;
	void (*act)(const struct part *p);
	enum after after;
	const char *(*missing)(void);	/* NULL, or says why not here */
};

static char *start(const struct part *p)
{
	return region_page(&p->r, p->first);
}

static size_t size(const struct part *p)
{
	return p->pages * page_size();
}

static void advise(const struct part *p, int advice)
{
	if (madvise(start(p), size(p), advice))
		fatal("madvise %d", advice);
}

static void protect(const struct part *p, int protection)
{
	if (mprotect(start(p), size(p), protection))
		fatal("mprotect");
}

static void call_munmap(const struct part *p)
{
	if (munmap(start(p), size(p)))
		fatal("munmap");
}

static void call_mprotect(const struct part *p)
{
	protect(p, PROT_READ);
	report(!can_write(start(p)), "not writable");
	protect(p, PROT_READ | PROT_WRITE);
	report(can_write(start(p)), "writable");
}

static void call_mprotect_none(const struct part *p)
{
	protect(p, PROT_NONE);
	report(!can_read(start(p)), "not readable");
	protect(p, PROT_READ | PROT_WRITE);
}

static void call_mremap(const struct part *p)
{
	char *spare = region_thp(&p->r, 2) + p->first * page_size();

	if (mremap(start(p), size(p), size(p), MREMAP_MAYMOVE | MREMAP_FIXED,
		   spare) != spare)
		fatal("mremap");
	if (p->pages == thp_pages())
		report(pagemap_count(spare, p->pages, PAGEMAP_SWAPPED) ==
		       p->pages, "still swapped out");
	report(pattern_holds(spare, p->pages, SEED, p->first), "moved");
	if (mremap(spare, size(p), size(p), MREMAP_MAYMOVE | MREMAP_FIXED,
		   start(p)) != start(p))
		fatal("mremap back");
}

static void call_mlock(const struct part *p)
{
	if (mlock(start(p), size(p)))
		fatal("mlock");
	report(pagemap_count(start(p), p->pages, PAGEMAP_PRESENT) == p->pages,
	       "present");
	if (munlock(start(p), size(p)))
		fatal("munlock");
}

static void call_dontneed(const struct part *p)
{
	advise(p, MADV_DONTNEED);
}

static void call_free(const struct part *p)
{
	advise(p, MADV_FREE);
	report(pagemap_count(start(p), p->pages, PAGEMAP_SWAPPED) == 0,
	       "no longer swapped out");
}

static void call_cold(const struct part *p)
{
	advise(p, MADV_COLD);
}

static void call_pageout(const struct part *p)
{
	advise(p, MADV_PAGEOUT);
}

static bool in_core(const struct part *p)
{
	unsigned char vec[16384];

	if (p->pages > sizeof(vec) || mincore(start(p), size(p), vec))
		fatal("mincore");
	for (size_t i = 0; i < p->pages; i++)
		if (!(vec[i] & 1))
			return false;
	return true;
}

static void call_willneed(const struct part *p)
{
	advise(p, MADV_WILLNEED);
	for (int i = 0; !in_core(p) && i < 100; i++)
		usleep(10000);
	report(in_core(p), "mincore: it was read");
}

static void call_populate(const struct part *p)
{
	advise(p, MADV_POPULATE_READ);
	report(pagemap_count(start(p), p->pages, PAGEMAP_PRESENT) == p->pages,
	       "present");
}

static void call_nohuge(const struct part *p)
{
	advise(p, MADV_NOHUGEPAGE);
	(void)*(volatile char *)start(p);
	report(!pagemap_is_huge(p->r.base), "not mapped as a THP");
}

static void call_guard(const struct part *p)
{
	advise(p, MADV_GUARD_INSTALL);
	report(!can_read(start(p)), "guarded");
	advise(p, MADV_GUARD_REMOVE);
}

/* Of all of it alone. */
static void call_collapse(const struct part *p)
{
	advise(p, MADV_COLLAPSE);
	report(pagemap_is_huge(p->r.base), "a THP");
}

static bool soft_dirty(const struct part *p)
{
	return pagemap_count(start(p), p->pages, PAGEMAP_SOFT_DIRTY) == p->pages;
}

static void call_clear_refs(const struct part *p)
{
	bool known = soft_dirty(p);

	file_must_write("/proc/self/clear_refs", "4");
	if (!known)
		return;
	report(!pagemap_count(start(p), p->pages, PAGEMAP_SOFT_DIRTY),
	       "not soft-dirty");
	(void)*(volatile char *)start(p);
	report(!(pagemap_entry(start(p)) & PAGEMAP_SOFT_DIRTY),
	       "nor when it was read");
	*(volatile char *)start(p) = *start(p);
	report(pagemap_entry(start(p)) & PAGEMAP_SOFT_DIRTY,
	       "soft-dirty when it was written");
}

static void call_uffd_wp(const struct part *p)
{
	int uffd = uffd_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP);

	uffd_register(uffd, p->r.base, thp_size(), UFFDIO_REGISTER_MODE_WP);
	if (uffd_protect(uffd, start(p), size(p), 1))
		fatal("UFFDIO_WRITEPROTECT");
	report(pagemap_count(start(p), p->pages, PAGEMAP_UFFD_WP) == p->pages,
	       "protected while it is out");
	(void)*(volatile char *)start(p);
	report(pagemap_count(start(p), p->pages, PAGEMAP_UFFD_WP) == p->pages,
	       "and when it was read");
	if (uffd_protect(uffd, start(p), size(p), 0))
		fatal("UFFDIO_WRITEPROTECT");
	report(!pagemap_count(start(p), p->pages, PAGEMAP_UFFD_WP),
	       "no longer protected");
	report(can_write(start(p)), "writable");
	close(uffd);
}

static void call_uffd_move(const struct part *p)
{
	struct region r = p->r;
	int uffd = uffd_open(UFFD_FEATURE_MOVE);
	char *to = region_thp(&r, 2) + p->first * page_size();

	region_map(&r, 2, 1);
	uffd_register(uffd, region_thp(&r, 2), thp_size(),
		      UFFDIO_REGISTER_MODE_MISSING);
	uffd_register(uffd, r.base, thp_size(), UFFDIO_REGISTER_MODE_MISSING);
	report(uffd_move(uffd, to, start(p), size(p)) == (long)size(p), "moved");
	report(pattern_holds(to, p->pages, SEED, p->first), "contents");
	/* What is there, swapped out or not, is not replaced. */
	if (p->pages < thp_pages())
		report(uffd_move(uffd, region_page(&r, p->first ? 0 : p->pages),
				 to, page_size()) < 0, "EEXIST");
	report(uffd_move(uffd, start(p), to, size(p)) == (long)size(p), "back");
	close(uffd);
}

static void a_child(struct child *me, void *arg)
{
	const struct part *p = arg;

	report(pattern_holds(start(p), p->pages, SEED, p->first),
	       "contents in a child");
	memset(start(p), 1, size(p));
	child_pause(me);
}

static void call_fork(const struct part *p)
{
	struct child c = child_start(a_child, (void *)p);

	child_wait_pause(&c);
	report(pattern_holds(start(p), p->pages, SEED, p->first),
	       "what the child writes is its own");
	memset(start(p), 2, size(p));
	child_go(&c);
	child_end(&c);
	pattern_fill(start(p), p->pages, SEED, p->first);
}

static const struct call calls[] = {
	{ .name = "munmap", .act = call_munmap, .after = GONE },
	{ .name = "mprotect", .act = call_mprotect, .after = KEPT },
	{ .name = "mprotect none", .act = call_mprotect_none, .after = KEPT },
	{ .name = "mremap", .act = call_mremap, .after = KEPT },
	{ .name = "mlock", .act = call_mlock, .after = KEPT },
	{ .name = "MADV_DONTNEED", .act = call_dontneed, .after = ZERO },
	{ .name = "MADV_FREE", .act = call_free, .after = ZERO },
	{ .name = "MADV_COLD", .act = call_cold, .after = KEPT },
	{ .name = "MADV_PAGEOUT", .act = call_pageout, .after = KEPT },
	{ .name = "MADV_WILLNEED", .act = call_willneed, .after = KEPT },
	{ .name = "MADV_POPULATE_READ", .act = call_populate, .after = KEPT },
	{ .name = "MADV_NOHUGEPAGE", .act = call_nohuge, .after = KEPT },
	{ .name = "MADV_GUARD_INSTALL", .act = call_guard, .after = ZERO,
	  .missing = guards_missing },
	{ .name = "MADV_COLLAPSE", .act = call_collapse, .after = KEPT },
	{ .name = "clear_refs", .act = call_clear_refs, .after = KEPT },
	{ .name = "UFFDIO_WRITEPROTECT", .act = call_uffd_wp, .after = KEPT,
	  .missing = uffd_protect_missing },
	{ .name = "UFFDIO_MOVE", .act = call_uffd_move, .after = KEPT,
	  .missing = uffd_move_missing },
	{ .name = "fork", .act = call_fork, .after = KEPT },
};

static const struct call *call;

static void part(size_t first, size_t pages)
{
	struct part p = { region_of_thps(1, SEED), first, pages };
	long swap = file_field("/proc/self/status", "VmSwap:");
	size_t end = first + pages;

	swap_out_by_pmd(&p.r);
	call->act(&p);
	report(region_holds(&p.r, 0, first) &&
	       region_holds(&p.r, end, thp_pages() - end),
	       "the others are intact");
	switch (call->after) {
	case KEPT:
		report(region_holds(&p.r, first, pages), "contents");
		break;
	case ZERO:
		report(pattern_zero(start(&p), pages), "zeroes");
		break;
	case GONE:
		report(!can_read(start(&p)) &&
		       !can_read(region_page(&p.r, end) - 1), "gone");
		break;
	}
	report(file_field("/proc/self/status", "VmSwap:") == swap, "VmSwap");
}

static void whole(void)
{
	part(0, thp_pages());
}

static size_t count(const char *at, uint64_t bit)
{
	return pagemap_count(at, thp_pages(), bit);
}

static void clear_soft_dirty(void)
{
	file_must_write("/proc/self/clear_refs", "4");
}

static void soft_dirty_stays(void)
{
	struct region r = region_of_thps(1, SEED);

	clear_soft_dirty();
	swap_out_by_pmd(&r);
	report(!count(r.base, PAGEMAP_SOFT_DIRTY), "clean: out");
	(void)*(volatile char *)r.base;
	report(!count(r.base, PAGEMAP_SOFT_DIRTY), "clean: in");
	region_fill(&r, SEED);
	swap_out_by_pmd(&r);
	report(count(r.base, PAGEMAP_SOFT_DIRTY) == thp_pages(), "written: out");
	(void)*(volatile char *)r.base;
	report(pagemap_is_huge(r.base) &&
	       count(r.base, PAGEMAP_SOFT_DIRTY) == thp_pages(), "written: in");
	swap_out_by_pmd(&r);
	if (madvise(r.base, page_size(), MADV_DONTNEED))
		fatal("MADV_DONTNEED");
	report(pagemap_count(r.base + page_size(), thp_pages() - 1,
			     PAGEMAP_SWAPPED | PAGEMAP_SOFT_DIRTY) ==
	       thp_pages() - 1, "written: split");
}

static void moved_is_soft_dirty(void)
{
	struct region r = region_of_thps(1, SEED);
	char *spare = region_thp(&r, 2);

	clear_soft_dirty();
	swap_out_by_pmd(&r);
	if (mremap(r.base, thp_size(), thp_size(),
		   MREMAP_MAYMOVE | MREMAP_FIXED, spare) != spare)
		fatal("mremap");
	report(count(spare, PAGEMAP_SWAPPED | PAGEMAP_SOFT_DIRTY) ==
	       thp_pages(), "swapped out, and soft-dirty");
}

/* At a fault userfaultfd sees pages; swapoff maps all at once. */
static void protection_stays(void)
{
	struct region r = region_of_thps(1, SEED);
	int uffd = uffd_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP);

	uffd_register(uffd, r.base, thp_size(), UFFDIO_REGISTER_MODE_WP);
	if (uffd_protect(uffd, r.base, thp_size(), 1))
		fatal("UFFDIO_WRITEPROTECT");
	swap_out_by_pmd(&r);
	report(count(r.base, PAGEMAP_UFFD_WP) == thp_pages(), "out");
	report(swap_leave(), "swapoff");
	report(pagemap_is_huge(r.base) &&
	       count(r.base, PAGEMAP_UFFD_WP) == thp_pages(), "in");
	swap_return();
	close(uffd);
}

static void nothing_is_moved_onto_it(void)
{
	struct region r = region_of_thps(2, SEED);
	const struct region to = { .base = r.base, .thps = 1, .seed = SEED };
	int uffd = uffd_open(UFFD_FEATURE_MOVE);

	uffd_register(uffd, r.base, 2 * thp_size(), UFFDIO_REGISTER_MODE_MISSING);
	swap_out_by_pmd(&to);
	report(uffd_move(uffd, r.base, region_thp(&r, 1), page_size()) < 0 &&
	       errno == EEXIST, "UFFDIO_MOVE of a page: EEXIST");
	report(uffd_move(uffd, r.base, region_thp(&r, 1), thp_size()) < 0 &&
	       errno == EEXIST, "UFFDIO_MOVE of a THP: EEXIST");
	close(uffd);
	report(region_intact(&r), "contents");
}

static void bits_stay(void)
{
	if (pagemap_knows_soft_dirty()) {
		CASE(soft_dirty_stays);
		CASE(moved_is_soft_dirty);
	} else {
		report_skip("this kernel tracks no soft-dirty pages");
	}
	if (!uffd_protect_missing())
		CASE(protection_stays);
	else
		report_skip("%s", uffd_protect_missing());
	if (!uffd_move_missing())
		CASE(nothing_is_moved_onto_it);
	else
		report_skip("%s", uffd_move_missing());
}

TEST("swap-pmd-part")
{
	const char *missing;

	if (!swap_on_by_pmd(SWAP_SIZE))
		return;
	bits_stay();
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		call = &calls[i];
		report_prefix_push(call->name);
		missing = call->missing ? call->missing() : NULL;
		if (missing) {
			report_skip("%s", missing);
		} else {
			CASE(whole);
			if (call->act != call_collapse)
				cases_of_parts(part);
		}
		report_prefix_pop();
	}
	swap_off();
}
