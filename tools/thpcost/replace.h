/* SPDX-License-Identifier: GPL-2.0 */
/* Writing a file that others read meanwhile, as whoever, root included. */
#ifndef THPCOST_REPLACE_H
#define THPCOST_REPLACE_H

#include <stddef.h>

/*
 * Makes @text the contents of the file @path. Mode, owner and group of one that
 * was there are kept; a new one is 0644. Nothing else is left in its directory; after
 * SIGKILL between two calls ".NAME.PROGRAM" may be, which the next one removes. Returns 0, -EMEDIUMTYPE where @path is there and no
 * regular file (a symbolic link is none), or another -errno; @path is then as it
 * was.
 */
int replace_file(const char *path, const char *text, size_t size);

#endif
