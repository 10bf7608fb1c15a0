/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Marks in what is executed, for a plugin of the emulator (vm/caches.c): an
 * instruction that does nothing, with a number in it that nobody else has.
 */
#ifndef GUEST_MARK_H
#define GUEST_MARK_H

#define MARK_BEGIN	0x01
#define MARK_END	0x02

/* nopl 0x756e64<number>(%rax), as it lies in memory. */
#define MARK_BYTES(number)	0x0f, 0x1f, 0x80, number, 0x64, 0x6e, 0x75
#define MARK_SIZE		7

#ifdef __x86_64__
#define MARK_STRING_(...)	#__VA_ARGS__
#define MARK_STRING(...)	MARK_STRING_(__VA_ARGS__)
#define mark(number)	__asm__ volatile(".byte " MARK_STRING(MARK_BYTES(number)) : : : "memory")
#else
#define mark(number)	do { } while (0)
#endif

#endif
