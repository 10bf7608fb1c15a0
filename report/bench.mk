# SPDX-License-Identifier: GPL-2.0
#
# The bench: each kernel boots twice for the operations and once for the growth
# curves. Instructions are counted, so a result stands until a kernel or the
# guest changes.

.PHONY: bench bench-check bench-baseline try-bench traffic

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

# An instruction is not a cycle: what some operations miss in caches of these sizes, in
# KiB/ways. It takes a plugin of the emulator, which differs between releases.
CACHES ?= l1d=32/8,l2=1024/16,llc=16384/16
TRAFFIC := $(B)/traffic
TRAFFIC_OPS := write_fault,read_fault,fork,exit_forked,munmap,split_dontneed,folio_split_1,pageout,swap_in,fork_swapped,munmap_swapped

build/host/caches.so: vm/caches.c vm/qemu-plugin.h guest/lib/mark.h | packages
	@mkdir -p $(@D)
	$(HOSTCC) $(HOSTCFLAGS) -shared -fPIC -fvisibility=hidden -o $@ $< -DQEMU_PLUGIN_VERSION=$$(qemu-system-x86_64 --version | \
		awk 'NR == 1 { split($$4, v, "."); print (v[1] > 9 ? 4 : v[1] == 9 && v[2] > 0 ? 3 : 1) }')

build/host/traffic: report/traffic.c report/figures.c tools/must.c $(REPORT_HEADERS) | packages
	@mkdir -p $(@D)
	$(HOSTCC) $(HOSTCFLAGS) -o $@ $(filter %.c,$^) -lcjson -lm

$(TRAFFIC)/caches: FORCE
	@mkdir -p $(@D)
	@echo '$(CACHES)' | cmp -s - $@ || echo '$(CACHES)' >$@

$(TRAFFIC)/done: $(BENCH_KERNELS) $(GUEST) $(VMRUN) vm/guest-bench $(TRAFFIC)/caches build/host/caches.so build/host/traffic
	@rm -f $@
	@printf '%s\n' stock/bench/traffic undeposit/bench/traffic | CACHES=$(CACHES) OPS=$(TRAFFIC_OPS) $(RUN_BENCH)
	@for kernel in stock undeposit; do \
		build/host/traffic $(BENCH)/$$kernel/bench.traffic.jsonl $(BENCH)/$$kernel/bench.traffic.windows \
			>$(TRAFFIC)/$$kernel.jsonl || exit 1; \
	done
	@touch $@

traffic: $(TRAFFIC)/done $(COMPARE)
	@echo
	@$(COMPARE) --rows report/traffic-rows --save $(B)/traffic.json $(TRAFFIC)/stock.jsonl $(TRAFFIC)/undeposit.jsonl

# The kernel of the tree as it is now beside stock, one boot of each.
try-bench: $(B)/stock/bench.bzImage $(B)/try/bench.bzImage $(GUEST) $(VMRUN) $(COMPARE) vm/guest-bench
	@printf '%s\n' stock/bench/try try/bench/try | OPS=$(OPS) $(RUN_BENCH)
	@$(BENCH_TABLE) --output WHAT,STOCK,UNDEPOSIT,MIN,MAX,RATIO,GOAL,MET \
		$(BENCH)/stock/bench.try.jsonl $(BENCH)/try/bench.try.jsonl
