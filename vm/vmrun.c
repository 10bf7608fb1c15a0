// SPDX-License-Identifier: GPL-2.0
/*
 * vmrun - boot a kernel in QEMU, pass on its results, watch its console
 *
 * The guest has two serial lines: the kernel's console, which goes to a file,
 * and results, which go to standard output. A run is good when the guest sent
 * the line "# undeposit: done", QEMU ended, and nothing listed in badlines.h
 * stood on the console. Anything else is one line on standard error, followed
 * by the end of the console.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "badlines.h"
#include "machines.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define DONE_LINE	"# undeposit: done"

#define SILENCE_MS	60000	/* no byte from the guest since its start; firmware has none */
#define TRACE_MS	3000	/* collect a trace after its first bad line */
#define END_MS		15000	/* QEMU ends after the done line */
#define PROBE_MS	10000	/* a guest under KVM gets through its boot */
#define TAIL		40	/* console lines to show */
#define TRACE_TAIL	100	/* ... when they hold a trace */
#define ALLOW_MAX	8
#define NODES_MAX	4

enum { CONSOLE, RESULTS, ERRORS, NR_STREAMS };

/* One of QEMU's output streams, cut into lines. */
struct stream {
	int fd;
	size_t len;
	char line[4096];
};

struct vm {
	/* what to run */
	const struct machine *machine;
	const char *kernel;
	const char *initrd;
	const char *drive;
	const char *disk;
	const char *append;
	const char *console_name;
	const char *allow[ALLOW_MAX];
	unsigned int nr_allow;
	unsigned int memory;	/* MiB */
	unsigned int nodes;	/* that it is split into */
	unsigned int cpus;
	unsigned int timeout;	/* seconds */
	bool icount;
	const char *plugin;
	bool kvm;
	bool reboots;
	bool verbose;
	bool probe;
	bool first_failure;

	/* how it goes */
	pid_t pid;
	int sigfd;
	FILE *console;
	struct stream streams[NR_STREAMS];
	bool heard;
	bool done;
	bool failed;
	bool booted;
	const struct badline *bad;
	char *bad_line;
	long long start;
	long long deadline;
	char *tail[TRACE_TAIL];
	unsigned int nr_tail;
	char *qemu_said;
};

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Never put a deadline off. */
static void end_within(struct vm *vm, long long ms)
{
	long long deadline = now_ms() + ms;

	if (deadline < vm->deadline)
		vm->deadline = deadline;
}

static const struct badline *find_bad(const struct vm *vm, const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(badlines); i++) {
		const struct badline *bad = &badlines[i];
		const char *at = strstr(line, bad->text);
		bool allowed = false;

		for (unsigned int j = 0; j < vm->nr_allow; j++)
			allowed |= !strcmp(vm->allow[j], bad->text);
		if (at && !allowed && strstr(at + strlen(bad->text), bad->then))
			return bad;
	}
	return NULL;
}

/*
 * Keep the last TAIL lines. From the first bad line on nothing is dropped, and
 * what exceeds TRACE_TAIL is only in the console file.
 */
static void tail_add(struct vm *vm, const char *line)
{
	if (!vm->bad && vm->nr_tail == TAIL) {
		free(vm->tail[0]);
		memmove(vm->tail, vm->tail + 1, --vm->nr_tail * sizeof(vm->tail[0]));
	}
	if (vm->nr_tail < TRACE_TAIL)
		vm->tail[vm->nr_tail++] = strdup(line);
}

static void console_line(struct vm *vm, const char *line)
{
	const struct badline *bad = find_bad(vm, line);

	if (strstr(line, "Kernel panic") || strstr(line, "Run /init"))
		vm->booted = true;
	if (vm->probe)
		return;
	if (vm->verbose)
		fprintf(stderr, "%s\n", line);
	if (fprintf(vm->console, "%s\n", line) < 0 || fflush(vm->console))
		err(EXIT_FAILURE, "%s", vm->console_name);
	tail_add(vm, line);
	if (bad && !vm->bad) {
		vm->bad = bad;
		vm->bad_line = strdup(line);
		end_within(vm, TRACE_MS);
	}
}

static void results_line(struct vm *vm, const char *line)
{
	if (vm->probe)
		return;
	if (!strcmp(line, DONE_LINE)) {
		vm->done = true;
		end_within(vm, END_MS);
	} else if (vm->first_failure && !strncmp(line, "not ok", 6)) {
		vm->failed = true;
		end_within(vm, TRACE_MS);
	}
	if (puts(line) == EOF || fflush(stdout))
		err(EXIT_FAILURE, "standard output");
}

