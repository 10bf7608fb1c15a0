// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <sys/utsname.h>

#include "file.h"
#include "kernel.h"
#include "report.h"

bool kernel_since(unsigned int version, unsigned int patchlevel)
{
	struct utsname name;
	unsigned int v, p;

	if (uname(&name) || sscanf(name.release, "%u.%u", &v, &p) != 2)
		fatal("the kernel's version");
	return v > version || (v == version && p >= patchlevel);
}

bool stacks_in_vmalloc(void)
{
	char value[8];

	return cmdline_value("undeposit.vmap_stack=", value, sizeof(value)) &&
	       *value == '1';
}

bool tables_are_charged(void)
{
	char value[8];

	return !cmdline_value("undeposit.charge=", value, sizeof(value)) ||
	       *value == '1';
}

bool huge_zero_is_replaced_whole(void)
{
	return kernel_since(6, 13);
}
