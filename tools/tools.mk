# SPDX-License-Identifier: GPL-2.0
#
# Programs for the machines that run a kernel: built without any kernel source,
# installed, packed. Debian's packages are looked after on Debian alone.

TOOLS_BUILD	:= build/tools
# As a package's build wants it: CC, CPPFLAGS, CFLAGS and LDFLAGS are the user's. A
# warning is an error where developers build: for the tests.
TOOLS_CC	:= $(if $(filter default,$(origin CC)),$(HOSTCC),$(CC))
TOOLS_CFLAGS	:= -std=c11 -D_GNU_SOURCE -Wall -Wextra $(CPPFLAGS) $(if $(CFLAGS),$(CFLAGS),-O2) -MMD -MP
TOOLS_TESTFLAGS	:= -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -O2
TOOLS_LIBS	:= -lsmartcols -lcjson
TOOLS_VERSION	?= $(shell tools/version)
TOOLS_SANITIZE	:= -g -fsanitize=address,undefined -fno-sanitize-recover=all
# Who installs, or builds a package, installs no packages.
TOOLS_PACKAGES	:= $(if $(filter install uninstall,$(MAKECMDGOALS))$(NO_APT),,$(if $(shell command -v dpkg-query),packages-tools))

# What reads and adds up, apart from what prints: a guest test has it, too.
THPCOST_CORE	:= $(addprefix tools/thpcost/,parse.c zero.c cost.c check.c share.c survey.c)
THPCOST_SOURCES	:= tools/must.c $(wildcard tools/thpcost/*.c)
THPCOST_TESTS	:= $(addprefix tools/thpcost/tests/,documents rows cgroups bad-input files install broken live) \
		   $(TOOLS_BUILD)/tests/parse
# What they try, and make fuzz does.
PARSERS		:= $(THPCOST_CORE) tools/thpcost/machine.c
# What they run.
THPCOST_TESTED	:= $(addprefix $(TOOLS_BUILD)/,thpcost tests/thpcost tests/parse tests/json)

PREFIX		?= /usr/local
BINDIR		?= $(PREFIX)/bin
MANDIR		?= $(PREFIX)/share/man
DATADIR		?= $(PREFIX)/share
COMPLETIONDIR	?= $(DATADIR)/bash-completion/completions
ZSHDIR		?= $(DATADIR)/zsh/site-functions
FISHDIR		?= $(DATADIR)/fish/vendor_completions.d
UNITDIR		?= $(PREFIX)/lib/systemd/system

# What is installed: mode, file, where.
define TOOLS_INSTALLED
755 $(TOOLS_BUILD)/thpcost $(BINDIR)/thpcost
644 tools/thpcost/thpcost.1 $(MANDIR)/man1/thpcost.1
644 tools/thpcost/thpcost.bash $(COMPLETIONDIR)/thpcost
644 tools/thpcost/thpcost.zsh $(ZSHDIR)/_thpcost
644 tools/thpcost/thpcost.fish $(FISHDIR)/thpcost.fish
644 tools/thpcost/thpcost-textfile.service $(UNITDIR)/thpcost-textfile.service
644 tools/thpcost/thpcost-textfile.timer $(UNITDIR)/thpcost-textfile.timer
endef
export TOOLS_INSTALLED

.PHONY: tools install uninstall dist fuzz test-tools

tools: $(TOOLS_BUILD)/thpcost

# A user who may not ask git keeps what is there.
$(TOOLS_BUILD)/version: FORCE
	@mkdir -p $(@D)
	@version="$(TOOLS_VERSION)"; [ "$$version" = unknown -a -s $@ ] || \
		echo "$$version" | cmp -s - $@ || echo "$$version" >$@

$(TOOLS_BUILD)/thpcost.d/%.o: tools/%.c tools/tools.mk | $(TOOLS_PACKAGES)
	@mkdir -p $(@D)
	$(TOOLS_CC) $(TOOLS_CFLAGS) -c -o $@ $<

$(TOOLS_BUILD)/thpcost.d/thpcost/thpcost.o: $(TOOLS_BUILD)/version
$(TOOLS_BUILD)/thpcost.d/thpcost/thpcost.o: TOOLS_CFLAGS += -DVERSION="\"$$(cat $(TOOLS_BUILD)/version)\""

$(TOOLS_BUILD)/thpcost: $(THPCOST_SOURCES:tools/%.c=$(TOOLS_BUILD)/thpcost.d/%.o)
	$(TOOLS_CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TOOLS_LIBS)

install: tools
	@while read -r mode file where; do \
		install -D -m "$$mode" "$$file" "$(DESTDIR)$$where" || exit 1; \
	done <<<"$$TOOLS_INSTALLED"
	@sed -i 's|/usr/bin/|$(BINDIR)/|' "$(DESTDIR)$(UNITDIR)/thpcost-textfile.service"

uninstall:
	@while read -r _ _ where; do rm -f "$(DESTDIR)$$where"; done <<<"$$TOOLS_INSTALLED"

# The same commit, the same bytes.
dist:
	@[ -e .git ] || { echo 'make dist packs a commit: this is no git tree' >&2; exit 1; }
	@git diff --quiet HEAD || echo 'what is not committed is not packed' >&2
	@mkdir -p build
	@set -o pipefail; git -c core.abbrev=12 archive --prefix=undeposit-$$(tools/version)/ HEAD | gzip -n9 >build/undeposit.tar.gz.tmp
	@mv build/undeposit.tar.gz.tmp build/undeposit-$$(tools/version).tar.gz
	@echo build/undeposit-$$(tools/version).tar.gz

# The tests run the tool with the sanitizers: a wrong read ends it.
$(TOOLS_BUILD)/tests/thpcost: $(THPCOST_SOURCES) $(wildcard tools/*.h tools/thpcost/*.h) tools/tools.mk | $(TOOLS_PACKAGES)
	@mkdir -p $(@D)
	$(HOSTCC) $(TOOLS_TESTFLAGS) $(TOOLS_SANITIZE) -DVERSION='"test"' \
		-o $@ $(THPCOST_SOURCES) $(TOOLS_LIBS)

$(TOOLS_BUILD)/tests/parse: $(addprefix tools/thpcost/tests/,parse.c mutate.c fuzz.c fuzz.h) \
		$(PARSERS) $(wildcard tools/thpcost/*.h) tools/tools.mk | $(TOOLS_PACKAGES)
	@mkdir -p $(@D)
	$(HOSTCC) $(TOOLS_TESTFLAGS) $(TOOLS_SANITIZE) -o $@ $(filter %.c,$^) -lcjson

$(TOOLS_BUILD)/tests/json: tools/thpcost/tests/json.c | $(TOOLS_PACKAGES)
	@mkdir -p $(@D)
	$(HOSTCC) $(TOOLS_TESTFLAGS) -o $@ $< -lcjson

test-tools: $(THPCOST_TESTED) $$(KIT_TESTED) | $(if $(TOOLS_PACKAGES),packages-tools-test)
	@prove --failures -j$(JOBS) $(THPCOST_TESTS) $(KIT_TESTS)

$(TOOLS_BUILD)/tests/dashboard: tools/thpcost/tests/dashboard.c | $(TOOLS_PACKAGES)
	@mkdir -p $(@D)
	$(HOSTCC) $(TOOLS_TESTFLAGS) -o $@ $< -lcjson

# The rules and the dashboard, with the real programs: a download of 23 MB, so not in
# "make test". What is there already is used: FLEET=/usr/bin.
.PHONY: test-thpcost-fleet
FLEET		?= $(TOOLS_BUILD)/fleet/usr/bin

$(TOOLS_BUILD)/fleet/usr/bin: packages/fleet
	@rm -rf $(TOOLS_BUILD)/fleet && mkdir -p $(TOOLS_BUILD)/fleet
	@cd $(TOOLS_BUILD)/fleet && apt-get -q download $$(grep -v "^#" $(CURDIR)/packages/fleet)
	@for deb in $(TOOLS_BUILD)/fleet/*.deb; do dpkg-deb -x $$deb $(TOOLS_BUILD)/fleet || exit 1; done
	@touch $@

test-thpcost-fleet: $(TOOLS_BUILD)/tests/thpcost $(TOOLS_BUILD)/tests/dashboard $(FLEET)
	@prove --failures tools/thpcost/tests/fleet :: $(FLEET)

# Debian's package: built from what "make dist" packs, tried and removed in a root of SUITE
# made for that. Made again where a commit changed what it is made of.
.PHONY: test-thpcost-deb
RELEASE		:= $(shell . /etc/os-release && echo $$VERSION_CODENAME)
SUITE		?= $(RELEASE)
DEB_COMMIT	= git log -1 --format=%H -- Makefile debian tools

$(TOOLS_BUILD)/deb/commit: FORCE
	@mkdir -p $(@D)
	@$(DEB_COMMIT) | cmp -s - $@ || $(DEB_COMMIT) >$@

$(TOOLS_BUILD)/deb/%/tap: $(TOOLS_BUILD)/deb/commit vm/debian-root vm/debian-archives | packages-debian-root
	@SUITE=$* tools/deb $(@D)

.PRECIOUS: $(TOOLS_BUILD)/deb/%/tap

test-thpcost-deb: $(TOOLS_BUILD)/deb/$(SUITE)/tap
	@prove --failures --exec cat $<

# Beside ps aux, on this machine: a figure, not a test.
.PHONY: bench-thpcost
bench-thpcost: tools
	@tools/thpcost/tests/benchmark

# Kernels that many run and the lab has no series for: Debian 12's own, the base as it
# is, and a 6.12 whose PAGEMAP_SCAN does not see the huge zero page. It downloads a
# package and builds a kernel: not in "make test".
.PHONY: test-thpcost-kernels
KERNELS_BUILD	:= $(TOOLS_BUILD)/kernels

$(KERNELS_BUILD)/debian:
	@mkdir -p $@.d
	@cd $@.d && apt-get -q download $$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends:/ { print $$2 }')
	@dpkg-deb --fsys-tarfile $@.d/*.deb | tar -xO --wildcards ./boot/vmlinuz-'*' >$@.tmp
	@mv $@.tmp $@

$(KERNELS_BUILD)/blind/test.bzImage: tools/thpcost/tests/blind.patch $(KERNEL_BUILD) | packages
	@rm -rf $(@D)
	@kernel/extract 6.12 $(@D)
	@patch -s -d $(@D)/source -p1 <$<
	@kernel/build blind $(@D)/source test $(@D) 6.12

test-thpcost-kernels: $(KERNELS_BUILD)/debian $(KERNELS_BUILD)/blind/test.bzImage $$(B)/stock/test.bzImage build/guest/initrd.gz $(VMRUN)
	@KVM=$(KVM) prove --verbose tools/thpcost/tests/kernels :: pfn=$(word 1,$^) pfn=$(word 2,$^) scan=$(word 3,$^)

SECONDS		?= 60

fuzz: | packages-fuzz
	@mkdir -p $(TOOLS_BUILD)/fuzz/corpus
	clang $(TOOLS_TESTFLAGS) $(TOOLS_SANITIZE) -fsanitize=fuzzer \
		-o $(TOOLS_BUILD)/fuzz/parse tools/thpcost/tests/fuzz.c $(PARSERS) -lcjson
	$(TOOLS_BUILD)/fuzz/parse -max_total_time=$(SECONDS) -max_len=4096 -print_final_stats=1 \
		-artifact_prefix=$(TOOLS_BUILD)/fuzz/ $(TOOLS_BUILD)/fuzz/corpus tools/thpcost/tests/corpus

-include $(wildcard $(TOOLS_BUILD)/thpcost.d/*.d $(TOOLS_BUILD)/thpcost.d/*/*.d)
