# SPDX-License-Identifier: GPL-2.0
#
# The program that sets two kernels' figures side by side.

COMPARE := build/host/compare
REPORT_HEADERS := $(wildcard report/*.h) tools/must.h
REPORT_SHARED := tools/must.c report/figures.c report/checks.c report/rows.c report/text.c

$(COMPARE): report/compare.c $(REPORT_SHARED) $(REPORT_HEADERS) | packages
	@mkdir -p $(@D)
	$(HOSTCC) $(HOSTCFLAGS) -o $@ $(filter %.c,$^) -lsmartcols -lcjson -lm

# The same for the programs of programs/programs.conf.
build/host/programs: report/programs.c $(REPORT_SHARED) $(REPORT_HEADERS) | packages
	@mkdir -p $(@D)
	$(HOSTCC) $(HOSTCFLAGS) -o $@ $(filter %.c,$^) -lsmartcols -lcjson -lm

# The report: one page, its plots, and the tables they are drawn from. The demo, the
# traffic and the programs are in it where they were run.
REPORT := $(B)/report
PLOTS := ratios anon-tables anon-unmap swapped-tables zero-tables zero-populate processes-tables processes-fork

build/host/plotdata build/host/page: build/host/%: report/%.c $(REPORT_SHARED) $(REPORT_HEADERS) | packages
	@mkdir -p $(@D)
	$(HOSTCC) $(HOSTCFLAGS) -o $@ $(filter %.c,$^) -lcjson -lm

.PHONY: report docs-report
report: bench build/host/plotdata build/host/page | packages-report
	@mkdir -p $(REPORT)
	@build/host/plotdata $(B)/bench.json report/bench-rows $(REPORT)
	@for plot in $(PLOTS); do \
		gnuplot -e "data='$(REPORT)'" report/plots/$$plot.gp >$(REPORT)/$$plot.svg || exit 1; done
	@build/host/page $(B)/bench.json \
		$(foreach f,demo traffic programs,$(or $(wildcard $(B)/$f.json),-)) $(REPORT) \
		$(call fragments,bench.bzImage) >$(REPORT)/index.html.tmp
	@mv $(REPORT)/index.html.tmp $(REPORT)/index.html
	@echo "  the report: $(REPORT)/index.html"

# The example in docs/.
docs-report: report
	@mkdir -p docs/report
	@cp $(REPORT)/index.html $(PLOTS:%=$(REPORT)/%.svg) docs/report/
