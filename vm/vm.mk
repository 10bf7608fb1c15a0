# SPDX-License-Identifier: GPL-2.0
#
# The program that boots a kernel and collects what it says.

VMRUN := build/host/vmrun

$(VMRUN): vm/vmrun.c vm/machines.h vm/badlines.h | packages
	@mkdir -p $(@D)
	$(HOSTCC) $(HOSTCFLAGS) -o $@ $<
