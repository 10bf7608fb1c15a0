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

# The series with bugs of which plant= on the kernel command line chooses one, and
# the tests that must notice it. All of them at once make docs/plants.md.
PLANT_MACHINES := $(shell awk '/^[^\#]/ { print $$3 }' check/plants.conf | sort -u)
PLANTED := $(sort $(foreach m,$(PLANT_MACHINES),$(call machine_image,$m)))
PLANT_GUESTS := $(sort $(foreach m,$(PLANT_MACHINES),$(call machine_guest,$m)))
PLANTS := $(shell awk '/^[^\#]/ { n = split($$4, t, ","); \
	for (i = 1; i <= n; i++) print $$1 "/" t[i] }' check/plants.conf)

.PHONY: check-plants

$(B)/planted/stamp: $(B)/undeposit/stamp check/plants.patch check/plant-tree
	@check/plant-tree $(BASE)

$(PLANTED:%=$(B)/planted/%): $(B)/planted/%: $(B)/planted/stamp $(KERNEL_BUILD) $$(call fragments,$$*) | $$(call packages_of,$$*)
	@kernel/build undeposit $(B)/planted/source $(basename $*) $(B)/planted $(BASE)

check-plants: $(PLANTED:%=$(B)/planted/%) $(PLANT_GUESTS) $(VMRUN)
	@BASE=$(BASE) prove --failures -j$(JOBS) --exec check/plant-test $(or $(PLANT),$(PLANTS))
	@[ -n "$(PLANT)" ] || check/plants-table $(B)/planted/tests >docs/plants.md.tmp
	@[ -n "$(PLANT)" ] || mv docs/plants.md.tmp docs/plants.md
