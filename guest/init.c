// SPDX-License-Identifier: GPL-2.0
/*
 * /init of the guest: mounts what the programs need, runs those that
 * undeposit.run= of the kernel command line names, each in a process of its
 * own, and ends the machine. Results go to the serial port that
 * undeposit.results= names (ttyS1), everything else to the console. The last
 * line is "# undeposit: done", unless a program that is no test failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "lib/test.h"

/* A backstop behind the limits of single cases, in guest seconds. */
#define PROGRAM_LIMIT 3600

#define THP	"/sys/kernel/mm/transparent_hugepage/"

/* What is missing shows in the tests that need it, as a skip. */
static void mount_all(void)
{
	static const struct {
		const char *type, *where;
	} mounts[] = {
		{ "proc", "/proc" },
		{ "sysfs", "/sys" },
		{ "debugfs", "/sys/kernel/debug" },
		{ "cgroup2", "/sys/fs/cgroup" },
		{ "tmpfs", "/tmp" },
	};

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/tmp", 0755);
	mkdir("/dev", 0755);
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		if (mount(mounts[i].type, mounts[i].where, mounts[i].type, 0,
			  NULL))
			fprintf(stderr, "init: no %s: %s\n", mounts[i].type,
				strerror(errno));
}

/* Makes the results port standard output, byte for byte as written. */
static void open_results(void)
{
	char name[32] = "ttyS1";
	char path[80];
	char numbers[32];
	unsigned int major, minor;
	struct termios tty;
	int fd;

	cmdline_value("undeposit.results=", name, sizeof(name));
	snprintf(path, sizeof(path), "/sys/class/tty/%s/dev", name);
	if (file_read(path, numbers, sizeof(numbers)) <= 0 ||
	    sscanf(numbers, "%u:%u", &major, &minor) != 2) {
		fprintf(stderr, "init: no serial port %s\n", name);
		return;
	}
	snprintf(path, sizeof(path), "/dev/%s", name);
	mknod(path, S_IFCHR | 0600, makedev(major, minor));
	fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "init: %s: %s\n", path, strerror(errno));
		return;
	}
	if (!tcgetattr(fd, &tty)) {
		cfmakeraw(&tty);
		tcsetattr(fd, TCSANOW, &tty);
	}
	dup2(fd, STDOUT_FILENO);
	close(fd);
}

/*
 * THP where a program asks for it, also in a machine that is small for it, and
 * khugepaged still unless a test wakes it. An empty list of its would make it
 * scan at the first madvise() of a test, so one stays on the list here.
 */
static void set_policy(void)
{
	size_t size = 2 * thp_size();
	void *stay;

	if (!thp_possible()) {
		if (!access(THP, F_OK))
			fatal("undeposit.thp=0 on a machine that has THP");
		return;
	}
	file_must_write(THP "enabled", "madvise");
	file_must_write(THP "defrag", "madvise");
	file_must_write(THP "use_zero_page", "1");
	file_must_write(THP "khugepaged/scan_sleep_millisecs", "4000000000");
	stay = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stay == MAP_FAILED || madvise(stay, size, MADV_HUGEPAGE) ||
	    madvise(stay, size, MADV_DONTFORK))
		fatal("staying on khugepaged's list");
}

/*
 * Once the test is gone: memory of the slab, and pages of tables as such, since
 * a table that is counted as freed need not be.
 */
static void report_leaks(long pages_before)
{
	long leaks = watch_leaks();
	char asked[8];
	long pages;

	if (leaks >= 0)
		report(!leaks, "kmemleak finds nothing");
	if (pages_before < 0) {
		if (cmdline_value("page_owner=", asked, sizeof(asked)))
			report(false, "page_owner is %s", asked);
		return;
	}
	pages = settle(watch_pte_pages, pages_before);
	if (!report(pages <= pages_before, "no page of a PTE table is left")) {
		report_note("%ld pages before, %ld now", pages_before, pages);
		watch_note_pte_pages();
	}
}

/* Whether the run may go on to its "done". */
static bool run_program(const char *name)
{
	const struct program *p = program_find(name);
	long pages = watch_pte_pages();
	int status;
	pid_t pid;

	if (!p) {
		report_note("undeposit: no program is called %s", name);
		return false;
	}
	if (p->is_test && !p->without_thp && !thp_possible()) {
		report_skip("%s: this machine has no THP", name);
		return true;
	}
	pid = fork();
	if (pid < 0)
		fatal("fork");
	if (!pid) {
		if (p->is_test)
			report_prefix_push(p->name);
		p->run();
		_exit(EXIT_SUCCESS);
	}
	status = child_reap(pid, PROGRAM_LIMIT);
	if (p->is_test) {
		if (status)
			report(false, "%s ends well (wait status %#x)", name,
			      status);
		report_leaks(pages);
		return true;
	}
	if (!status)
		return true;
	report_note("undeposit: %s failed (wait status %#x)", name, status);
	return false;
}

/* undeposit.scale= is what a table says of the machine. */
static void set_limits(void)
{
	char scale[8] = "1";

	cmdline_value("undeposit.scale=", scale, sizeof(scale));
	if (atoi(scale) < 1)
		fatal("undeposit.scale=%s is no number", scale);
	child_limits_times(atoi(scale));
}

static bool run_all(void)
{
	char names[1024];
	char *name;
	char *save;

	if (!cmdline_value("undeposit.run=", names, sizeof(names))) {
		report_note("undeposit: nothing to run, give undeposit.run=");
		return false;
	}
	for (name = strtok_r(names, ",", &save); name;
	     name = strtok_r(NULL, ",", &save))
		if (!run_program(name))
			return false;
	return true;
}

/*
 * Under QEMU's -no-reboot a restart ends it, with or without ACPI. Where the
 * firmware cannot restart, undeposit.end=off says so.
 */
static void end_machine(void)
{
	char how[8] = "";

	cmdline_value("undeposit.end=", how, sizeof(how));
	tcdrain(STDOUT_FILENO);
	tcdrain(STDERR_FILENO);
	sync();
	reboot(strcmp(how, "off") ? RB_AUTOBOOT : RB_POWER_OFF);
	for (;;)
		pause();
}

int main(void)
{
	bool done;
	pid_t pid;

	if (getpid() != 1) {
		fprintf(stderr, "This is /init of a guest: boot it in a virtual machine.\n");
		return EXIT_FAILURE;
	}
	signal(SIGPIPE, SIG_IGN);
	mount_all();
	open_results();
	report_init();
	/* fatal() ends this process, never the first one. */
	pid = fork();
	if (!pid) {
		set_limits();
		set_policy();
		if (stacks_in_vmalloc())
			tables_grow_kernel();
		done = run_all();
		if (report_count())
			report_plan();
		if (done)
			report_note("undeposit: done");
		_exit(EXIT_SUCCESS);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	end_machine();
}
