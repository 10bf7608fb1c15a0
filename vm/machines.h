/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The machines that vmrun knows, one row each. A new architecture is a new row.
 *
 * args must attach the chardev "console" to the first serial line and
 * "results" to the second; smp is the format of -smp, given the number of
 * CPUs twice; nodes is what makes the kernel split memory into that many nodes,
 * NULL where QEMU makes them, "" where nobody can; append is what the kernel
 * needs to print on the console and to end QEMU (which runs with -no-reboot) by
 * a reboot or a panic; icount_append is added where the guest's clock counts
 * instructions.
 */
struct machine {
	const char *name;
	const char *qemu;
	const char *const *args;
	const char *smp;
	const char *nodes;
	const char *append;
	const char *icount_append;
};

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct machine machines[] = {
	/*
	 * Sockets, not cores: the MP table lists one CPU per socket.
	 * Calibrating the local APIC's timer polls the TSC for 100 ms, and each
	 * look is dear with -icount: 13 s of the host's time. The timer's interrupts
	 * come late where the host is busy, which Linux takes for a broken IO-APIC.
	 */
	{ "x86_64", "qemu-system-x86_64",
	  ARGS("-machine", "pc", "-cpu", "qemu64,+pdpe1gb", "-serial", "chardev:console",
	       "-serial", "chardev:results"),
	  "%u,sockets=%u", "numa=fake=%u", "console=ttyS0 reboot=t panic=-1 no_timer_check", "nolapic_timer" },
	/* The hash MMU has THP only if the machine offers it pages of 16 MiB. */
	{ "pseries", "qemu-system-ppc64",
	  ARGS("-machine", "pseries,cap-hpt-max-page-size=16777216", "-cpu", "POWER9",
	       "-device", "spapr-vty,chardev=console,reg=0x30000000",
	       "-device", "spapr-vty,chardev=results,reg=0x30001000"),
	  "%u", NULL, "console=hvc0 undeposit.results=hvc1", "" },
	{ "virt-arm64", "qemu-system-aarch64",
	  ARGS("-machine", "virt", "-cpu", "cortex-a57", "-serial", "chardev:console",
	       "-device", "virtio-serial-device", "-device", "virtconsole,chardev=results"),
	  "%u", "numa=fake=%u", "console=ttyAMA0 undeposit.results=hvc0", "" },
	{ "s390-ccw-virtio", "qemu-system-s390x",
	  ARGS("-machine", "s390-ccw-virtio", "-device", "sclpconsole,chardev=console",
	       "-device", "virtio-serial-ccw", "-device", "virtconsole,chardev=results"),
	  "%u", "", "console=ttysclp0 undeposit.results=hvc0", "" },
	/* QEMU 7.2 names the extensions of a CPU in riscv,isa, which Linux ignores unasked. */
	{ "virt-riscv64", "qemu-system-riscv64",
	  ARGS("-machine", "virt", "-serial", "chardev:console",
	       "-device", "virtio-serial-device", "-device", "virtconsole,chardev=results"),
	  "%u", "numa=fake=%u", "console=ttyS0 undeposit.results=hvc0 earlycon riscv_isa_fallback", "" },
	/*
	 * This machine has one CPU, whatever a test asks for, and its firmware
	 * powers off and does not restart.
	 */
	{ "sun4u", "qemu-system-sparc64",
	  ARGS("-machine", "sun4u", "-serial", "chardev:console",
	       "-device", "virtio-serial-pci,bus=pciB", "-device", "virtconsole,chardev=results"),
	  "1", "", "console=ttyS0 undeposit.results=hvc0 undeposit.end=off", "" },
	/* Started without firmware, there are no tables of ACPI that tell nodes. */
	{ "virt-loongarch64", "qemu-system-loongarch64",
	  ARGS("-machine", "virt", "-serial", "chardev:console",
	       "-device", "virtio-serial-pci", "-device", "virtconsole,chardev=results"),
	  "%u", "", "console=ttyS0 undeposit.results=hvc0", "" },
};
