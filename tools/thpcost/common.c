// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "groups.h"
#include "parse.h"
#include "thpcost.h"

char *size_text(const struct thpcost *t, uint64_t size)
{
	static const char units[] = "BKMGTPE";
	uint64_t unit = 1;
	size_t i = 0;

	if (t->bytes)
		return format("%" PRIu64, size);
	while (units[i + 1] && size / unit >= 1024) {
		unit *= 1024;
		i++;
	}
	if (size % unit)
		return format("%.1f%c", (double)size / (double)unit, units[i]);
	return format("%" PRIu64 "%c", size / unit, units[i]);
}

char *user_text(uint32_t uid)
{
	const struct passwd *user = uid == UINT32_MAX ? NULL : getpwuid(uid);

	return user ? must(strdup(user->pw_name)) : uid == UINT32_MAX ? NULL : format("%" PRIu32, uid);
}

/* Where a terminal shows it: paths of cgroups say most at their ends. */
char *shorten_middle(const struct thpcost *t, const char *text, double part)
{
	static const char dots[] = "...";
	struct winsize size;
	size_t room, head, tail, len = strlen(text);

	if (t->json || t->raw || t->no_trunc || !part || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return must(strdup(text));
	room = size.ws_col * part < 12 ? 12 : (size_t)(size.ws_col * part);
	if (len <= room)
		return must(strdup(text));
	head = (room - strlen(dots)) / 2;
	tail = len - (room - strlen(dots) - head);
	/* At a character's border. */
	while (head && (text[head] & 0xc0) == 0x80)
		head--;
	while ((text[tail] & 0xc0) == 0x80)
		tail++;
	return format("%.*s%s%s", (int)head, text, dots, text + tail);
}

char *process_command(const struct root *root, pid_t pid)
{
	char text[4096], *path = format("%d/cmdline", pid);
	FILE *in = open_at(root->proc, path);
	size_t len = 0;

	free(path);
	if (in) {
		len = fread(text, 1, sizeof(text) - 1, in);
		fclose(in);
	}
	while (len && !text[len - 1])
		len--;
	if (!len)
		return NULL;
	for (size_t i = 0; i < len; i++)
		if (!text[i])
			text[i] = ' ';
	text[len] = '\0';
	return must(strdup(text));
}

char *raw_text(const struct thpcost *t, char *text)
{
	if (!t->raw || (text && *text))
		return text;
	free(text);
	return format("-");
}

const char *read_why_not(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	bool ptrace, files;

	syscall(SYS_capget, &head, data);
	ptrace = data[0].effective & 1 << CAP_SYS_PTRACE;
	files = data[0].effective & (1 << CAP_DAC_READ_SEARCH | 1 << CAP_DAC_OVERRIDE);
	if (!ptrace && !files)
		return "it takes CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH";
	if (!ptrace)
		return "it takes CAP_SYS_PTRACE";
	if (!files)
		return "it takes CAP_DAC_READ_SEARCH";
	return "another user namespace or a security module keeps them";
}

char *utf8_text(const char *name)
{
	char *out = must(malloc(4 * strlen(name) + 1));
	char *end = out;

	while (*name) {
		size_t len = utf8_length(name);

		if (len)
			end = mempcpy(end, name, len);
		else
			end += sprintf(end, "\\x%02x", (unsigned char)*name);
		name += len ? len : 1;
	}
	*end = '\0';
	return out;
}

const char *kernel_why_not(int error)
{
	switch (error) {
	case -ERANGE:
		return "hpage_pmd_size is no size of a huge page";
	case -ENOMSG:
		return "cannot read /sys/kernel/mm/transparent_hugepage/hpage_pmd_size, and this kernel has THPs";
	case -EMFILE:
	case -ENFILE:
		return "cannot read all processes";
	default:
		return "cannot read /proc";
	}
}

static _Noreturn void no_kernel(int error)
{
	errno = -error;
	if (error == -ERANGE || error == -ENOMSG)
		errx(EXIT_FAILURE, "%s", kernel_why_not(error));
	err(EXIT_FAILURE, "%s", kernel_why_not(error));
}

void must_kernel(const struct thpcost *t, struct kernel *kernel)
{
	int error = kernel_read(&t->root, kernel);

	if (error)
		no_kernel(error);
}

static void must_groups(const struct thpcost *t, struct survey *survey)
{
	int error = groups_read(&t->root, t->cgroup, t->depth, survey);

	switch (error) {
	case 0:
		return;
	case -ENOSYS:
		errx(EXIT_FAILURE, "--memory-stat: no cgroups with the memory controller in /sys/fs/cgroup");
	case -ENOENT:
		errx(EXIT_FAILURE, "--cgroup: there is no cgroup %s", t->cgroup);
	case -EOPNOTSUPP:
		errx(EXIT_FAILURE, "--memory-stat: the memory controller is not enabled in cgroup %s", t->cgroup);
	case -EACCES:
		errno = EACCES;
		err(EXIT_FAILURE, "--cgroup: %s", t->cgroup);
	case -EMFILE:
	case -ENFILE:
		errno = -error;
		err(EXIT_FAILURE, "cannot read all cgroups");
	default:
		no_kernel(error);
	}
}

void must_survey(const struct thpcost *t, struct survey *survey)
{
	int error;

	if (t->memory_stat) {
		must_groups(t, survey);
		return;
	}
	error = survey_read(&t->root, survey);
	if (error)
		no_kernel(error);
	if (t->cgroup && !cgroup_exists(&t->root, survey, t->cgroup))
		errx(EXIT_FAILURE, "--cgroup: there is no cgroup %s", t->cgroup);
	if (t->depth)
		survey_fold(survey, t->cgroup, t->depth);
}

size_t select_rows(const struct thpcost *t, const struct survey *survey, struct row **rows)
{
	size_t kept = 0, count = survey->count;

	if (t->memory_stat) {
		count = survey->nr_groups;
		*rows = must(calloc(count + 1, sizeof(**rows)));
		for (size_t i = 0; i < count; i++)
			(*rows)[i] = survey->groups[i];
	} else if (t->group != SUBJECT_PROCESS) {
		ssize_t groups = survey_groups(survey, t->group, t->cgroup, rows);

		if (groups < 0)
			errx(EXIT_FAILURE, "out of memory");
		count = groups;
	} else {
		*rows = must(calloc(count + 1, sizeof(**rows)));
		for (size_t i = 0; i < count; i++)
			(*rows)[i] = survey_row(&survey->processes[i]);
	}
	for (size_t i = 0; i < count; i++)
		if (t->all || (*rows)[i].cost.thp || (*rows)[i].cost.zero)
			(*rows)[kept++] = (*rows)[i];
	rows_sort(&survey->kernel, *rows, kept);
	show_sort(t, &survey->kernel, *rows, kept);
	return t->top && t->top < kept ? t->top : kept;
}

void wait_interval(const struct thpcost *t, const struct timespec *start)
{
	struct timespec now, at;
	double past, until;

	clock_gettime(CLOCK_MONOTONIC, &now);
	past = (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
	until = (double)start->tv_nsec / 1e9 + t->seconds * ((double)(uint64_t)(past / t->seconds + 0.0001) + 1);
	at.tv_sec = start->tv_sec + (time_t)until;
	at.tv_nsec = (long)((until - (double)(time_t)until) * 1e9);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}
