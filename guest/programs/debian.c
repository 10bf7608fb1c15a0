// SPDX-License-Identifier: GPL-2.0
/*
 * debian: one of Debian's own programs on this kernel, with THP always. What is
 * run is a line of /programs/programs.conf, which undeposit.program= names, in
 * the root of the disk /dev/vda. Its command says what it did, a line each, on
 * standard output:
 *
 *   answer NAME TEXT		what must be the same on every kernel
 *   figure NAME NUMBER UNIT	what may differ
 *   mark NAME			memory is read now; a line on its standard
 *				input lets it go on
 *
 * and whatever else stands there is passed on as a comment. From this, one JSON
 * object a line:
 *
 * {"answer":NAME,"text":TEXT}	and how the command ended, under the name "end"
 * NAME				of figures
 * NAME_tables, NAME_thp	at a mark: PageTables of /proc/meminfo, and what of
 *				the program's memory is THPs
 * tables_before, _peak, _after	PageTables, the most that was seen, and when all
 *				processes are gone
 * anon_peak, thp_peak		the most that was seen
 * instructions			of all processes of the program together, in so
 *				far as the clock counts instructions
 * limit_hits			how often its memory cgroup was full
 * died				1 where the command did not exit with 0
 * thp_*, oom_kill, ...		what the counters of /proc/vmstat rose by
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../lib/test.h"

#define CONF	"/programs/programs.conf"
#define ROOT	"/debian"
#define INSIDE	"/mnt"		/* where the root has /programs */
#define THP	"/sys/kernel/mm/transparent_hugepage/"
#define MiB	(1UL << 20)
#define SAMPLE_MS	50
#define LIMIT_SECONDS	3000	/* of the guest; who sleeps gets there at once */

static const char *const counters[] = {
	"thp_fault_alloc", "thp_fault_fallback", "thp_collapse_alloc",
	"thp_split_page", "thp_split_pmd", "thp_split_pmd_failed",
	"thp_deferred_split_page", "thp_underused_split_page", "thp_swpout",
	"pswpout", "pswpin", "oom_kill",
};

#define COUNTERS (sizeof(counters) / sizeof(counters[0]))

/* A line of programs.conf. */
struct row {
	char name[32];
	char folder[32];
	unsigned long limit;	/* bytes; 0: none */
	unsigned long swap;	/* bytes; 0: none */
	char command[1024];
};

/* Bytes at one moment. */
struct sample {
	long tables;
	long anon;
	long thp;
};

/* The program, while it runs. */
struct run {
	pid_t pid;
	int hear;		/* what it says */
	int tell;		/* its standard input */
	char line[512];
	size_t len;
	struct sample peak;
};

static unsigned long bytes_of(const char *column)
{
	return strtoul(column, NULL, 10) * MiB;	/* "-" is 0 */
}

static struct row find_row(const char *name)
{
	FILE *f = fopen(CONF, "re");
	char line[2048], limit[16], swap[16];
	struct row row;
	int n;

	if (!f)
		fatal(CONF);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		n = 0;
		if (*line == '#' ||
		    sscanf(line, "%31s %31s %*s %15s %15s %*s %*s %*s %n",
			   row.name, row.folder, limit, swap, &n) != 4 || !n ||
		    strcmp(row.name, name))
			continue;
		row.limit = bytes_of(limit);
		row.swap = bytes_of(swap);
		snprintf(row.command, sizeof(row.command), "%s", line + n);
		fclose(f);
		return row;
	}
	errno = ENOENT;
	fatal("the line '%s' of " CONF, name);
}

static void must_mount(const char *what, const char *where, const char *type,
		       unsigned long flags)
{
	mkdir(where, 0755);
	if (mount(what, where, type, flags, NULL))
		fatal("mounting %s on %s", what, where);
}

