/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GUEST_CPU_H
#define GUEST_CPU_H

/*
 * Keeps the calling process on the CPU where it is. The kernel batches much
 * by CPU, such as pages on their way to a list: what one call leaves in a
 * batch the next one then finds.
 */
void cpu_stay(void);

/* The same on another CPU, counted from 0. */
void cpu_stay_on(unsigned int cpu);

#endif
