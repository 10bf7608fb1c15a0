# SPDX-License-Identifier: GPL-2.0
#
# Debian's kernel for clouds, built whole with the series, as packages in a Debian
# that boots from a disk.

CLOUD := $(B)/deb-cloud

.PHONY: test-cloud cloud-room

build/host/thpfill: vm/thpfill.c | packages
	@mkdir -p $(@D)
	$(HOSTCC) $(HOSTCFLAGS) -static -o $@ $<

cloud-room:
	@vm/cloud-room $(BASE)

$(CLOUD)/stamp: $(B)/undeposit/stamp FORCE | cloud-room packages packages-deb
	@LOCALMODCONFIG= LSMOD= FLAVOUR=cloud kernel/deb $(BASE) deb-cloud cloud

$(CLOUD)/disk.img: $(CLOUD)/stamp build/tools/thpcost build/host/thpfill \
		vm/cloud-root vm/cloud-guest vm/debian-archives | packages-cloud
	@vm/cloud-root $(@D)

test-cloud: cloud-room $(CLOUD)/disk.img $(VMRUN)
	@BASE=$(BASE) prove --failures check/cloud-input
	@DISK=$(CLOUD) prove --failures --exec vm/cloud-boot install changed stock once removed