static void mount_root(void)
{
	must_mount("devtmpfs", "/dev", "devtmpfs", 0);
	must_mount("/dev/vda", ROOT, "ext4", 0);
	must_mount("/dev", ROOT "/dev", NULL, MS_BIND);
	must_mount("devpts", ROOT "/dev/pts", "devpts", 0);
	must_mount("shm", ROOT "/dev/shm", "tmpfs", 0);
	must_mount("proc", ROOT "/proc", "proc", 0);
	must_mount("sysfs", ROOT "/sys", "sysfs", 0);
	must_mount("run", ROOT "/run", "tmpfs", 0);
	must_mount("/programs", ROOT INSIDE, NULL, MS_BIND);
}

/* What a machine has that was installed, and a root alone has not. */
static void name_machine(void)
{
	FILE *f = fopen(ROOT "/etc/hosts", "we");

	if (!f || fputs("127.0.0.1 localhost debian\n", f) < 0 || fclose(f) ||
	    sethostname("debian", strlen("debian")))
		fatal("naming the machine");
}

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
		fatal("the loopback interface");
	close(fd);
}

/* As a distribution has it, but that THP is on for all, and khugepaged awake. */
static void set_thp(void)
{
	file_must_write(THP "enabled", "always");
	file_must_write(THP "khugepaged/scan_sleep_millisecs", "1000");
	file_must_write(THP "khugepaged/alloc_sleep_millisecs", "1000");
}

static struct sample sample_now(void)
{
	struct sample now = {
		.anon = cgroup_field("memory.stat", "anon"),
		.thp = cgroup_field("memory.stat", "anon_thp"),
	};

	file_write("/proc/sys/vm/stat_refresh", "1");
	now.tables = file_field("/proc/meminfo", "PageTables:") * 1024;
	return now;
}

static void raise_to(long *most, long value)
{
	if (value > *most)
		*most = value;
}

static struct sample look(struct run *r)
{
	struct sample now = sample_now();

	raise_to(&r->peak.tables, now.tables);
	raise_to(&r->peak.anon, now.anon);
	raise_to(&r->peak.thp, now.thp);
	return now;
}

static void say(const char *name, const char *suffix, long value,
		const char *unit)
{
	report_raw("{\"metric\":\"%s%s\",\"value\":%ld,\"unit\":\"%s\"}", name,
		   suffix, value, unit);
}

static void say_answer(const char *name, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say_answer(const char *name, const char *fmt, ...)
{
	char text[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	report_raw("{\"answer\":\"%s\",\"text\":\"%s\"}", name, text);
}

static void say_sample(const char *name, const struct sample *s)
{
	say(name, "_tables", s->tables, "bytes");
	say(name, "_thp", s->thp, "bytes");
}

/* What would not be JSON any more is not worth an escape. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~' || strchr("\"\\", *text))
			*text = '?';
}

static void take_line(struct run *r)
{
	char name[64], unit[16];
	struct sample now;
	long value;
	int n = 0;

	make_plain(r->line);
	if (sscanf(r->line, "answer %63s %n", name, &n) == 1 && n) {
		say_answer(name, "%s", r->line + n);
	} else if (sscanf(r->line, "figure %63s %ld %15s", name, &value,
			  unit) == 3) {
		say(name, "", value, unit);
	} else if (sscanf(r->line, "mark %63s", name) == 1) {
		now = look(r);
		say_sample(name, &now);
		/* Who is gone by now is missed elsewhere. */
		if (write(r->tell, "\n", 1) < 0)
			report_note("mark %s: %s", name, strerror(errno));
	} else {
		report_note("%.200s", r->line);
	}
}

/* False at the end. */
static bool take_bytes(struct run *r)
{
	char buf[4096];
	ssize_t got = read(r->hear, buf, sizeof(buf));

	for (ssize_t i = 0; i < got; i++) {
		if (buf[i] != '\n') {
			r->line[r->len++] = buf[i];
			if (r->len < sizeof(r->line) - 1)
				continue;
		}
		r->line[r->len] = '\0';
		r->len = 0;
		take_line(r);
	}
	return got > 0;
}

