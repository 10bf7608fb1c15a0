# SPDX-License-Identifier: GPL-2.0
#
# Programs for the machines that run a kernel: built without any kernel source,
# installed, packed. Debian's packages are looked after on Debian alone.

TOOLS_BUILD	:= build/tools
TOOLS_CFLAGS	:= -std=c11 -O2 -D_GNU_SOURCE -Wall -Wextra -Werror -MMD -MP
TOOLS_SANITIZE	:= -g -fsanitize=address,undefined -fno-sanitize-recover=all
TOOLS_PACKAGES	:= $(if $(shell command -v dpkg-query),packages-tools)

# What reads and adds up, apart from what prints: a guest test has it, too.
THPCOST_CORE	:= $(addprefix tools/thpcost/,parse.c zero.c cost.c check.c share.c survey.c)
THPCOST_SOURCES	:= $(wildcard tools/thpcost/*.c)
THPCOST_TESTS	:= $(addprefix tools/thpcost/tests/,documents rows bad-input files broken live) \
		   $(TOOLS_BUILD)/tests/parse
# What they run.
THPCOST_TESTED	:= $(addprefix $(TOOLS_BUILD)/,thpcost tests/thpcost tests/parse tests/json)

PREFIX		?= /usr/local
BINDIR		?= $(PREFIX)/bin
MANDIR		?= $(PREFIX)/share/man
COMPLETIONDIR	?= $(PREFIX)/share/bash-completion/completions

.PHONY: tools install dist fuzz test-tools

tools: $(TOOLS_BUILD)/thpcost

# A user who may not ask git keeps what is there.
$(TOOLS_BUILD)/version: FORCE
	@mkdir -p $(@D)
	@version=$$(tools/version); [ "$$version" = unknown -a -s $@ ] || \
		echo "$$version" | cmp -s - $@ || echo "$$version" >$@

$(TOOLS_BUILD)/thpcost.d/%.o: tools/thpcost/%.c tools/tools.mk | $(TOOLS_PACKAGES)
	@mkdir -p $(@D)
	$(HOSTCC) $(TOOLS_CFLAGS) -c -o $@ $<

$(TOOLS_BUILD)/thpcost.d/thpcost.o: $(TOOLS_BUILD)/version
$(TOOLS_BUILD)/thpcost.d/thpcost.o: TOOLS_CFLAGS += -DVERSION="\"$$(cat $(TOOLS_BUILD)/version)\""

$(TOOLS_BUILD)/thpcost: $(THPCOST_SOURCES:tools/thpcost/%.c=$(TOOLS_BUILD)/thpcost.d/%.o)
	$(HOSTCC) -o $@ $^ -lsmartcols -lcjson

install: tools
	install -D -m 755 $(TOOLS_BUILD)/thpcost $(DESTDIR)$(BINDIR)/thpcost
	install -D -m 644 tools/thpcost/thpcost.1 $(DESTDIR)$(MANDIR)/man1/thpcost.1
	install -D -m 644 tools/thpcost/thpcost.bash $(DESTDIR)$(COMPLETIONDIR)/thpcost

# The same commit, the same bytes.
dist:
	@[ -e .git ] || { echo 'make dist packs a commit: this is no git tree' >&2; exit 1; }
	@git diff --quiet HEAD || echo 'what is not committed is not packed' >&2
	@mkdir -p build
	@set -o pipefail; git -c core.abbrev=12 archive --prefix=undeposit-$$(tools/version)/ HEAD | gzip -n9 >build/undeposit.tar.gz.tmp
	@mv build/undeposit.tar.gz.tmp build/undeposit-$$(tools/version).tar.gz
	@echo build/undeposit-$$(tools/version).tar.gz

# The tests run the tool with the sanitizers: a wrong read ends it.
$(TOOLS_BUILD)/tests/thpcost: $(THPCOST_SOURCES) $(wildcard tools/thpcost/*.h) tools/tools.mk | packages
	@mkdir -p $(@D)
	$(HOSTCC) $(filter-out -M%,$(TOOLS_CFLAGS)) $(TOOLS_SANITIZE) -DVERSION='"test"' \
		-o $@ $(THPCOST_SOURCES) -lsmartcols -lcjson

$(TOOLS_BUILD)/tests/parse: $(addprefix tools/thpcost/tests/,parse.c mutate.c fuzz.c fuzz.h) \
		tools/thpcost/parse.c tools/thpcost/parse.h tools/tools.mk | packages
	@mkdir -p $(@D)
	$(HOSTCC) $(filter-out -M%,$(TOOLS_CFLAGS)) $(TOOLS_SANITIZE) -o $@ $(filter %.c,$^)

$(TOOLS_BUILD)/tests/json: tools/thpcost/tests/json.c | packages
	@mkdir -p $(@D)
	$(HOSTCC) $(filter-out -M%,$(TOOLS_CFLAGS)) -o $@ $< -lcjson

test-tools: $(THPCOST_TESTED)
	@prove --failures -j$(JOBS) $(THPCOST_TESTS)

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
	clang $(filter-out -M%,$(TOOLS_CFLAGS)) $(TOOLS_SANITIZE) -fsanitize=fuzzer \
		-o $(TOOLS_BUILD)/fuzz/parse tools/thpcost/tests/fuzz.c tools/thpcost/parse.c
	$(TOOLS_BUILD)/fuzz/parse -max_total_time=$(SECONDS) -max_len=4096 -print_final_stats=1 \
		-artifact_prefix=$(TOOLS_BUILD)/fuzz/ $(TOOLS_BUILD)/fuzz/corpus tools/thpcost/tests/corpus

-include $(wildcard $(TOOLS_BUILD)/thpcost.d/*.d)
