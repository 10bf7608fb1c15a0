# SPDX-License-Identifier: GPL-2.0
#
# The kit: one static program that measures on any machine what the bench counts in
# the guest. The operations and what they take of the guest's library are compiled
# here with the guest's flags; the rest of the guest knows that it is one.

KIT_BUILD	:= build/kit
KIT_LIB		:= $(KIT_BUILD)/lib

# Without what counts instructions, and what takes over the machine's swap.
KIT_BENCH	:= $(filter-out $(addprefix guest/bench/,bench.c growth.c swap.c),$(wildcard guest/bench/*.c))
KIT_GUEST_LIB	:= $(patsubst %,guest/lib/%.c,advice child cpu file huge kernel node pagemap pattern \
			region size split tables uffd)
KIT_SOURCES	:= $(wildcard tools/kit/*.c) tools/must.c tools/thpcost/replace.c
KIT_GUEST_OBJECTS := $(patsubst %.c,$(KIT_BUILD)/%.o,$(KIT_BENCH) $(KIT_GUEST_LIB))
KIT_OBJECTS	:= $(KIT_SOURCES:%.c=$(KIT_BUILD)/%.o)
KIT_CFLAGS	:= -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -O2 -MMD -MP

KIT_TESTS	:= $(addprefix tools/kit/tests/,documents bad-input run compare)
KIT_TESTED	:= $(TOOLS_BUILD)/tests/kit $(TOOLS_BUILD)/tests/without

.PHONY: kit
kit: $(KIT_BUILD)/kit
	@echo "  $<: $$($< --version), $$(stat -c %s $<) bytes"

$(KIT_LIB)/libcjson.a: tools/kit/libraries | packages-kit
	@tools/kit/libraries $(KIT_LIB)

$(KIT_BUILD)/guest/%.o: guest/%.c guest/guest.mk tools/kit/kit.mk
	@mkdir -p $(@D)
	$(HOSTCC) $(GUEST_CFLAGS) -c -o $@ $<

$(KIT_BUILD)/tools/%.o: tools/%.c tools/kit/kit.mk $(KIT_LIB)/libcjson.a
	@mkdir -p $(@D)
	$(HOSTCC) $(KIT_CFLAGS) -I$(KIT_LIB)/include -c -o $@ $<

$(KIT_BUILD)/tools/kit/kit.o: $(TOOLS_BUILD)/version
$(KIT_BUILD)/tools/kit/kit.o: KIT_CFLAGS += -DVERSION="\"$$(cat $(TOOLS_BUILD)/version)\""

$(KIT_BUILD)/kit: $(KIT_OBJECTS) $(KIT_GUEST_OBJECTS) $(KIT_LIB)/libcjson.a
	$(HOSTCC) -static -o $@ $(filter %.o,$^) $(KIT_LIB)/libsmartcols.a $(KIT_LIB)/libcjson.a -lm

# The tests run it with the sanitizers, and with Debian's shared libraries; its
# operations without, whose memory is not to be watched.
$(TOOLS_BUILD)/tests/kit: $(KIT_SOURCES) $(KIT_GUEST_OBJECTS) $(wildcard tools/kit/*.h tools/*.h tools/thpcost/*.h) \
		guest/bench/bench.h tools/kit/kit.mk | packages
	@mkdir -p $(@D)
	$(HOSTCC) $(TOOLS_TESTFLAGS) $(TOOLS_SANITIZE) -DVERSION='"test"' \
		-o $@ $(KIT_SOURCES) $(KIT_GUEST_OBJECTS) $(TOOLS_LIBS) -lm

$(TOOLS_BUILD)/tests/without: tools/kit/tests/without.c | packages
	@mkdir -p $(@D)
	$(HOSTCC) $(TOOLS_TESTFLAGS) -o $@ $<

-include $(KIT_OBJECTS:.o=.d) $(KIT_GUEST_OBJECTS:.o=.d)
