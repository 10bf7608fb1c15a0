# SPDX-License-Identifier: GPL-2.0
#
# The graph of the lab: packages, sources, kernels, guest, runs, reports.

BASE ?= 7.3

ifeq ($(wildcard patches/$(BASE)/base),)
$(error unknown base '$(BASE)'; known: $(patsubst patches/%/base,%,$(wildcard patches/*/base)))
endif

ifneq ($(filter try,$(MAKECMDGOALS)),)
KNOWN := $(shell awk '/^[^\#]/ { print $$1 }' guest/tests.conf)
ifeq ($(filter $(KNOWN),$(TEST)),)
$(error unknown test '$(TEST)'; known: $(KNOWN))
endif
endif

HOSTCC ?= gcc
HOSTCFLAGS ?= -std=c11 -O2 -Wall -Wextra -Werror
SHELL := /bin/bash
JOBS ?= 2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test test-arch try packages clean distclean

help:
	@echo 'make demo              what the change gives back: stock and undeposit side by side'
	@echo 'make pressure          the same for work that does not fit in memory'
	@echo 'make test              the guest tests, on kernels that watch themselves'
	@echo 'make test-arch         all of them on other machines; ARCH= of: $(MACHINES)'
	@echo '                       (loongarch64 on Debian 13 alone, and where ARCH= names it)'
	@echo 'make bench             instructions of every operation on THPs, stock and undeposit'
	@echo 'make bench-check       fail where a ratio is 2 % above the committed one (bench-baseline writes them)'
	@echo 'make traffic           what some of them miss in a model of caches; CACHES=l1d=32/8,l2=1024/16,llc=16384/16'
	@echo 'make report            it as a page with plots, with the demo if it was run: build/$(BASE)/report/index.html'
	@echo "make programs          Debian's own programs (redis, Java, databases ...) on both; PROGRAM=redis one"
	@echo
	@echo 'make tree              the series as a git tree to work in: build/$(BASE)/tree'
	@echo 'make try TEST=name     one test on the kernel of that tree, as it is now'
	@echo '                       MACHINE=kasan: on the kernel that watches its memory'
	@echo 'make random SECONDS=60 random calls, on a new seed each boot; SEED= again, REPLAY= what it was reduced to'
	@echo '                       MACHINE=kasan; KERNEL=stock, KERNEL=try: another than undeposit'
	@echo 'make try-bench         the bench on the kernel of that tree; OPS=fork,munmap for some'
	@echo 'make patches           the commits of that tree back into patches/$(BASE)'
	@echo 'make check-patches     they round-trip through git am, and checkpatch --strict is content'
	@echo 'make check-series      that, and each patch compiles and links, THP on and off; each series, too,'
	@echo '                       is built, booted and tested at its end; PATCH=lazy-tables/0005, PATCH=lazy-tables/end: one'
	@echo 'make check-builds      no new warning (gcc, clang, W=1, sparse) in many configurations; BUILD=name'
	@echo 'make check-plants      bugs planted in the series, and whether the tests notice them: docs/plants.md;'
	@echo '                       PLANT=zap-skips/fail-zap one, which writes nothing'
	@echo 'make docs-sweep        docs/sweep.md anew: what becomes of each failed allocation; docs-report: docs/report'
	@echo 'make check-bases       where the series of the bases differ, and why; DIFF=1 shows the messages'
	@echo 'make test-debian       what the README says and more, on a Debian that has git and make alone; as root; SUITE=trixie, STEPS="demo test" some'
	@echo 'make check-callers     whether docs/split-callers.md has a row for each caller of a split, and no other'
	@echo
	@echo 'make tools             thpcost: what a machine would gain, or gains (no kernel source needed)'
	@echo 'make install           install it; PREFIX=/usr/local DESTDIR=; make uninstall with the same removes it'
	@echo 'make test-tools        its tests on this machine, and those of the kit'
	@echo 'make bench-thpcost         its CPU time beside that of ps, with 5,000 processes; with 1,000 cgroups, as root'
	@echo 'make test-thpcost-fleet    Prometheus rules and dashboard with the real programs: downloads 23 MB'
	@echo 'make test-thpcost-deb      its Debian package, built and tried in a Debian made for that; SUITE=trixie'
	@echo 'make test-thpcost-kernels  how it does on older kernels: needs a download, and half an hour to build one'
	@echo 'make fuzz SECONDS=60   its parsers, with libFuzzer'
	@echo 'make kit               one static program that measures on hardware what the bench counts: docs/hardware.md'
	@echo 'make dist              the last commit as a tarball'
	@echo
	@echo 'make deb               Debian packages of the changed kernel, to install: build/$(BASE)/deb'
	@echo '                       CONFIG=file (default: of this machine), CONFIG=cloud; LOCALMODCONFIG=1, LSMOD=file'
	@echo '                       DBG=1 with debug symbols; FLAVOUR=word, of another configuration; REVISION=number'
	@echo 'make test-deb          packages of a small kernel and of thpcost, installed in a Debian that boots them'
	@echo "make test-cloud        Debian's own kernel for clouds with the series, whole, in a Debian with GRUB and systemd: hours; BASE=6.12"
	@echo
	@echo 'make clean             remove what was built, except that tree'
	@echo 'make distclean         remove build/ whole, unless that tree has unsaved work'
	@echo
	@echo 'BASE=$(BASE) (one of: $(patsubst patches/%/base,%,$(wildcard patches/*/base)))  JOBS=$(JOBS) machines at a time  KVM=1 to use KVM where it works'

