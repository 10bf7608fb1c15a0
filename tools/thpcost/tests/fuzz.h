/* SPDX-License-Identifier: GPL-2.0 */
#ifndef THPCOST_FUZZ_H
#define THPCOST_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/*
 * Every parser on these bytes, as a file and as lines. Ends the process where
 * an answer breaks what parse.h promises.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Changes a few of *size bytes in @data, which has room for @room: bytes
 * flipped, removed, doubled, or replaced by what a parser may stumble over.
 */
void mutate(uint8_t *data, size_t *size, size_t room, uint64_t *seed);

#endif
