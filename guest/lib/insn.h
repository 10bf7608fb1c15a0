/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A clock of guest instructions: under QEMU's TCG with "-icount shift=0" and
 * one CPU, the time stamp counter advances by one an instruction.
 */
#ifndef GUEST_INSN_H
#define GUEST_INSN_H

#include <stdbool.h>
#include <stdint.h>

/* Instructions since some moment in the past. */
uint64_t insn_now(void);

/* Whether it counts instructions here, tried on a loop of known length. */
bool insn_counts(void);

/*
 * Gives the calling process the CPU for as long as it wants it, so that what
 * it measures is its own.
 */
void insn_alone(void);

#endif
