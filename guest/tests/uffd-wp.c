// SPDX-License-Identifier: GPL-2.0
/*
 * userfaultfd write-protection of whole THPs keeps them huge; of a part it
 * splits the PMD and protects exactly that part.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/test.h"

#define THPS 2

static int watch(const struct region *r)
{
	/* A write to a protected page is a SIGBUS: no one has to answer. */
	int uffd = uffd_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP |
			     UFFD_FEATURE_SIGBUS);

	if (uffd < 0)
		fatal("userfaultfd");
	uffd_register(uffd, r->base, r->thps * thp_size(),
		      UFFDIO_REGISTER_MODE_WP);
	return uffd;
}

static size_t protected_pages(const struct region *r)
{
	return pagemap_count(r->base, r->thps * thp_pages(), PAGEMAP_UFFD_WP);
}

static void protect(int uffd, void *addr, size_t size, int on)
{
	if (uffd_protect(uffd, addr, size, on))
		fatal("UFFDIO_WRITEPROTECT");
}

static void whole(void)
{
	struct region r = region_of_thps(THPS, 1);
	int uffd = watch(&r);
	struct tables before = tables_read(0);

	protect(uffd, r.base, THPS * thp_size(), 1);
	report(protected_pages(&r) == THPS * thp_pages(), "all protected");
	report(!can_write(r.base), "a write is caught");
	report(region_huge(&r) == THPS, "still huge");
	protect(uffd, r.base, THPS * thp_size(), 0);
	report(protected_pages(&r) == 0 && can_write(r.base), "writable again");
	report(region_intact(&r), "contents");
	report_tables(&before, 0, "no split");
}

static void part(size_t first, size_t pages)
{
	struct region r = region_of_thps(THPS, 2);
	int uffd = watch(&r);
	struct tables before = tables_read(0);
	char *at = region_page(&r, first);
	size_t size = pages * page_size();

	protect(uffd, at, size, 1);
	report_tables(&before, tables_if_split(1), "split");
	report(region_huge(&r) == THPS - 1, "the other one stays huge");
	report(protected_pages(&r) == pages &&
	       pagemap_count(at, pages, PAGEMAP_UFFD_WP) == pages,
	       "exactly the part is protected");
	report(!can_write(at) && !can_write(at + size - 1),
	       "a write to it is caught");
	report(can_write(region_page(&r, thp_pages())), "others may be written");
	report(region_intact(&r), "contents while protected");
	protect(uffd, at, size, 0);
	report(protected_pages(&r) == 0 && can_write(at), "writable again");
	report(region_intact(&r), "contents");
}

/* The split must not lose the protection of the rest. */
static void all_but_a_page(void)
{
	struct region r = region_of_thps(THPS, 3);
	int uffd = watch(&r);
	struct tables before = tables_read(0);
	size_t half = thp_pages() / 2;

	protect(uffd, r.base, THPS * thp_size(), 1);
	protect(uffd, region_page(&r, half), page_size(), 0);
	report_tables(&before, tables_if_split(1), "split");
	report(protected_pages(&r) == THPS * thp_pages() - 1,
	       "the others stay protected");
	report(can_write(region_page(&r, half)), "the page may be written");
	report(!can_write(region_page(&r, half - 1)) &&
	       !can_write(region_page(&r, half + 1)),
	       "a write to another is caught");
	report(region_intact(&r), "contents");
}

#define SKIPPED 77

static void protect_holes(void *arg)
{
	struct region r = region_reserve(THPS);
	size_t size = THPS * thp_size();
	int uffd = uffd_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP |
			     UFFD_FEATURE_WP_HUGETLBFS_SHMEM);

	(void)arg;
	if (uffd < 0 || !hugetlb_map(r.base, size))
		_exit(SKIPPED);
	uffd_register(uffd, r.base, size, UFFDIO_REGISTER_MODE_WP);
	protect(uffd, r.base, size, 1);
}

/* What marks a hole as protected in hugetlb is no page: a core dump leaves it out. */
static void holes_in_a_core(void)
{
	char path[] = "/core.uffd-wp";
	struct stat core = { 0 };
	int status;

	hugetlb_pages(THPS);
	status = child_dump(protect_holes, NULL, path);
	hugetlb_pages(0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED) {
		report_skip("this kernel has no hugetlb pages that it can write-protect");
		return;
	}
	report(WIFSIGNALED(status) && WCOREDUMP(status) && !stat(path, &core),
	       "core dumped");
	report((size_t)core.st_blocks * 512 < THPS * thp_size(),
	       "no huge page for a hole");
	unlink(path);
}

TEST("uffd-wp")
{
	const char *missing = uffd_protect_missing();

	if (missing) {
		report_skip("%s", missing);
		return;
	}
	CASE(whole);
	cases_of_parts(part);
	CASE(all_but_a_page);
	CASE(holes_in_a_core);
}
