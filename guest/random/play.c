// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../lib/child.h"
#include "../lib/report.h"
#include "../lib/size.h"
#include "../lib/tables.h"
#include "act.h"
#include "replay.h"

#define EVERY_BYTE	1000	/* calls between two looks at all */
#define CHURN		4	/* of so many calls, one has one of the thread beside */

unsigned int play_limit(size_t count)
{
	return 120 + count / 25;
}

static struct mismatch *found;
static size_t now_at;

static _Noreturn void end_by_mismatch(size_t page, const struct page *should,
				      const char *what)
{
	/* What a child saw stands; its parent came this far. */
	found->at = now_at;
	if (found->found)
		_exit(EXIT_FAILURE);
	found->page = page;
	found->should = *should;
	snprintf(found->what, sizeof(found->what), "%s", what);
	found->found = true;
	_exit(EXIT_FAILURE);
}

/* The thread beside: hears the numbers of calls of its own, and none is waited for. */
struct churn {
	const struct room *room;
	const struct stream *stream;
	pthread_t thread;
	int hear;
	int tell;
};

static void *churn_run(void *arg)
{
	const struct churn *churn = arg;
	unsigned long number;

	while (read(churn->hear, &number, sizeof(number)) == sizeof(number)) {
		struct call c = call_of_churn(churn->stream, number);

		act_churn(churn->room, &c);
	}
	return NULL;
}

static void churn_begin(struct churn *churn, const struct room *room,
			const struct stream *stream)
{
	int ends[2];

	if (pipe(ends) || fcntl(ends[1], F_SETPIPE_SZ, page_size()) < 0)
		fatal("pipe");
	*churn = (struct churn){ .room = room, .stream = stream,
				 .hear = ends[0], .tell = ends[1] };
	if (pthread_create(&churn->thread, NULL, churn_run, churn))
		fatal("starting a thread");
}

static void churn_turn(struct churn *churn, unsigned long number)
{
	if (write(churn->tell, &number, sizeof(number)) != sizeof(number))
		fatal("telling a thread");
}

static void churn_end(struct churn *churn)
{
	close(churn->tell);
	pthread_join(churn->thread, NULL);
	close(churn->hear);
}

void play(const struct replay *r, bool all, struct mismatch *m)
{
	static struct room room = { .mismatch = end_by_mismatch };
	static struct churn churn;

	found = m;
	room_make(&room);
	if (r->stream.churn)
		churn_begin(&churn, &room, &r->stream);
	for (now_at = 0; now_at < r->count; now_at++) {
		struct call c = call_of(&r->stream, r->number[now_at]);

		if (r->stream.churn && r->number[now_at] % CHURN == 0)
			churn_turn(&churn, r->number[now_at]);
		act(&room, &c);
		if (all || now_at % EVERY_BYTE == 0)
			room_check_all(&room, !all);
	}
	now_at = r->count - 1;
	room_check_all(&room, true);
	act_end(&room);
	if (r->stream.churn)
		churn_end(&churn);
}

struct apart {
	const struct replay *replay;
	bool all;
	struct mismatch *mismatch;
};

static void play_it(struct child *me, void *arg)
{
	const struct apart *a = arg;

	(void)me;
	play(a->replay, a->all, a->mismatch);
}

bool play_apart(const struct replay *r, bool all, struct mismatch *m)
{
	struct apart a = { r, all, m };
	struct child c;
	long tables = tables_system();
	int status;

	*m = (struct mismatch){ 0 };
	c = child_start(play_it, &a);
	status = child_reap(c.pid, play_limit(r->count));
	child_close(&c);
	m->status = status;
	m->left = settle(tables_system, tables) - tables;
	return m->found || status || m->left > 0;
}
