// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU's TCG that models the data caches of one CPU: what the guest
 * reads and writes between two marks (guest/lib/mark.h), and how much of it each
 * cache did not have. Every pair of marks is a line of its output:
 *
 *	{"accesses":<n>,"l1d":<misses>,"l2":<misses>,"llc":<misses>}
 *
 * The caches are warm: they see what is accessed before the first mark, too. Each
 * takes a line when it is missed, read or written, and drops the one that was not
 * used for longest. Not modelled: instructions, the MMU's own reads of page tables,
 * prefetching, stores that go by the caches, the time of anything.
 *
 *	-plugin file=caches.so,out=FILE[,l1d=KIB/WAYS][,l2=KIB/WAYS][,llc=KIB/WAYS]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../guest/lib/mark.h"
#include "qemu-plugin.h"

#define LINE_SHIFT	6
#define LEVELS		3

struct line {
	uint64_t tag;		/* line number + 1; 0: none */
	uint64_t used;		/* when */
};

static struct cache {
	const char *name;
	unsigned int kib;
	unsigned int ways;
	uint64_t sets;
	struct line *lines;	/* of one set after the other */
	uint64_t misses;
} caches[LEVELS] = {
	{ .name = "l1d", .kib = 32, .ways = 8 },
	{ .name = "l2", .kib = 1024, .ways = 16 },
	{ .name = "llc", .kib = 16384, .ways = 16 },
};

int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static FILE *out;
static uint64_t now;		/* counts accesses */
static uint64_t begun;
static bool counting;

/* Whether it has the line; then it does. */
static bool look_up(struct cache *c, uint64_t number)
{
	struct line *set = c->lines + number % c->sets * c->ways;
	struct line *oldest = set;

	for (struct line *l = set; l < set + c->ways; l++) {
		if (l->tag == number + 1) {
			l->used = now;
			return true;
		}
		if (l->used < oldest->used)
			oldest = l;
	}
	oldest->tag = number + 1;
	oldest->used = now;
	return false;
}

static void accessed(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *data)
{
	const struct qemu_plugin_hwaddr *at = qemu_plugin_get_hwaddr(info, vaddr);
	uint64_t number;

	(void)vcpu;
	(void)data;
	if (!at || qemu_plugin_hwaddr_is_io(at))
		return;
	number = qemu_plugin_hwaddr_phys_addr(at) >> LINE_SHIFT;
	now++;
	for (int i = 0; i < LEVELS && !look_up(&caches[i], number); i++)
		caches[i].misses++;
}

static void begin(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	for (int i = 0; i < LEVELS; i++)
		caches[i].misses = 0;
	begun = now;
	counting = true;
}

static void end(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	if (!counting)
		return;
	counting = false;
	fprintf(out, "{\"accesses\":%" PRIu64, now - begun);
	for (int i = 0; i < LEVELS; i++)
		fprintf(out, ",\"%s\":%" PRIu64, caches[i].name, caches[i].misses);
	fprintf(out, "}\n");
	/* The guest does not tell when it is through. */
	fflush(out);
}

static bool is_mark(const struct qemu_plugin_insn *insn, const unsigned char mark[MARK_SIZE])
{
	if (qemu_plugin_insn_size(insn) != MARK_SIZE)
		return false;
#if QEMU_PLUGIN_VERSION >= 3
	unsigned char bytes[MARK_SIZE];

	return qemu_plugin_insn_data(insn, bytes, MARK_SIZE) == MARK_SIZE && !memcmp(bytes, mark, MARK_SIZE);
#else
	return !memcmp(qemu_plugin_insn_data(insn), mark, MARK_SIZE);
#endif
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	static const unsigned char mark_begin[] = { MARK_BYTES(MARK_BEGIN) };
	static const unsigned char mark_end[] = { MARK_BYTES(MARK_END) };

	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (is_mark(insn, mark_begin))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, begin, QEMU_PLUGIN_CB_NO_REGS, NULL);
		else if (is_mark(insn, mark_end))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, end, QEMU_PLUGIN_CB_NO_REGS, NULL);
		else
			qemu_plugin_register_vcpu_mem_cb(insn, accessed, QEMU_PLUGIN_CB_NO_REGS,
							 QEMU_PLUGIN_MEM_RW, NULL);
	}
}

static bool set_size(struct cache *c, const char *value)
{
	char end;

	return sscanf(value, "%u/%u%c", &c->kib, &c->ways, &end) == 2;
}

static bool set(const char *name, const char *value)
{
	if (!strcmp(name, "out")) {
		out = fopen(value, "we");
		if (!out)
			perror(value);
		return out;
	}
	for (int i = 0; i < LEVELS; i++)
		if (!strcmp(name, caches[i].name))
			return set_size(&caches[i], value);
	return false;
}

static bool make(struct cache *c)
{
	uint64_t lines = ((uint64_t)c->kib << 10) >> LINE_SHIFT;

	if (!c->ways || !lines || lines % c->ways)
		return false;
	c->sets = lines / c->ways;
	c->lines = calloc(lines, sizeof(*c->lines));
	return c->lines;
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (value)
			*value++ = '\0';
		if (!value || !set(argv[i], value)) {
			fprintf(stderr, "caches: %s=%s is not to be had\n", argv[i], value ? value : "");
			return -1;
		}
	}
	for (int i = 0; i < LEVELS; i++) {
		if (make(&caches[i]))
			continue;
		fprintf(stderr, "caches: %s: %u KiB in %u ways is no cache\n", caches[i].name,
			caches[i].kib, caches[i].ways);
		return -1;
	}
	if (!out) {
		fprintf(stderr, "caches: out= says where to write\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
