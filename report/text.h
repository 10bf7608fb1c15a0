/* SPDX-License-Identifier: GPL-2.0 */
/* What stands in a cell of a table. The caller frees it. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include <stdbool.h>

/*
 * 1234567 as "1,234,567"; bytes, where @unit says so, as KiB. With @plain the
 * number alone, for programs to read. NULL where the value is unknown (NAN).
 */
char *amount_text(double value, const char *unit, bool plain);

#endif
