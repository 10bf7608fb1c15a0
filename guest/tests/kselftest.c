// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own tests that the series bring along, each a program in
 * /kselftest: what it says in KTAP is said again in the lab's TAP. There is swap,
 * for those that want some.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/test.h"

#define FOLDER		"/kselftest"
#define SWAP_SIZE	(64ul << 20)

/* Guest seconds for one program. */
#define LIMIT		300

/* Exit status, as tools/testing/selftests/kselftest.h has it. */
#define KSFT_FAIL	1
#define KSFT_SKIP	4

static const char *program;

struct results {
	unsigned int planned;
	unsigned int seen;
	unsigned int failures;
	bool skipped;
};

static FILE *start(pid_t *pid)
{
	FILE *said;
	int ends[2];

	if (pipe(ends))
		fatal("pipe");
	*pid = fork();
	if (*pid < 0)
		fatal("fork");
	if (!*pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		if (!chdir(FOLDER))
			execl(program, program, NULL);
		_exit(127);
	}
	close(ends[1]);
	said = fdopen(ends[0], "r");
	if (!said)
		fatal("fdopen");
	return said;
}

/* Cuts "# SKIP why" off @text and returns the reason; NULL where there is none. */
static char *cut_skip(char *text)
{
	char *skip = strstr(text, "# SKIP");

	if (!skip)
		return NULL;
	*skip = '\0';
	skip += strlen("# SKIP");
	return skip + strspn(skip, " ");
}

/* "3 - name # SKIP why", or "3 name". */
static void take_result(struct results *r, bool ok, char *text)
{
	char *skip = cut_skip(text);

	r->seen++;
	r->failures += !ok;
	text += strspn(text, "0123456789 -");
	if (!ok || !skip) {
		report(ok, "%s", text);
		return;
	}
	text[strcspn(text, " ")] = '\0';
	report_prefix_push(text);
	report_skip("%s", skip);
	report_prefix_pop();
}

/* "1..3", or "1..0 # SKIP why" where the program as such does not apply. */
static void take_plan(struct results *r, char *text)
{
	char *skip = cut_skip(text);

	r->planned = atoi(text);
	r->skipped = skip;
	if (skip)
		report_skip("%s", skip);
}

static void take_line(struct results *r, char *line)
{
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "ok ", 3))
		take_result(r, true, line + 3);
	else if (!strncmp(line, "not ok ", 7))
		take_result(r, false, line + 7);
	else if (!strncmp(line, "1..", 3))
		take_plan(r, line + 3);
	else if (strncmp(line, "TAP version", 11))
		report_note("%s", line + strspn(line, "# "));
}

static void runs(void)
{
	struct results r = { 0 };
	char *line = NULL;
	size_t size = 0;
	int status;
	pid_t pid;
	FILE *said = start(&pid);

	while (getline(&line, &size, said) > 0)
		take_line(&r, line);
	free(line);
	fclose(said);
	if (waitpid(pid, &status, 0) != pid)
		fatal("waitpid");
	if (!report((r.planned || r.skipped) && r.seen == r.planned,
		    "says a result of each test"))
		report_note("%u of %u", r.seen, r.planned);
	if (!report(WIFEXITED(status) &&
		    (r.failures ? WEXITSTATUS(status) == KSFT_FAIL :
		     !WEXITSTATUS(status) || WEXITSTATUS(status) == KSFT_SKIP),
		    "its exit status says the same"))
		report_note("wait status %#x", status);
}

static int is_program(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

TEST_OF_ANY_PAGES("kselftest")
{
	struct dirent **entries;
	int count = scandir(FOLDER, &entries, is_program, alphasort);
	bool swap;

	if (count <= 0) {
		report_skip("no selftests come with the series");
		return;
	}
	swap = swap_on(SWAP_SIZE);
	for (int i = 0; i < count; i++) {
		program = entries[i]->d_name;
		case_run_for(program, runs, LIMIT);
	}
	if (swap)
		swap_off();
}
