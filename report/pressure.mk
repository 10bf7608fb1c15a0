# SPDX-License-Identifier: GPL-2.0
#
# Work that does not fit in memory: each setting of guest/demo/pressure.c boots alone,
# on stock, on the changed kernel, and on that with PMD swap entries switched off, where
# reclaim takes tables. Instructions are counted, so a result stands until a kernel or
# the guest changes.

PRESSURE := $(B)/pressure
PRESSURE_SETTINGS := touch cgroup_private cgroup_shared cgroup_slow cgroup_fragmented cgroup_crowd \
		     global_private global_shared global_atomic
# "never" where the series has that knob.
PRESSURE_ON_stock := stock
PRESSURE_ON_undeposit := undeposit $(if $(wildcard patches/$(BASE)/pmd-swap),never)
PRESSURE_TABLE = $(COMPARE) --rows report/pressure-rows --claims report/pressure-claims

.PHONY: pressure

$(PRESSURE)/%.done: $(B)/%/test.bzImage $(GUEST) $(VMRUN) vm/guest-pressure
	@rm -f $@
	@printf '%s\n' $(foreach s,$(PRESSURE_SETTINGS),$(PRESSURE_ON_$*:%=%/$s)) | \
		BASE=$(BASE) xargs -n1 -P$(JOBS) vm/guest-pressure
	@for kernel in $(PRESSURE_ON_$*); do \
		(cd $(PRESSURE)/$$kernel && cat $(PRESSURE_SETTINGS:%=%.jsonl)) >$(PRESSURE)/$$kernel.jsonl || exit 1; \
	done
	@touch $@

pressure: $(PRESSURE)/stock.done $(PRESSURE)/undeposit.done $(COMPARE)
	@status=0; \
	if [ -f $(PRESSURE)/never.jsonl ]; then \
		echo; echo 'pmd_swap = never'; \
		$(PRESSURE_TABLE) --save $(B)/pressure-never.json $(PRESSURE)/stock.jsonl $(PRESSURE)/never.jsonl || status=1; \
	fi; \
	echo; \
	$(PRESSURE_TABLE) --save $(B)/pressure.json $(PRESSURE)/stock.jsonl $(PRESSURE)/undeposit.jsonl || status=1; \
	exit $$status
