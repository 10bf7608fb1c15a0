# SPDX-License-Identifier: GPL-2.0
#
# What a series must be before it is sent, besides what the guest tests. check-series
# and check-builds compile a lot.

BUILDS := $(shell awk '/^[^\#]/ { print $$1 }' check/builds.conf)

# $(call end_tests,NAME): the guest tests that patches/BASE/series names for its end.
end_tests = $(shell awk '/^\#/ { next } \
	FNR == NR { if ($$1 == "$1") for (n = split($$3, t, ","); n; n--) want[t[n]]; next } \
	"all" in want || $$1 in want || $$5 in want { print "end-$1/" $$1 } \
	{ delete want[$$1] } \
	END { for (name in want) if (name !~ /^(all|both|undeposit)$$/) print "end-$1/" name }' \
	patches/$(BASE)/series guest/tests.conf)
ENDS = $(foreach e,$(filter %/end,$(or $(PATCH),$(PATCHES))),$(call end_tests,$(e:/end=)))

ifneq ($(filter check-builds,$(MAKECMDGOALS)),)
ifneq ($(filter-out $(BUILDS),$(BUILD)),)
$(error unknown configuration '$(filter-out $(BUILDS),$(BUILD))'; known: $(BUILDS))
endif
endif
ifneq ($(filter check-series,$(MAKECMDGOALS)),)
LISTED := $(shell kernel/series $(BASE) 2>&1)
ifneq ($(.SHELLSTATUS),0)
$(error $(LISTED))
endif
SERIES := $(shell awk '/^[^\#]/ { print $$1 }' patches/$(BASE)/series)
PATCHES := $(shell printf '%s\n' $(LISTED) | sed -E 's,.*/(.*/[0-9]+)-.*,\1,') $(SERIES:%=%/end)
ifneq ($(filter-out $(PATCHES),$(PATCH)),)
$(error unknown patch '$(filter-out $(PATCHES),$(PATCH))'; known: $(PATCHES))
endif
endif

.PHONY: check-patches check-series check-builds check-bases check-callers

check-patches: $(B)/stock/version | $(B)/tree/.git packages-checkpatch
	@prove --failures check/series-input
	@check/series $(BASE)
	@BASE=$(BASE) prove --timer --failures --exec check/series-test round-trip checkpatch

check-series: $(B)/stock/version $(GUEST_BUILD)/initrd.gz $(GUEST_IMAGES) $(VMRUN) | $(B)/tree/.git packages-checks packages-checkpatch
	@check/series $(BASE)
	@BASE=$(BASE) prove --timer --failures --exec check/series-test \
		$(or $(PATCH),round-trip checkpatch $(PATCHES) whole)
	@[ -z "$(ENDS)" ] || { $(call guest_tests,$(ENDS)); }

check-builds: $(B)/undeposit/stamp | packages-checks
	@BASE=$(BASE) prove --timer --failures --exec check/build-test $(or $(BUILD),$(BUILDS) coverage)

# The series side by side: each difference has its reason.
check-bases:
	@check/bases $(DIFF:%=--diff)

# The lab itself on another Debian, from nothing: hours. What works there is committed.
ALL_STEPS := root tools test-tools demo test bench test-deb
STEPS ?= $(ALL_STEPS)
ifneq ($(filter test-debian,$(MAKECMDGOALS)),)
ifneq ($(filter-out $(ALL_STEPS),$(STEPS)),)
$(error unknown step '$(filter-out $(ALL_STEPS),$(STEPS))'; known: $(ALL_STEPS))
endif
endif

.PHONY: test-debian
test-debian: | packages-debian-root
	@prove --timer --failures --exec check/debian $(STEPS:%=$(SUITE)/%)

# Every caller of a split function has its row, and no row has lost its caller.
check-callers: $(B)/undeposit/stamp
	@check/callers $(B)/undeposit/source docs/split-callers.md \
		$(wildcard docs/split-callers-$(BASE).md)

# The series with bugs of which plant= on the kernel command line chooses one, and
# the tests that must notice it. All of them at once make docs/plants.md.
PLANT_MACHINES := $(shell awk '/^[^\#]/ { print $$3 }' check/plants.conf | sort -u)
PLANTED := $(sort $(foreach m,$(PLANT_MACHINES),$(call machine_image,$m)))
PLANT_GUESTS := $(sort $(foreach m,$(PLANT_MACHINES),$(call machine_guest,$m)))
PLANT_CONTROLS = $(shell awk '/^[^\#]/ { n = split($$4, t, ","); \
	for (i = 1; i <= n; i++) print "planted/" $$3 "/" t[i] }' check/plants.conf | sort -u)
PLANTS := $(shell awk '/^[^\#]/ { n = split($$4, t, ","); \
	for (i = 1; i <= n; i++) print $$1 "/" t[i] }' check/plants.conf)
ifneq ($(filter check-plants,$(MAKECMDGOALS)),)
ifneq ($(filter-out $(PLANTS),$(PLANT)),)
$(error unknown plant '$(filter-out $(PLANTS),$(PLANT))'; known: those of check/plants.conf, as BUG/TEST)
endif
endif

.PHONY: check-plants

$(B)/planted/stamp: $(B)/undeposit/stamp check/plants.patch check/plant-tree
	@check/plant-tree $(BASE)

$(PLANTED:%=$(B)/planted/%): $(B)/planted/%: $(B)/planted/stamp $(KERNEL_BUILD) $$(call fragments,$$*) | $$(call packages_of,$$*)
	@kernel/build undeposit $(B)/planted/source $(basename $*) $(B)/planted $(BASE)

# What fails without a plant, too, notices none.
check-plants: $(PLANTED:%=$(B)/planted/%) $(PLANT_GUESTS) $(VMRUN)
	@[ -n "$(PLANT)" ] || BASE=$(BASE) prove --failures -j$(JOBS) --exec vm/guest-test $(PLANT_CONTROLS)
	@BASE=$(BASE) prove --failures -j$(JOBS) --exec check/plant-test $(or $(PLANT),$(PLANTS))
	@[ -n "$(PLANT)" ] || check/plants-table $(B)/planted/tests >docs/plants.md.tmp
	@[ -n "$(PLANT)" ] || mv docs/plants.md.tmp docs/plants.md
