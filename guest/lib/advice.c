// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <sys/mman.h>

#include "advice.h"
#include "uapi.h"

bool advice_known(int advice)
{
	/* Nothing at all may be given any advice that there is. */
	return !madvise(NULL, 0, advice);
}

const char *poison_missing(void)
{
	return advice_known(MADV_HWPOISON) ? NULL :
	       "this kernel has no memory failures on demand";
}

const char *guards_missing(void)
{
	return advice_known(MADV_GUARD_INSTALL) ? NULL :
	       "this kernel has no guard regions";
}
