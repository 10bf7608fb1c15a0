// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "pin.h"
#include "report.h"
#include "uapi.h"

#define GUP_TEST "/sys/kernel/debug/gup_test"

const char *pin_missing(void)
{
	return access(GUP_TEST, F_OK) ?
	       "this kernel has no gup_test to pin pages with" : NULL;
}

int pin_open(void)
{
	int pin = open(GUP_TEST, O_RDWR | O_CLOEXEC);

	if (pin < 0)
		fatal("opening " GUP_TEST);
	return pin;
}

int pin_pages(int pin, void *addr, size_t size)
{
	struct pin_longterm_test range = {
		.addr = (uintptr_t)addr,
		.size = size,
		.flags = PIN_LONGTERM_TEST_FLAG_USE_WRITE,
	};

	return ioctl(pin, PIN_LONGTERM_TEST_START, &range) ? errno : 0;
}

void unpin_pages(int pin)
{
	if (ioctl(pin, PIN_LONGTERM_TEST_STOP))
		fatal("unpinning");
}
