# SPDX-License-Identifier: GPL-2.0
#
# The program that boots a kernel and collects what it says, and the machines
# it boots them on.

VMRUN := build/host/vmrun

$(VMRUN): vm/vmrun.c vm/machines.h vm/badlines.h | packages
	@mkdir -p $(@D)
	$(HOSTCC) $(HOSTCFLAGS) -o $@ $<

# Those of another architecture than this one.
MACHINES := $(shell awk '/^\#/ { next } FNR == NR { cross[$$1] = $$4; next } \
	cross[$$2] != "-" { print $$1 }' kernel/kernels.conf vm/machines.conf)

machine_kernel = $(shell awk '$$1 == "$1" { print $$2 }' vm/machines.conf)
machine_image = $(filter $(call machine_kernel,$1).%,$(IMAGES))
machine_guest = build/guest-$(call kernel_column,$(call machine_kernel,$1),2)/initrd.gz