static void take_line(struct vm *vm, int which)
{
	struct stream *s = &vm->streams[which];

	while (s->len && s->line[s->len - 1] == '\r')
		s->len--;
	s->line[s->len] = '\0';
	s->len = 0;

	if (which == CONSOLE)
		console_line(vm, s->line);
	else if (which == RESULTS)
		results_line(vm, s->line);
	else if (!strstr(s->line, "warning:")) {
		free(vm->qemu_said);
		vm->qemu_said = strdup(s->line);
	}
}

/* Returns false at the end of the stream. */
static bool take_bytes(struct vm *vm, int which)
{
	struct stream *s = &vm->streams[which];
	char buf[4096];
	ssize_t n = read(s->fd, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0) {
		if (s->len)
			take_line(vm, which);
		close(s->fd);
		s->fd = -1;
		return false;
	}
	if (which != ERRORS)
		vm->heard = true;
	for (ssize_t i = 0; i < n; i++) {
		if (buf[i] == '\n') {
			take_line(vm, which);
			continue;
		}
		s->line[s->len++] = buf[i] ? buf[i] : '?';
		if (s->len == sizeof(s->line) - 1)
			take_line(vm, which);
	}
	return true;
}

static void add_arg(char **argv, int *argc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&argv[(*argc)++], fmt, ap) < 0)
		err(EXIT_FAILURE, "out of memory");
	va_end(ap);
}

/* More than one memory node, where the kernel does not make them up by itself. */
static void add_nodes(char **argv, int *argc, unsigned int nodes, unsigned int memory)
{
	for (unsigned int i = 0; i < nodes; i++) {
		add_arg(argv, argc, "-object");
		add_arg(argv, argc, "memory-backend-ram,id=node%u,size=%uM", i,
			memory / nodes);
		add_arg(argv, argc, "-numa");
		add_arg(argv, argc, "node,memdev=node%u", i);
	}
}

/* In the child: the streams' writing ends are fds[]. Returns only on error. */
static void exec_qemu(const struct vm *vm, int fds[NR_STREAMS])
{
	const struct machine *m = vm->machine;
	char *argv[64];
	char nodes[32] = "";
	int argc = 0;
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(fds[ERRORS], STDERR_FILENO);
	fcntl(fds[CONSOLE], F_SETFD, 0);
	fcntl(fds[RESULTS], F_SETFD, 0);

	add_arg(argv, &argc, "%s", m->qemu);
	add_arg(argv, &argc, "-nodefaults");
	if (!vm->reboots)
		add_arg(argv, &argc, "-no-reboot");
	add_arg(argv, &argc, "-display");
	add_arg(argv, &argc, "none");
	add_arg(argv, &argc, "-chardev");
	add_arg(argv, &argc, "file,id=console,path=/dev/fd/%d", fds[CONSOLE]);
	add_arg(argv, &argc, "-chardev");
	add_arg(argv, &argc, "file,id=results,path=/dev/fd/%d", fds[RESULTS]);
	for (const char *const *arg = m->args; *arg; arg++)
		add_arg(argv, &argc, "%s", *arg);
	add_arg(argv, &argc, "-accel");
	add_arg(argv, &argc, "%s", vm->kvm ? "kvm" : "tcg");
	if (vm->icount) {
		add_arg(argv, &argc, "-icount");
		add_arg(argv, &argc, "shift=0,sleep=off");
	}
	if (vm->plugin && !vm->probe) {
		add_arg(argv, &argc, "-plugin");
		add_arg(argv, &argc, "%s", vm->plugin);
	}
	add_arg(argv, &argc, "-m");
	add_arg(argv, &argc, "%u", vm->memory);
	if (vm->nodes > 1 && m->nodes)
		snprintf(nodes, sizeof(nodes), m->nodes, vm->nodes);
	else if (vm->nodes > 1)
		add_nodes(argv, &argc, vm->nodes, vm->memory);
	add_arg(argv, &argc, "-smp");
	add_arg(argv, &argc, m->smp, vm->cpus, vm->cpus);
	if (vm->kernel) {
		add_arg(argv, &argc, "-kernel");
		add_arg(argv, &argc, "%s", vm->kernel);
	}
	if (vm->kernel && !vm->probe) {
		add_arg(argv, &argc, "-initrd");
		add_arg(argv, &argc, "%s", vm->initrd);
	}
	if (vm->drive && !vm->probe) {
		add_arg(argv, &argc, "-drive");
		add_arg(argv, &argc, "file=%s,format=raw,if=virtio,snapshot=on", vm->drive);
	}
	if (vm->disk && !vm->probe) {
		add_arg(argv, &argc, "-drive");
		add_arg(argv, &argc, "file=%s,format=raw,if=virtio", vm->disk);
	}
	if (vm->kernel) {
		add_arg(argv, &argc, "-append");
		add_arg(argv, &argc, "%s %s %s %s", m->append, nodes,
			vm->icount ? m->icount_append : "", vm->append);
	}
	argv[argc] = NULL;

	execvp(argv[0], argv);
}

