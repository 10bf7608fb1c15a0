# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What a workload in shell says to guest/programs/debian.c, which started it.

set -eu

# What the programs wrote to logs is seen where something fails.
trap '[ $? = 0 ] || tail -n 8 /var/tmp/*.log 2>/dev/null' EXIT

# mark NAME: page tables and memory are read before it goes on.
mark() {
	echo "mark $1"
	read -r _
}

# answer NAME TEXT: what must be the same on each kernel.
answer() {
	echo "answer $1 $2"
}

# check NAME COMMAND...: answers whether it succeeded.
check() {
	name=$1
	shift
	if "$@"; then
		answer "$name" ok
	else
		answer "$name" bad
	fi
}

# figure NAME NUMBER UNIT (bytes, instructions, count): what may differ.
figure() {
	echo "figure $1 $2 $3"
}

# wait_for COMMAND...: until it succeeds, some minutes of the guest.
wait_for() {
	for _ in $(seq 3000); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	echo "gave up waiting for: $*"
	return 1
}
