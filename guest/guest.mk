# SPDX-License-Identifier: GPL-2.0
#
# The guest image: one static program that is /init and holds every test and
# the demo. GUEST_CC may be a cross compiler, GUEST_BUILD its own folder.

GUEST_CC	?= gcc
GUEST_BUILD	?= build/guest

GUEST_CFLAGS	:= -O2 -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -MMD -MP
GUEST_LDFLAGS	:= -static -no-pie

GUEST_SOURCES	:= guest/init.c $(wildcard guest/lib/*.c guest/tests/*.c guest/random/*.c guest/bench/*.c guest/demo/*.c)
GUEST_OBJECTS	:= $(GUEST_SOURCES:guest/%.c=$(GUEST_BUILD)/%.o) \
		   $(THPCOST_CORE:tools/%.c=$(GUEST_BUILD)/tools/%.o)

.PHONY: guest
guest: $(GUEST_BUILD)/initrd.gz

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

# For another architecture: its compiler, its folder, the same rules.
build/guest-%/initrd.gz: FORCE | $$(call packages_for,$$*)
	@$(MAKE) --no-print-directory guest GUEST_BUILD=build/guest-$* \
		GUEST_CC=$(firstword $(shell awk '$$2 == "$*" { print $$4 }' kernel/kernels.conf))gcc

-include $(GUEST_OBJECTS:.o=.d)

include guest/docs.mk