static _Noreturn void exec_row(const struct row *row, int in, int out)
{
	char *const argv[] = { "sh", "-c", (char *)row->command, NULL };
	char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root", "LANG=C.UTF-8", "TERM=dumb", NULL,
	};
	char where[64];

	setsid();
	signal(SIGPIPE, SIG_DFL);
	cgroup_join();
	snprintf(where, sizeof(where), INSIDE "/%s", row->folder);
	if (chroot(ROOT) || chdir(where) || dup2(in, STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
		_exit(126);
	execve("/bin/sh", argv, env);
	_exit(127);
}

static void start(const struct row *row, struct run *r)
{
	int down[2], up[2];

	if (pipe2(down, O_CLOEXEC) || pipe2(up, O_CLOEXEC))
		fatal("pipe");
	r->tell = down[1];
	r->hear = up[0];
	r->pid = fork();
	if (r->pid < 0)
		fatal("fork");
	if (!r->pid)
		exec_row(row, down[0], up[1]);
	close(down[0]);
	close(up[1]);
}

static long seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Whether the command itself ended well; what it left behind is killed. */
static bool watch(struct run *r)
{
	struct pollfd fd = { .fd = r->hear, .events = POLLIN };
	long end = seconds_now() + LIMIT_SECONDS;
	const struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };
	bool ended = false;
	int status = -1;

	while (!ended && seconds_now() < end) {
		if (poll(&fd, 1, SAMPLE_MS) > 0 && !take_bytes(r))
			nanosleep(&pause, NULL);
		ended = waitpid(r->pid, &status, WNOHANG) == r->pid;
		look(r);
	}
	while (poll(&fd, 1, 0) > 0 && take_bytes(r))
		;
	if (!ended)
		say_answer("end", "none within the limit");
	else if (WIFSIGNALED(status))
		say_answer("end", "killed by signal %d", WTERMSIG(status));
	else
		say_answer("end", "exit %d", WEXITSTATUS(status));
	return ended && !status;
}

static long populated(void)
{
	return cgroup_field("cgroup.events", "populated");
}

static void end_all(void)
{
	if (populated() && cgroup_write("cgroup.kill", "1"))
		fatal("cgroup.kill");
	if (settle(populated, 0))
		fatal("there are processes left");
}

static void limit(const struct row *row)
{
	char text[32];

	if (!cgroup_make())
		fatal("this kernel has no memory cgroups");
	if (row->swap && !swap_on(row->swap))
		fatal("this kernel has no zram");
	if (!row->limit)
		return;
	snprintf(text, sizeof(text), "%lu", row->limit);
	if (cgroup_write("memory.max", text))
		fatal("memory.max");
}

PROGRAM("debian")
{
	long before[COUNTERS], tables_before;
	struct run run = { 0 };
	struct row row;
	char name[32] = "";
	bool good;

	cmdline_value("undeposit.program=", name, sizeof(name));
	row = find_row(name);
	mount_root();
	name_machine();
	loopback_up();
	set_thp();
	limit(&row);
	for (size_t i = 0; i < COUNTERS; i++)
		before[i] = vmstat(counters[i]);
	tables_before = tables_system();

	start(&row, &run);
	good = watch(&run);

	if (insn_counts())
		say("instructions", "", cgroup_field("cpu.stat", "usage_usec") * 1000,
		    "instructions");
	end_all();
	say("tables", "_before", tables_before, "bytes");
	say("tables", "_peak", run.peak.tables, "bytes");
	/* A table that its owner freed counts until RCU has done with it. */
	say("tables", "_after", settle(tables_system, tables_before), "bytes");
	say("anon", "_peak", run.peak.anon, "bytes");
	say("thp", "_peak", run.peak.thp, "bytes");
	if (row.limit)
		say("limit_hits", "", cgroup_field("memory.events", "max"), "count");
	say("died", "", !good, "count");
	for (size_t i = 0; i < COUNTERS; i++)
		if (before[i] >= 0)
			say(counters[i], "", vmstat(counters[i]) - before[i],
			    "count");
}
