// SPDX-License-Identifier: GPL-2.0
#include "file.h"
#include "vmstat.h"

long vmstat(const char *name)
{
	file_write("/proc/sys/vm/stat_refresh", "1");
	return file_field("/proc/vmstat", name);
}
