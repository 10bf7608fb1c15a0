/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What must never stand on a guest's console: the first text and, after it on
 * the same line, the second. vmrun names a row by its first text (--allow).
 *
 * Stalls and blocked tasks are told by the guest's clock. An emulated CPU may
 * wait for a host CPU, so the kernels have these limits far above what that
 * takes (kernel/config/test.config), and a line here means a hang.
 */
static const struct badline {
	const char *text;
	const char *then;
} badlines[] = {
	{ "Kernel panic",			"" },
	{ "BUG:",				"" },
	{ "WARNING:",				"" },
	{ "Oops",				"" },
	{ "Bad page",				"" },
	{ "Bad rss-counter",			"" },
	{ "bad pmd",				"" },
	{ "bad pgd",				"" },
	{ "bad pud",				"" },
	{ "bad p4d",				"" },
	{ "Unused swap ",			"entry" },
	{ "Bad swap ",				"entry" },
	{ "vmstat_refresh:",			"" },
	{ "KASAN:",				"" },
	{ "UBSAN:",				"" },
	{ "kmemleak:",				"suspected" },
	{ "leak detector disabled",		"" },
	{ "possible recursive locking",		"" },
	{ "possible circular locking",		"" },
	{ "possible irq lock inversion",	"" },
	{ "inconsistent lock state",		"" },
	{ "suspicious RCU usage",		"" },
	{ "turning off the locking correctness validator", "" },
	{ "INFO: task ",			"blocked" },
	{ "rcu: INFO:",				"stall" },
	{ "watchdog: ",				"lockup" },
	{ "Call Trace:",			"" },
	{ "Call trace:",			"" },
	{ "[ cut here ]",			"" },
};
