# SPDX-License-Identifier: GPL-2.0
#
# From patches/$(BASE)/ to kernels. A kernel is named TREE/CONFIG, where TREE is
# stock, undeposit or try and CONFIG a line of kernel/kernels.conf:
#
#	archive -> stock/source ----------> stock/CONFIG.bzImage
#	               |  + patches
#	               +-> undeposit/source -> undeposit/CONFIG.bzImage
#	               +-> tree (git) <-> patches, tree -> try/CONFIG.bzImage
#
# (bzImage on x86; the image that the line names elsewhere).

B := build/$(BASE)
BACKPORT_OF := $(shell . patches/$(BASE)/base && echo $$BACKPORT_OF)
comma := ,

# $(call kernel_column,CONFIG,NUMBER)
kernel_column = $(shell awk '$$1 == "$1" { print $$$2 }' kernel/kernels.conf)
# $(call packages_for,ARCH): what the compiler and the emulator for it take, where
# packages/ has a list of that name.
packages_for = $(if $1,$(patsubst packages/%,packages-%,$(wildcard packages/$1)))
# The same for CONFIG.IMAGE: the fragments it is made of, the packages it takes.
fragments = $(patsubst %,kernel/config/%.config,$(subst $(comma), ,$(call kernel_column,$(basename $1),7))) \
	$(wildcard kernel/config/$(BASE)/$(basename $1).config)
packages_of = $(call packages_for,$(call kernel_column,$(basename $1),2))

IMAGES := $(shell awk '/^[^\#]/ { n = split($$5, path, "/"); print $$1 "." path[n] }' kernel/kernels.conf)
KERNEL_BUILD := kernel/build kernel/kernels.conf

.PHONY: deb tree patches FORCE
.SECONDEXPANSION:

# Written last, when the whole source is there.
$(B)/stock/version: patches/$(BASE)/base | packages
	@kernel/extract $(BASE) $(B)/stock

# Touched only when the series or the source changed.
$(B)/undeposit/stamp: $(B)/stock/version FORCE
	@kernel/apply $(BASE)

$(IMAGES:%=$(B)/stock/%): $(B)/stock/%: $(B)/stock/version $(KERNEL_BUILD) $$(call fragments,$$*) | $$(call packages_of,$$*)
	@kernel/build stock $(B)/stock/source $(basename $*) $(B)/stock $(BASE)

$(IMAGES:%=$(B)/undeposit/%): $(B)/undeposit/%: $(B)/undeposit/stamp $(KERNEL_BUILD) $$(call fragments,$$*) | $$(call packages_of,$$*)
	@kernel/build undeposit $(B)/undeposit/source $(basename $*) $(B)/undeposit $(BASE)

# Made once: from then on it is the developer's.
$(B)/tree/.git: | $(B)/stock/version
	@kernel/tree $(BASE)

# Whatever the developer changed since: kbuild knows.
$(IMAGES:%=$(B)/try/%): $(B)/try/%: $(B)/tree/.git FORCE | $$(call packages_of,$$*)
	@kernel/build try $(B)/tree $(basename $*) $(B)/try $(BASE)

tree: $(B)/stock/version
	@kernel/tree $(BASE)

patches: $(B)/stock/version
	@kernel/patches $(BASE)

# Packages to install, of each flavour in a folder of its own. kernel/deb knows what
# they depend on besides.
FLAVOUR ?= $(filter cloud,$(CONFIG))

deb: $(B)/undeposit/stamp | packages packages-deb
	@FLAVOUR=$(FLAVOUR) kernel/deb $(BASE) deb$(FLAVOUR:%=-%) "$(CONFIG)"

# A small kernel for test-deb, made as any other CONFIG is.
DEB_TEST_CONFIG := $(B)/undeposit/source/obj-deb-test-config/.config

$(B)/deb-test/stamp: $(B)/undeposit/stamp FORCE | packages packages-deb
	@kernel/configure $(B)/undeposit/source $(abspath $(dir $(DEB_TEST_CONFIG))) x86 - gcc tinyconfig \
		$(abspath $(patsubst %,kernel/config/%.config,base x86_64 deb-test))
	@LOCALMODCONFIG= LSMOD= FLAVOUR= DBG=1 kernel/deb $(BASE) deb-test $(DEB_TEST_CONFIG)
