// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

#include "access.h"
#include "report.h"

static sigjmp_buf back;

static void on_fault(int sig)
{
	siglongjmp(back, sig);
}

static bool try_access(volatile char *at, bool write)
{
	struct sigaction action = { .sa_handler = on_fault };
	struct sigaction segv, bus;
	volatile bool allowed = false;

	if (sigaction(SIGSEGV, &action, &segv) ||
	    sigaction(SIGBUS, &action, &bus))
		fatal("sigaction");
	if (!sigsetjmp(back, 1)) {
		char byte = *at;

		if (write)
			*at = byte;
		allowed = true;
	}
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGBUS, &bus, NULL);
	return allowed;
}

bool can_read(const void *addr)
{
	return try_access((volatile char *)addr, false);
}

bool can_write(void *addr)
{
	return try_access(addr, true);
}
