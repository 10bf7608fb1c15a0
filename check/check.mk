# SPDX-License-Identifier: GPL-2.0
#
# What a series must be before it is sent, besides what the guest tests.

.PHONY: check-patches

check-patches: $(B)/stock/version | $(B)/tree/.git
	@check/series $(BASE)
	@BASE=$(BASE) prove --timer --failures --exec check/series-test round-trip checkpatch
