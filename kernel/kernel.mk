# SPDX-License-Identifier: GPL-2.0
#
# From patches/$(BASE)/ to kernels. A kernel is named TREE/CONFIG, where TREE is
# stock, undeposit or try and CONFIG a file of kernel/config/:
#
#	archive -> stock/source ----------> stock/CONFIG.bzImage
#	               |  + patches
#	               +-> undeposit/source -> undeposit/CONFIG.bzImage
#	               +-> tree (git) <-> patches, tree -> try/CONFIG.bzImage

B := build/$(BASE)
CONFIGS := demo test
KERNEL_BUILD := kernel/build kernel/config/objects kernel/config/base.config kernel/config/x86_64.config

.PHONY: tree patches FORCE

# Written last, when the whole source is there.
$(B)/stock/version: patches/$(BASE)/base | packages
	@kernel/extract $(BASE) $(B)/stock

# Touched only when the series or the source changed.
$(B)/undeposit/stamp: $(B)/stock/version FORCE
	@kernel/apply $(BASE)

$(CONFIGS:%=$(B)/stock/%.bzImage): $(B)/stock/%.bzImage: $(B)/stock/version kernel/config/%.config $(KERNEL_BUILD)
	@kernel/build stock $(B)/stock/source $* $(B)/stock

$(CONFIGS:%=$(B)/undeposit/%.bzImage): $(B)/undeposit/%.bzImage: $(B)/undeposit/stamp kernel/config/%.config $(KERNEL_BUILD)
	@kernel/build undeposit $(B)/undeposit/source $* $(B)/undeposit

# Made once: from then on it is the developer's.
$(B)/tree/.git: | $(B)/stock/version
	@kernel/tree $(BASE)

# Whatever the developer changed since: kbuild knows.
$(B)/try/test.bzImage: $(B)/tree/.git FORCE
	@kernel/build try $(B)/tree test $(B)/try

tree: $(B)/stock/version
	@kernel/tree $(BASE)

patches: $(B)/stock/version
	@kernel/patches $(BASE)
