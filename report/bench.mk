# SPDX-License-Identifier: GPL-2.0
#
# The bench: each kernel boots twice for the operations and once for the growth
# curves. Instructions are counted, so a result stands until a kernel or the
# guest changes.

.PHONY: bench bench-check bench-baseline try-bench

BENCH := $(B)/bench
BENCH_KERNELS := $(B)/stock/bench.bzImage $(B)/undeposit/bench.bzImage
BENCH_TABLE = $(COMPARE) --rows report/bench-rows --goals report/goals
BENCH_COLUMNS := WHAT,STOCK,STOCK-MIN,STOCK-MAX,UNDEPOSIT,MIN,MAX,RATIO,GOAL,MET,STOCK-TABLES,TABLES
RUN_BENCH = BASE=$(BASE) xargs -n1 -P$(JOBS) vm/guest-bench

$(BENCH)/done: $(BENCH_KERNELS) $(GUEST) $(VMRUN) vm/guest-bench
	@rm -f $@
	@printf '%s\n' stock/bench/1 undeposit/bench/1 stock/bench/2 undeposit/bench/2 \
		stock/growth undeposit/growth | $(RUN_BENCH)
	@for kernel in stock undeposit; do \
		(cd $(BENCH)/$$kernel && cat bench.1.jsonl bench.2.jsonl growth.jsonl) \
			>$(BENCH)/$$kernel.jsonl || exit 1; \
	done
	@touch $@

bench: $(BENCH)/done $(COMPARE)
	@echo
	@$(BENCH_TABLE) --output $(BENCH_COLUMNS) --agree 1 --limit --save $(B)/bench.json \
		$(BENCH)/stock.jsonl $(BENCH)/undeposit.jsonl

bench-check: $(BENCH)/done $(COMPARE)
	@$(BENCH_TABLE) --agree 1 --output WHAT,STOCK,UNDEPOSIT,RATIO,GOAL,MET \
		--baseline report/baseline-$(BASE) $(BENCH)/stock.jsonl $(BENCH)/undeposit.jsonl

bench-baseline: $(BENCH)/done $(COMPARE)
	@$(BENCH_TABLE) --agree 1 --output WHAT,STOCK,UNDEPOSIT,RATIO,GOAL,MET \
		--write-baseline report/baseline-$(BASE) $(BENCH)/stock.jsonl $(BENCH)/undeposit.jsonl

# The kernel of the tree as it is now beside stock, one boot of each.
try-bench: $(B)/stock/bench.bzImage $(B)/try/bench.bzImage $(GUEST) $(VMRUN) $(COMPARE) vm/guest-bench
	@printf '%s\n' stock/bench/try try/bench/try | OPS=$(OPS) $(RUN_BENCH)
	@$(BENCH_TABLE) --output WHAT,STOCK,UNDEPOSIT,MIN,MAX,RATIO,GOAL,MET \
		$(BENCH)/stock/bench.try.jsonl $(BENCH)/try/bench.try.jsonl
