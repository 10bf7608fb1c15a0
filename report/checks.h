/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What must or should hold between the figures of two kernels. Each of the
 * functions says in a line on standard error what does not, and returns how
 * many that are. A data file that cannot be read ends the program.
 */
#ifndef REPORT_CHECKS_H
#define REPORT_CHECKS_H

#include "figures.h"

/* Changed divided by stock, NAN where one is unknown or stock is 0. */
double ratio_of(const struct pair *p, const char *metric);

/* Lines "metric [least:]limit stock|1": within limits times stock's value, or limits. */
unsigned int check_claims(const struct pair *p, const char *file);

/* Lines "metric <=|<|>= ratio": where the ratio should be. */
unsigned int check_goals(const struct pair *p, const char *file);

/*
 * The goals of a metric as text ("<= 0.15"), NULL where it has none; @met is
 * whether they are all met.
 */
char *goals_of(const struct pair *p, const char *file, const char *metric, bool *met);

/*
 * Runs of a metric on one kernel that differ by more than @part (0.01: 1 %). Where
 * the rounds of a run are far apart themselves, that is said instead, and does not
 * count; nor does such a metric with a baseline.
 */
unsigned int check_runs(const struct pair *p, double part);

/*
 * Points of a curve of the changed kernel that are above the limit of page tables; 1
 * where it has none.
 */
unsigned int check_growth(const struct pair *p);

/* Lines "metric ratio": ratios that are worse by more than @part. */
unsigned int check_baseline(const struct pair *p, const char *file, double part);

/* Writes such lines for every ratio that is steady, whole or not at all. */
void write_baseline(const struct pair *p, const char *file);

#endif
