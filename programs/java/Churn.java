// SPDX-License-Identifier: GPL-2.0
/*
 * Maps of byte arrays that live through collections, three quarters of which go
 * and are made again. Each array says which it is, and is looked at.
 */
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

public class Churn {
	private static final int MIB = 1 << 20;
	private static final BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
	private final Map<Integer, byte[]> live = new HashMap<>();
	private final SplittableRandom random = new SplittableRandom(1);
	private long bytes;
	private int next;

	private static void mark(String name) throws Exception {
		System.out.println("mark " + name);
		if (in.readLine() == null)
			throw new IllegalStateException("nobody listens");
	}

	private static byte tag(int key) {
		return (byte) (key * 31 + 7);
	}

	private void make() {
		byte[] array = new byte[64 + random.nextInt(16384)];

		Arrays.fill(array, tag(next));
		live.put(next++, array);
		bytes += array.length;
	}

	private void fill(long target) {
		while (bytes < target) {
			make();
			/* What is garbage at once. */
			Arrays.fill(new byte[1024 + random.nextInt(1024)], (byte) 1);
		}
	}

	private void empty() {
		for (int key = 0; key < next; key++) {
			byte[] array = live.get(key);

			if (array != null && random.nextInt(4) > 0) {
				live.remove(key);
				bytes -= array.length;
			}
		}
	}

	private void answer(String name) {
		long sum = 0;

		for (int key = 0; key < next; key++) {
			byte[] array = live.get(key);

			if (array == null)
				continue;
			for (byte b : array)
				if (b != tag(key))
					throw new IllegalStateException("array " + key + " is not what was written");
			sum = sum * 31 + array.length + key;
		}
		System.out.println("answer " + name + " " + Long.toHexString(sum) + " " + bytes);
	}

	/* The virtual machine itself is asked to fork, not to spawn. */
	private static void fork(String name) throws Exception {
		long start = System.nanoTime();
		Process process = new ProcessBuilder("/bin/true").start();

		System.out.println("figure fork_" + name + " " + (System.nanoTime() - start) + " instructions");
		if (process.waitFor() != 0)
			throw new IllegalStateException("/bin/true failed");
	}

	public static void main(String[] args) throws Exception {
		Churn churn = new Churn();
		long target = (long) Integer.parseInt(args[0]) * MIB;

		mark("started");
		fork("first");
		churn.fill(target);
		mark("filled");
		churn.answer("filled");
		fork("filled");
		churn.empty();
		System.gc();
		mark("emptied");
		churn.answer("emptied");
		churn.fill(target);
		fork("refilled");
		mark("refilled");
		churn.answer("refilled");
		System.out.println("answer forked ok");
	}
}