static void start_qemu(struct vm *vm)
{
	int ends[NR_STREAMS], status[2], error = 0;

	for (int i = 0; i < NR_STREAMS; i++) {
		int p[2];

		if (pipe2(p, O_CLOEXEC))
			err(EXIT_FAILURE, "pipe");
		vm->streams[i].fd = p[0];
		vm->streams[i].len = 0;
		ends[i] = p[1];
	}
	if (pipe2(status, O_CLOEXEC))
		err(EXIT_FAILURE, "pipe");

	vm->pid = fork();
	if (vm->pid < 0)
		err(EXIT_FAILURE, "fork");
	if (!vm->pid) {
		sigset_t none;

		setpgid(0, 0);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		exec_qemu(vm, ends);
		error = errno;
		if (write(status[1], &error, sizeof(error)) < 0)
			_exit(126);
		_exit(127);
	}
	setpgid(vm->pid, vm->pid);
	close(status[1]);
	for (int i = 0; i < NR_STREAMS; i++)
		close(ends[i]);

	if (read(status[0], &error, sizeof(error)) == sizeof(error)) {
		if (error == ENOENT)
			errx(EXIT_FAILURE, "%s is not installed", vm->machine->qemu);
		errno = error;
		err(EXIT_FAILURE, "%s", vm->machine->qemu);
	}
	close(status[0]);
}