packages:
	@./install-packages

packages-%:
	@./install-packages $*

include kernel/kernel.mk
include vm/vm.mk
include vm/cloud.mk
include tools/tools.mk
include guest/guest.mk
include tools/kit/kit.mk
include report/report.mk
include check/check.mk

ifneq ($(filter try random,$(MAKECMDGOALS)),)
MACHINE ?= x86_64
ifeq ($(filter x86_64 $(filter-out $(FOREIGN),$(MACHINES)),$(MACHINE)),)
$(error unknown machine '$(MACHINE)'; known: x86_64 $(filter-out $(FOREIGN),$(MACHINES)))
endif
endif

ifneq ($(filter test-arch,$(MAKECMDGOALS)),)
ARCH ?= $(filter-out $(ASKED),$(FOREIGN))
ifneq ($(filter-out $(MACHINES),$(ARCH)),)
$(error unknown machine '$(filter-out $(MACHINES),$(ARCH))'; known: $(MACHINES))
endif
endif

GUEST := $(GUEST_BUILD)/initrd.gz

$(GUEST_OBJECTS): | packages

include report/bench.mk
include report/pressure.mk
include programs/programs.mk

# It counts instructions, so no two runs differ: a result stands until the kernel or
# the guest changes.
$(B)/demo/%.jsonl: $(B)/%/demo.bzImage $(GUEST) $(VMRUN)
	@mkdir -p $(@D)
	@echo "  running demo on $*" >&2
	@printf '{"kernel":"%s","config":"demo.config","memory":%d,"cpus":1}\n' \
		"$$(cat $(B)/$*/demo.release)" $$((4096 << 20)) >$@.tmp
	@$(VMRUN) --kernel $< --initrd $(GUEST) --memory 4096 --icount --timeout 600 \
		--append undeposit.run=demo --console $(@:.jsonl=.console) >>$@.tmp
	@mv $@.tmp $@

demo: $(B)/demo/stock.jsonl $(B)/demo/undeposit.jsonl $(COMPARE)
	@echo
	@$(COMPARE) --claims report/claims --save $(B)/demo.json \
		$(B)/demo/stock.jsonl $(B)/demo/undeposit.jsonl

# $(call guest_tests,TESTS): vm/guest-test runs them, and says now and then how far it is.
guest_tests = printf '%s %s\n' $(words $1) "$$(date +%s)" >$(B)/tests.progress; \
	BASE=$(BASE) KVM=$(KVM) PROGRESS=$(B)/tests.progress \
	prove --failures -j$(JOBS) --exec vm/guest-test $1

# Every test on the changed kernel, those that say "both" on stock, and the ones
# chosen for other machines.
TESTS = $(shell awk '/^[^\#]/ { print "undeposit/" $$1 } \
	$$5 == "both" { print "stock/" $$1 }' guest/tests.conf)

test: $$(call machine_parts,$(CHOSEN)) $(B)/stock/test.bzImage $(B)/undeposit/test.bzImage $(GUEST) $(GUEST_IMAGES) $(VMRUN) $(COMPARE) $(THPCOST_TESTED)
	@$(call guest_tests,$(TESTS) $(foreach m,$(CHOSEN),$(call machine_choice,$m))); \
	guest=$$?; \
	BASE=$(BASE) KVM=$(KVM) prove --failures -j$(JOBS) $(THPCOST_TESTS) tools/thpcost/tests/truth && \
		exit $$guest

test-arch: $$(call machine_parts,$(ARCH)) $(VMRUN)
	@$(call guest_tests,$(foreach m,$(ARCH),$(call machine_tests,$m)))

try: $(B)/try/$$(call machine_image,$(MACHINE)) $(GUEST) $(TRY_IMAGES) $(VMRUN)
	@BASE=$(BASE) KVM=$(KVM) prove --verbose --exec vm/guest-test \
		try/$(MACHINE)/$(TEST)

clean:
	rm -rf build/host build/guest build/guest-* build/tools build/kit $(B)/series $(B)/end-* $(B)/checks $(B)/planted $(B)/thpcost $(B)/demo $(B)/demo.json \
		$(B)/pressure $(B)/pressure.json $(B)/pressure-never.json $(B)/bench $(B)/bench.json $(B)/traffic $(B)/traffic.json $(B)/report $(B)/deb $(B)/deb-* $(B)/programs $(B)/programs.json $(B)/programs.failed build/programs $(B)/stock $(B)/undeposit $(B)/try

distclean:
	@for tree in build/*/tree; do \
		[ ! -d $$tree ] || kernel/tree "$$(basename "$$(dirname $$tree)")" --check || exit 1; \
	done
	rm -rf build
