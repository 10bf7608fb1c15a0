/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device with memory of its own, made up by the kernel's test_hmm driver:
 * what it takes from the process that opened it, the CPU cannot touch, and a
 * fault brings it back.
 */
#ifndef GUEST_DEVICE_H
#define GUEST_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether this kernel has the driver. */
bool device_exists(void);

/* Lets the kernel have what it keeps for good when the device is used. */
void device_warm_up(void);

/* The device for this process's memory. */
int device_open(void);

/* Moves @size bytes into memory of the device, a THP as such; 0 or errno. */
int device_take(int device, void *addr, size_t size);

/* The same, for one THP for which the device has base pages only. */
int device_take_in_pieces(int device, void *addr, size_t size);

/* Makes a page the device's alone, where it is; 0 or errno. */
int device_exclude(int device, void *addr);

#endif
