// SPDX-License-Identifier: GPL-2.0
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../lib/child.h"
#include "../lib/report.h"
#include "act.h"
#include "replay.h"

#define EVERY_BYTE	1000	/* calls between two looks at all */
#define CHURN		4	/* calls for one of the thread beside */

unsigned int play_limit(size_t count)
{
	return 600 + count / 50;
}

static struct mismatch *found;
static size_t now_at;

static _Noreturn void end_by_mismatch(size_t page, const struct page *should,
				      const char *what)
{
	found->at = now_at;
	found->page = page;
	found->should = *should;
	snprintf(found->what, sizeof(found->what), "%s", what);
	found->found = true;
	_exit(EXIT_FAILURE);
}

/* The thread beside. */
struct churn {
	const struct room *room;
	const struct stream *stream;
	pthread_t thread;
	sem_t turns;
	atomic_bool over;
};

/* Makes as many calls as it is given turns, and none is waited for. */
static void *churn_run(void *arg)
{
	struct churn *churn = arg;

	for (unsigned long i = 0;; i++) {
		struct call c = call_of_churn(churn->stream, i);

		while (sem_wait(&churn->turns))
			;
		if (atomic_load(&churn->over))
			return NULL;
		act_churn(churn->room, &c);
	}
}

static void churn_begin(struct churn *churn, const struct room *room,
			const struct stream *stream)
{
	churn->room = room;
	churn->stream = stream;
	if (sem_init(&churn->turns, 0, 0) ||
	    pthread_create(&churn->thread, NULL, churn_run, churn))
		fatal("starting a thread");
}

static void churn_end(struct churn *churn)
{
	atomic_store(&churn->over, true);
	sem_post(&churn->turns);
	pthread_join(churn->thread, NULL);
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

		if (r->stream.churn && now_at % CHURN == 0)
			sem_post(&churn.turns);
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
	int status;

	*m = (struct mismatch){ 0 };
	c = child_start(play_it, &a);
	status = child_reap(c.pid, play_limit(r->count));
	child_close(&c);
	return m->found || status;
}
