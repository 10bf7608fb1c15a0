# SPDX-License-Identifier: GPL-2.0
#
# Debian's own programs on both kernels: a root for each folder, with what Debian
# has; an initrd with what is run there; a run a line of programs.conf and kernel.

PROGRAM ?= $(shell awk '/^[^\#]/ { print $$1 }' programs/programs.conf)
program_folder = $(shell awk '$$1 == "$1" { print $$2 }' programs/programs.conf)

ifneq ($(filter programs,$(MAKECMDGOALS)),)
PROGRAMS_KNOWN := $(shell awk '/^[^\#]/ { print $$1 }' programs/programs.conf)
ifneq ($(filter-out $(PROGRAMS_KNOWN),$(PROGRAM)),)
$(error unknown program '$(filter-out $(PROGRAMS_KNOWN),$(PROGRAM))'; known: $(PROGRAMS_KNOWN))
endif
endif

# The lines of a folder, and its packages alone; touched only where they are others
# than before.
build/programs/%/conf: FORCE
	@mkdir -p $(@D)
	@awk '!/^#/ && $$2 == "$*"' programs/programs.conf >$@.tmp
	@cmp -s $@.tmp $@ || cp $@.tmp $@
	@rm $@.tmp

build/programs/%/packages: build/programs/%/conf
	@awk '{ print $$7 }' $< | tr , '\n' | sort -u >$@.tmp
	@cmp -s $@.tmp $@ || cp $@.tmp $@
	@rm $@.tmp

# Where what is run is built in the root, by its compilers, the root is made of that, too.
build/programs/%/root.img: build/programs/%/packages programs/root vm/debian-root vm/debian-archives $$(if $$(wildcard programs/$$*/build),$$(wildcard programs/$$*/*)) | packages-debian-root
	@programs/root $* $(@D)

# Programs in C run in that root, which is of the release that this machine has.
build/programs/bin/%: programs/%.c | packages
	@mkdir -p $(@D)
	$(HOSTCC) $(HOSTCFLAGS) -pthread -o $@ $<

# What is run, as the guest finds it: /programs/programs.conf, /programs/FOLDER.
programs_built = $(patsubst programs/%.c,build/programs/bin/%,$(wildcard programs/$1/*.c))

build/programs/%/initrd.gz: $(GUEST) build/programs/%/conf programs/lib.sh $$(wildcard programs/$$*/*) $$(call programs_built,$$*) programs/programs.mk
	@rm -rf $(@D)/tree
	@mkdir -p $(@D)/tree/programs/$*
	@cp -r $(wildcard programs/$*) programs/lib.sh $(@D)/tree/programs
	@cp $(@D)/conf $(@D)/tree/programs/programs.conf
	@$(foreach built,$(call programs_built,$*),cp $(built) $(@D)/tree/programs/$* &&) true
	@find $(@D)/tree -exec touch -d @0 {} +
	@set -o pipefail; (cd $(@D)/tree && find programs | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 --reproducible) | \
		gzip -n9c | cat $< - >$@.tmp
	@rm -r $(@D)/tree
	@mv $@.tmp $@

.PRECIOUS: build/programs/%/conf build/programs/%/packages build/programs/%/root.img build/programs/%/initrd.gz build/programs/bin/%

program_parts = $(addprefix build/programs/$(call program_folder,$1)/,root.img initrd.gz)

$(B)/programs/stock/%.jsonl: $(B)/stock/programs.bzImage $$(call program_parts,$$*) $(VMRUN) vm/guest-program
	@BASE=$(BASE) vm/guest-program stock/$*

$(B)/programs/undeposit/%.jsonl: $(B)/undeposit/programs.bzImage $$(call program_parts,$$*) $(VMRUN) vm/guest-program
	@BASE=$(BASE) vm/guest-program undeposit/$*

# One that fails does not keep the others from being run.
.PHONY: programs
programs: build/host/programs
	@rm -f $(B)/programs.failed
	@$(MAKE) --no-print-directory -k BASE=$(BASE) \
		$(foreach p,$(PROGRAM),$(B)/programs/stock/$p.jsonl $(B)/programs/undeposit/$p.jsonl) || touch $(B)/programs.failed
	@echo
	@build/host/programs --save $(B)/programs.json $(B)/programs $(PROGRAM) && [ ! -e $(B)/programs.failed ]
