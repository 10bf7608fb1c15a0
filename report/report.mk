# SPDX-License-Identifier: GPL-2.0
#
# The program that sets two kernels' figures side by side.

COMPARE := build/host/compare

$(COMPARE): report/compare.c | packages
	@mkdir -p $(@D)
	$(HOSTCC) $(HOSTCFLAGS) -o $@ $< -lsmartcols -lcjson -lm