/* Returns QEMU's wait status. */
static int kill_qemu(struct vm *vm)
{
	int status;

	kill(-vm->pid, SIGKILL);
	while (waitpid(vm->pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* Die of the signal that was to end us, with QEMU gone first. */
static void end_by_signal(struct vm *vm)
{
	struct signalfd_siginfo si;
	sigset_t one;

	if (read(vm->sigfd, &si, sizeof(si)) != sizeof(si))
		return;
	kill_qemu(vm);
	signal(si.ssi_signo, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, si.ssi_signo);
	raise(si.ssi_signo);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
}

/*
 * Run QEMU to its end or to the deadline. Returns its wait status, or -1 where
 * it had to be killed.
 */
static int run_qemu(struct vm *vm, long long limit_ms)
{
	unsigned int open_streams = NR_STREAMS;
	long long silence;
	int status;

	start_qemu(vm);
	vm->start = now_ms();
	vm->deadline = vm->start + limit_ms;
	silence = vm->start + (vm->kernel ? SILENCE_MS : limit_ms);

	while (open_streams) {
		struct pollfd fds[NR_STREAMS + 1];
		long long now = now_ms();
		long long until = vm->deadline;

		if (!vm->heard && silence < until)
			until = silence;
		if (now >= until || (vm->probe && vm->booted)) {
			kill_qemu(vm);
			return -1;
		}
		for (int i = 0; i < NR_STREAMS; i++)
			fds[i] = (struct pollfd){ .fd = vm->streams[i].fd, .events = POLLIN };
		fds[NR_STREAMS] = (struct pollfd){ .fd = vm->sigfd, .events = POLLIN };

		if (poll(fds, NR_STREAMS + 1, (int)(until - now)) < 0 && errno != EINTR)
			err(EXIT_FAILURE, "poll");
		if (fds[NR_STREAMS].revents)
			end_by_signal(vm);
		for (int i = 0; i < NR_STREAMS; i++)
			if (fds[i].revents && !take_bytes(vm, i))
				open_streams--;
	}
	while (waitpid(vm->pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* /dev/kvm may exist and its guests still hang: only a boot is proof. */
static bool kvm_works(const struct vm *vm)
{
	struct vm probe = *vm;

	if (access("/dev/kvm", R_OK | W_OK))
		return false;
	probe.probe = true;
	run_qemu(&probe, PROBE_MS);
	for (int i = 0; i < NR_STREAMS; i++)
		if (probe.streams[i].fd >= 0)
			close(probe.streams[i].fd);
	return probe.booted;
}

static void print_tail(const struct vm *vm, FILE *out)
{
	for (unsigned int i = 0; i < vm->nr_tail; i++)
		fprintf(out, "  | %s\n", vm->tail[i]);
	if (vm->console_name)
		fprintf(out, "  the whole console: %s\n", vm->console_name);
}

/*
 * Say what went wrong, in one write so that runs side by side do not mix.
 * Returns the exit status.
 */
static int verdict(const struct vm *vm, int status)
{
	long long seconds = (now_ms() - vm->start) / 1000;
	size_t size;
	char *text;
	FILE *out;
	bool good = false;

	out = open_memstream(&text, &size);
	if (!out)
		err(EXIT_FAILURE, "out of memory");
	fprintf(out, "vmrun: ");
	if (vm->bad)
		fprintf(out, "the console has a bad line: %s\n", vm->bad_line);
	else if (status == -1 && vm->failed)
		fprintf(out, "ended at the first failed check\n");
	else if (status == -1 && !vm->heard)
		fprintf(out, "the guest printed nothing in %lld s\n", seconds);
	else if (status == -1 && vm->done)
		fprintf(out, "the guest was done but did not end\n");
	else if (status == -1)
		fprintf(out, "the guest hung: no end after %lld s\n", seconds);
	else if (WIFSIGNALED(status))
		fprintf(out, "QEMU was killed by signal %d (%s)\n", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		fprintf(out, "QEMU failed: %s\n", vm->qemu_said ? vm->qemu_said : "it gave no reason");
	else if (!vm->heard)
		fprintf(out, "the guest ended and printed nothing\n");
	else if (!vm->done)
		fprintf(out, "the guest ended before it was done\n");
	else
		good = true;
	print_tail(vm, out);
	fclose(out);

	fflush(stdout);
	if (!good && write(STDERR_FILENO, text, size) < 0)
		warn("standard error");
	free(text);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void block_signals(struct vm *vm)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	vm->sigfd = signalfd(-1, &set, SFD_CLOEXEC);
	if (vm->sigfd < 0)
		err(EXIT_FAILURE, "signalfd");
}

static const struct machine *find_machine(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (!strcmp(machines[i].name, name))
			return &machines[i];
	fprintf(stderr, "vmrun: unknown machine '%s'; known:", name);
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		fprintf(stderr, " %s", machines[i].name);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

static unsigned int number(const char *what, const char *text)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || !value || value > 1u << 24)
		errx(EXIT_FAILURE, "--%s: '%s' is no number from 1 to %u", what, text, 1u << 24);
	return (unsigned int)value;
}

static void must_read(const char *what, const char *name)
{
	if (!name)
		errx(EXIT_FAILURE, "--%s is missing; see vmrun --help", what);
	if (access(name, R_OK))
		err(EXIT_FAILURE, "--%s %s", what, name);
}

static void usage(void)
{
	fputs("\n"
	      "Usage:\n"
	      " vmrun --kernel FILE --initrd FILE [options]\n"
	      "\n"
	      "Boot a kernel in QEMU, pass on its results, watch its console.\n"
	      "\n"
	      "Options:\n"
	      " -k, --kernel FILE      kernel image\n"
	      " -i, --initrd FILE      initial RAM disk\n"
	      " -d, --drive FILE       image of a virtio disk, which stays as it is\n"
	      " -D, --disk FILE        image of a virtio disk, which keeps what is written; without a\n"
	      "                        kernel, the machine's firmware boots what is on it\n"
	      " -a, --append ARGS      kernel command line\n"
	      " -M, --machine NAME     machine to emulate (default: x86_64)\n"
	      " -m, --memory MIB       memory (default: 1024)\n"
	      " -n, --nodes N          memory nodes that share it (default: 1)\n"
	      " -c, --cpus N           CPUs (default: 1)\n"
	      " -I, --icount           the guest's clock counts instructions (one CPU)\n"
	      " -P, --plugin ARG       a plugin of the emulator, as its -plugin takes it\n"
	      " -K, --kvm              use KVM where a guest boots with it, else TCG\n"
	      " -t, --timeout SECONDS  limit of the whole run (default: 120)\n"
	      " -o, --console FILE     where the console goes (default: nowhere)\n"
	      " -A, --allow TEXT       accept this bad line of badlines.h\n"
	      " -r, --reboots          the guest may reboot, which ends it otherwise\n"
	      " -f, --first-failure    end soon after the first failed check\n"
	      " -v, --verbose          copy the console to standard error\n"
	      " -h, --help             display this help\n", stdout);
}

static const struct option options[] = {
	{ "kernel",	required_argument, NULL, 'k' },
	{ "initrd",	required_argument, NULL, 'i' },
	{ "drive",	required_argument, NULL, 'd' },
	{ "disk",	required_argument, NULL, 'D' },
	{ "append",	required_argument, NULL, 'a' },
	{ "machine",	required_argument, NULL, 'M' },
	{ "memory",	required_argument, NULL, 'm' },
	{ "nodes",	required_argument, NULL, 'n' },
	{ "cpus",	required_argument, NULL, 'c' },
	{ "icount",	no_argument,	   NULL, 'I' },
	{ "plugin",	required_argument, NULL, 'P' },
	{ "kvm",	no_argument,	   NULL, 'K' },
	{ "timeout",	required_argument, NULL, 't' },
	{ "console",	required_argument, NULL, 'o' },
	{ "allow",	required_argument, NULL, 'A' },
	{ "reboots",	no_argument,	   NULL, 'r' },
	{ "first-failure", no_argument,	   NULL, 'f' },
	{ "verbose",	no_argument,	   NULL, 'v' },
	{ "help",	no_argument,	   NULL, 'h' },
	{ }
};

static void parse(struct vm *vm, int argc, char **argv)
{
	const char *machine = "x86_64";
	int c;

	while ((c = getopt_long(argc, argv, "k:i:d:D:a:M:m:n:c:IP:Kt:o:A:rfvh", options, NULL)) != -1) {
		switch (c) {
		case 'k': vm->kernel = optarg; break;
		case 'i': vm->initrd = optarg; break;
		case 'd': vm->drive = optarg; break;
		case 'D': vm->disk = optarg; break;
		case 'a': vm->append = optarg; break;
		case 'M': machine = optarg; break;
		case 'm': vm->memory = number("memory", optarg); break;
		case 'n': vm->nodes = number("nodes", optarg); break;
		case 'c': vm->cpus = number("cpus", optarg); break;
		case 'I': vm->icount = true; break;
		case 'P': vm->plugin = optarg; break;
		case 'K': vm->kvm = true; break;
		case 't': vm->timeout = number("timeout", optarg); break;
		case 'o': vm->console_name = optarg; break;
		case 'r': vm->reboots = true; break;
		case 'f': vm->first_failure = true; break;
		case 'v': vm->verbose = true; break;
		case 'h': usage(); exit(EXIT_SUCCESS);
		case 'A':
			if (vm->nr_allow == ALLOW_MAX)
				errx(EXIT_FAILURE, "more than %d --allow", ALLOW_MAX);
			vm->allow[vm->nr_allow++] = optarg;
			break;
		default:
			fputs("Try 'vmrun --help' for more information.\n", stderr);
			exit(EXIT_FAILURE);
		}
	}
	if (optind < argc)
		errx(EXIT_FAILURE, "unexpected argument '%s'", argv[optind]);
	vm->machine = find_machine(machine);
	if (!vm->disk || vm->kernel || vm->initrd) {
		must_read("kernel", vm->kernel);
		must_read("initrd", vm->initrd);
	} else if (*vm->append || vm->icount || vm->kvm || vm->nodes > 1) {
		errx(EXIT_FAILURE, "--append, --icount, --kvm and --nodes take --kernel");
	}
	if (vm->disk)
		must_read("disk", vm->disk);
	if (vm->drive)
		must_read("drive", vm->drive);
	if (vm->icount && (vm->kvm || vm->cpus > 1))
		errx(EXIT_FAILURE, "--icount takes one CPU and no --kvm");
	if (vm->nodes > NODES_MAX)
		errx(EXIT_FAILURE, "--nodes: more than %d", NODES_MAX);
}

int main(int argc, char **argv)
{
	struct vm vm = {
		.append = "", .memory = 1024, .nodes = 1, .cpus = 1, .timeout = 120,
	};
	const char *console;
	int status;

	parse(&vm, argc, argv);
	console = vm.console_name ? vm.console_name : "/dev/null";
	vm.console = fopen(console, "we");
	if (!vm.console)
		err(EXIT_FAILURE, "%s", console);
	block_signals(&vm);

	if (vm.kvm && !kvm_works(&vm)) {
		warnx("no guest boots with KVM here; using TCG");
		vm.kvm = false;
	}
	status = run_qemu(&vm, vm.timeout * 1000LL);
	return verdict(&vm, status);
}
