# SPDX-License-Identifier: GPL-2.0
#
# The program that boots a kernel and collects what it says, and the machines
# it boots them on.

VMRUN := build/host/vmrun

$(VMRUN): vm/vmrun.c vm/machines.h vm/badlines.h | packages
	@mkdir -p $(@D)
	$(HOSTCC) $(HOSTCFLAGS) -o $@ $<

# All but the first, which has all tests on both kernels; of them, those of another
# architecture than this one.
MACHINES := $(shell awk '/^[^\#]/ && $$6 != "all" { print $$1 }' vm/machines.conf)
FOREIGN := $(shell awk '/^\#/ { next } FNR == NR { cross[$$1] = $$4; next } \
	cross[$$2] != "-" { print $$1 }' kernel/kernels.conf vm/machines.conf)
ASKED := $(shell awk '/^[^\#]/ && $$6 == "asked" { print $$1 }' vm/machines.conf)

# $(call machine_column,MACHINE,NUMBER)
machine_column = $(shell awk '$$1 == "$1" { print $$$2 }' vm/machines.conf)
machine_image = $(filter $(call machine_column,$1,2).%,$(IMAGES))
machine_arch = $(call kernel_column,$(call machine_column,$1,2),2)
machine_guest = $(if $(filter $1,$(FOREIGN)),build/guest-$(call machine_arch,$1)/initrd.gz,build/guest/initrd.gz $(GUEST_IMAGES))

# $(call machine_parts,MACHINES): what must be there before a test can run on them.
machine_parts = $(foreach m,$1,$(call packages_for,$(call machine_arch,$m))) \
	$(foreach m,$1,$(B)/undeposit/$(call machine_image,$m) $(call machine_guest,$m))

# Every test that a machine has on the changed kernel: with a deposit that
# kernel behaves as stock. Without an emulator, the one thing that could not be done.
machine_tests = $(shell awk '/^\#/ { next } \
	FNR == NR { if ($$1 == "$1") { deposit = $$4; boots = $$3 != "-" } next } \
	boots && (!deposit || $$5 == "both") { print "undeposit/$1/" $$1 } \
	END { if (!boots) print "undeposit/$1/boot" }' vm/machines.conf guest/tests.conf)

# Those that "make test" runs on it.
machine_choice = $(patsubst %,undeposit/$1/%,$(filter-out - asked,$(subst $(comma), ,$(call machine_column,$1,6))))
CHOSEN := $(foreach m,$(MACHINES),$(if $(call machine_choice,$m),$m))

# The packages of a small kernel and of thpcost, installed in a Debian that boots them:
# by a test of the first, and by systemd, which runs one of the second.
DEB_ROOT := $(addprefix vm/,deb-root debian-root debian-archives deb-init deb-service deb-tap) $(wildcard vm/outside-1/*)
THPCOST_DEB = $(TOOLS_BUILD)/deb/$(RELEASE)

.PHONY: test-deb

build/host/hold-thps: vm/hold-thps.c | packages
	@mkdir -p $(@D)
	$(HOSTCC) $(HOSTCFLAGS) -o $@ $<

$(B)/deb-test/root.img: $(B)/deb-test/stamp $$(THPCOST_DEB)/tap build/host/hold-thps $(DEB_ROOT) | packages-debian-root
	@vm/deb-root $(@D) $(THPCOST_DEB)

test-deb: $(B)/deb-test/root.img $(VMRUN) | packages-fleet-deb
	@BASE=$(BASE) prove --failures check/deb-input check/deb-fleet
	@BASE=$(BASE) KVM=$(KVM) prove --failures --exec vm/deb-test installed service
