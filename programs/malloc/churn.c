// SPDX-License-Identifier: GPL-2.0
/*
 * churn MIB: objects of many sizes in two threads, of MIB together, three
 * quarters of them freed, here one and there a row, and the room used again,
 * with whatever malloc() this is linked with. Every byte of an object says which
 * object it is of, and is looked at before it is freed. What is said, and to
 * whom: guest/programs/debian.c.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS	2
#define SLOTS	200000
#define ROUNDS	3
#define ROW	512		/* neighbours that are freed together */

struct object {
	unsigned char *at;
	uint32_t size;
	uint64_t tag;
};

struct worker {
	struct object slots[SLOTS];
	uint64_t random;
	uint64_t tags;
	size_t live;		/* bytes */
	size_t target;
	uint64_t sum;		/* of all that was looked at */
	void (*step)(struct worker *w);
};

static struct worker *workers;

static _Noreturn void die(const char *why)
{
	printf("churn: %s\n", why);
	fflush(stdout);
	_exit(EXIT_FAILURE);
}

static uint64_t draw(struct worker *w)
{
	uint64_t x = w->random += 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

/* As many of 16 to 32 bytes as of 32 to 64, up to 64 KiB. */
static uint32_t draw_size(struct worker *w)
{
	unsigned int bits = 4 + draw(w) % 12;

	return (1u << bits) + draw(w) % (1u << bits);
}

static void renew(struct worker *w, struct object *o)
{
	o->size = draw_size(w);
	o->tag = draw(w);
	o->at = malloc(o->size);
	if (!o->at)
		die("malloc() returned NULL");
	for (uint32_t i = 0; i + 8 <= o->size; i += 8)
		memcpy(o->at + i, &o->tag, 8);
	memset(o->at + o->size / 8 * 8, (int)(o->tag & 255), o->size % 8);
	w->live += o->size;
}

static bool intact(const struct object *o)
{
	uint64_t word;

	for (uint32_t i = 0; i + 8 <= o->size; i += 8) {
		memcpy(&word, o->at + i, 8);
		if (word != o->tag)
			return false;
	}
	for (uint32_t i = o->size / 8 * 8; i < o->size; i++)
		if (o->at[i] != (o->tag & 255))
			return false;
	return true;
}

static void look(struct worker *w, const struct object *o)
{
	if (!intact(o))
		die("an object is not what was written");
	w->sum = (w->sum ^ o->tag) * 0x100000001b3 + o->size;
}

static void drop(struct worker *w, struct object *o)
{
	look(w, o);
	free(o->at);
	o->at = NULL;
	w->live -= o->size;
}

static void fill(struct worker *w)
{
	for (size_t i = 0; i < SLOTS && w->live < w->target; i++)
		if (!w->slots[i].at)
			renew(w, &w->slots[i]);
}

/* Every other row goes whole, and of the others every other object. */
static void empty(struct worker *w)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct object *o = &w->slots[i];

		if (o->at && (i / ROW % 2 || draw(w) % 2))
			drop(w, o);
	}
}

static void check(struct worker *w)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (w->slots[i].at)
			look(w, &w->slots[i]);
}

/* Reuse while some is being freed: each object is replaced by another size. */
static void replace(struct worker *w)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct object *o = &w->slots[i];

		if (o->at && draw(w) % 4 == 0) {
			drop(w, o);
			renew(w, o);
		}
	}
}

static void *thread(void *arg)
{
	struct worker *w = arg;

	w->step(w);
	return NULL;
}

static void all(void (*step)(struct worker *w))
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++) {
		workers[i].step = step;
		if (pthread_create(&threads[i], NULL, thread, &workers[i]))
			die("cannot start a thread");
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void answer(const char *name)
{
	uint64_t sum = 0;
	size_t live = 0;

	all(check);
	for (int i = 0; i < THREADS; i++) {
		sum = sum * 31 + workers[i].sum;
		live += workers[i].live;
	}
	printf("answer %s %016llx %zu\n", name, (unsigned long long)sum, live);
}

static void mark(const char *name)
{
	char go[8];

	printf("mark %s\n", name);
	fflush(stdout);
	if (!fgets(go, sizeof(go), stdin))
		die("nobody listens");
}

static long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

/* The child writes to what it shares, and both find what they should. */
static void split_off(void)
{
	long start = now_ns(), took;
	pid_t pid = fork();
	int status;

	took = now_ns() - start;
	if (pid < 0)
		die("cannot fork");
	if (!pid) {
		for (int i = 0; i < THREADS; i++) {
			check(&workers[i]);
			replace(&workers[i]);
			check(&workers[i]);
		}
		_exit(EXIT_SUCCESS);
	}
	printf("figure fork %ld instructions\n", took);
	if (waitpid(pid, &status, 0) != pid || status)
		printf("answer forked %#x\n", status);
	else
		printf("answer forked ok\n");
}

int main(int argc, char **argv)
{
	size_t mib = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	const struct timespec rest = { .tv_sec = 1 };

	if (!mib)
		die("how many MiB?");
	workers = calloc(THREADS, sizeof(*workers));
	if (!workers)
		die("calloc() returned NULL");
	for (int i = 0; i < THREADS; i++) {
		workers[i].random = i + 1;
		workers[i].target = (mib << 20) / THREADS;
	}
	all(fill);
	mark("filled");
	answer("filled");
	split_off();
	for (int round = 0; round < ROUNDS; round++) {
		all(empty);
		/* For what is returned after a while. */
		nanosleep(&rest, NULL);
		all(replace);
		if (!round) {
			mark("emptied");
			answer("emptied");
		}
		all(fill);
		all(replace);
	}
	mark("refilled");
	answer("refilled");
	return EXIT_SUCCESS;
}
