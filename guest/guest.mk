# SPDX-License-Identifier: GPL-2.0
#
# The guest image: one static program that is /init and holds every test and
# the demo. GUEST_CC may be a cross compiler, GUEST_BUILD its own folder. A test
# that needs other programs has an image of its own, with them behind that one.

GUEST_CC	?= gcc
GUEST_BUILD	?= build/guest

GUEST_CFLAGS	:= -O2 -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -MMD -MP
GUEST_LDFLAGS	:= -static -no-pie

GUEST_SOURCES	:= guest/init.c $(wildcard guest/lib/*.c guest/tests/*.c guest/random/*.c guest/bench/*.c guest/demo/*.c guest/programs/*.c)
GUEST_OBJECTS	:= $(GUEST_SOURCES:guest/%.c=$(GUEST_BUILD)/%.o) \
		   $(THPCOST_CORE:tools/%.c=$(GUEST_BUILD)/tools/%.o)

# The kernel's own tests that the series bring along.
KSELFTESTS	:= $(sort $(shell sed -n 's,^ create mode .* tools/testing/selftests/mm/\(.*\)\.c$$,\1,p' \
			$(wildcard patches/$(BASE)/*/*.patch)))

# The tests with an image of their own, and these images: of the series as it is
# in patches/, or, for "make try", in the tree.
OWN_IMAGES	:= $(if $(KSELFTESTS),kselftest)
GUEST_IMAGES	:= $(OWN_IMAGES:%=$(GUEST_BUILD)/$(BASE)/undeposit/%.gz)
TRY_IMAGES	= $(patsubst %,$(GUEST_BUILD)/$(BASE)/try/%.gz,$(filter $(TEST),$(OWN_IMAGES)))

.PHONY: guest
guest: $(GUEST_BUILD)/initrd.gz $(GUEST_IMAGES)

$(GUEST_BUILD)/%.o: guest/%.c guest/guest.mk
	@mkdir -p $(@D)
	$(GUEST_CC) $(GUEST_CFLAGS) -c -o $@ $<

# What thpcost reads and adds up with, to be checked against what a test knows.
$(GUEST_BUILD)/tools/%.o: tools/%.c guest/guest.mk
	@mkdir -p $(@D)
	$(GUEST_CC) $(GUEST_CFLAGS) -c -o $@ $<

$(GUEST_BUILD)/init: $(GUEST_OBJECTS)
	$(GUEST_CC) $(GUEST_LDFLAGS) -o $@ $^

# Same input, same bytes: no time stamps, one owner.
$(GUEST_BUILD)/initrd.gz: $(GUEST_BUILD)/init guest/guest.mk
	@mkdir -p $(GUEST_BUILD)/root
	cp $< $(GUEST_BUILD)/root/init
	touch -d @0 $(GUEST_BUILD)/root/init $(GUEST_BUILD)/root
	printf 'init\n' | (cd $(GUEST_BUILD)/root && cpio --quiet -o -H newc \
		-R 0:0 --reproducible) > $(GUEST_BUILD)/initrd
	gzip -n9c $(GUEST_BUILD)/initrd > $@.tmp
	mv $@.tmp $@

# What the kernel's own Makefile builds them of, and how. It has the types of the
# headers that "make headers" installs; here those of the compiler's come first.
define kselftest
	@mkdir -p $(@D)
	$(GUEST_CC) -O2 -Wall -Werror -D_GNU_SOURCE= -U_FORTIFY_SOURCE $(GUEST_LDFLAGS) \
		-D__SANE_USERSPACE_TYPES__ -include asm/types.h \
		-I$1 -I$1/tools/testing/selftests -isystem $1/tools/include/uapi \
		-o $@ $(patsubst %,$1/tools/testing/selftests/mm/%.c,$2 vm_util hugepage_settings)
endef

.PRECIOUS: $(GUEST_BUILD)/$(BASE)/undeposit/kselftest/% $(GUEST_BUILD)/$(BASE)/try/kselftest/%

$(GUEST_BUILD)/$(BASE)/undeposit/kselftest/%: $(B)/undeposit/stamp guest/guest.mk
	$(call kselftest,$(B)/undeposit/source,$*)

$(GUEST_BUILD)/$(BASE)/try/kselftest/%: $(B)/tree/.git guest/guest.mk FORCE
	$(call kselftest,$(B)/tree,$*)

$(GUEST_BUILD)/$(BASE)/%/kselftest.gz: $(GUEST_BUILD)/initrd.gz $$(addprefix $(GUEST_BUILD)/$(BASE)/$$*/kselftest/$(comma)$$(KSELFTESTS))
	rm -rf $(@D)/root
	mkdir -p $(@D)/root/kselftest
	cp $(wordlist 2,$(words $^),$^) $(@D)/root/kselftest
	touch -d @0 $(@D)/root/kselftest/* $(@D)/root/kselftest
	set -o pipefail; (cd $(@D)/root && printf '%s\n' kselftest $(KSELFTESTS:%=kselftest/%) | cpio --quiet -o -H newc \
		-R 0:0 --reproducible) | gzip -n9c | cat $< - > $@.tmp
	mv $@.tmp $@

# For another architecture: its compiler, its folder, the same rules.
build/guest-%/initrd.gz: FORCE | $$(call packages_for,$$*)
	@$(MAKE) --no-print-directory guest GUEST_BUILD=build/guest-$* \
		GUEST_CC=$(firstword $(shell awk '$$2 == "$*" { print $$4 }' kernel/kernels.conf))gcc

-include $(GUEST_OBJECTS:.o=.d)

include guest/docs.mk
