# SPDX-License-Identifier: GPL-2.0
#
# Documents that are made of what the tests and the source say, and long runs.

KERNEL ?= undeposit
ifneq ($(filter random,$(MAKECMDGOALS)),)
ifeq ($(filter stock undeposit try,$(KERNEL)),)
$(error unknown kernel '$(KERNEL)'; known: stock undeposit try)
endif
endif

SWEEPS = $(shell awk '/^fail-/ { print $$1 == "fail-device" ? "kasan/" $$1 : $$1 }' guest/tests.conf)
SWEEP_DOC := docs/sweep$(BACKPORT_OF:%=-$(BASE)).md

.PHONY: docs-sweep

# The other kernel has no device to fail with.
docs-sweep: $(B)/undeposit/test.bzImage $(B)/undeposit/kasan.bzImage $(GUEST_BUILD)/initrd.gz $(VMRUN)
	@BASE=$(BASE) KVM=$(KVM) prove --failures -j$(JOBS) --exec vm/guest-test $(SWEEPS:%=undeposit/%)
	@guest/sweep-table $(SWEEPS:%=$(B)/undeposit/tests/%.tap) >$(SWEEP_DOC).tmp
	@mv $(SWEEP_DOC).tmp $(SWEEP_DOC)

# The random test on one seed after another, for as long as one asks.
.PHONY: random
random: $(B)/$(KERNEL)/$$(call machine_image,$$(MACHINE)) $(GUEST_BUILD)/initrd.gz $(VMRUN)
	@BASE=$(BASE) KVM=$(KVM) vm/random $(KERNEL)/$(MACHINE) $(or $(SECONDS),0) $(or $(REPLAY),$(SEED))
