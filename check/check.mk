# SPDX-License-Identifier: GPL-2.0
#
# What a series must be before it is sent, besides what the guest tests. The last
# two compile a lot.

BUILDS := $(shell awk '/^[^\#]/ { print $$1 }' check/builds.conf)
PATCHES = $(shell cd patches/$(BASE) && ls [0-9]*.patch | cut -d- -f1 | grep -v 0000)

ifneq ($(filter check-builds,$(MAKECMDGOALS)),)
ifneq ($(filter-out $(BUILDS),$(BUILD)),)
$(error unknown configuration '$(filter-out $(BUILDS),$(BUILD))'; known: $(BUILDS))
endif
endif
ifneq ($(filter check-series,$(MAKECMDGOALS)),)
ifneq ($(filter-out $(PATCHES),$(PATCH)),)
$(error unknown patch '$(filter-out $(PATCHES),$(PATCH))'; known: $(PATCHES))
endif
endif

.PHONY: check-patches check-series check-builds

check-patches: $(B)/stock/version | $(B)/tree/.git
	@check/series $(BASE)
	@BASE=$(BASE) prove --timer --failures --exec check/series-test round-trip checkpatch

check-series: $(B)/stock/version | $(B)/tree/.git packages-checks
	@check/series $(BASE)
	@BASE=$(BASE) prove --timer --failures --exec check/series-test \
		$(or $(PATCH),round-trip checkpatch $(PATCHES) whole)

check-builds: $(B)/undeposit/stamp | packages-checks
	@BASE=$(BASE) prove --timer --failures --exec check/build-test $(or $(BUILD),$(BUILDS) coverage)
