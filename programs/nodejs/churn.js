// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers outside of V8's heap and objects in it, three quarters of which go and
 * are made again. Each says which it is, and is looked at.
 */
'use strict';

const fs = require('fs');
const crypto = require('crypto');

const live = new Map();
let bytes = 0;
let next = 0;
let seed = 1;

function draw(below) {
	seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
	return (seed >>> 8) % below;
}

function say(line) {
	fs.writeSync(1, line + '\n');
}

function mark(name) {
	say('mark ' + name);
	if (fs.readSync(0, Buffer.alloc(8)) < 1)
		throw new Error('nobody listens');
}

function make() {
	const size = 64 + draw(32768);

	live.set(next, {
		buffer: Buffer.alloc(size, next % 251),
		words: Array.from({ length: size >> 8 }, (_, i) => i * 1.5 + next),
	});
	bytes += size;
	next++;
}

function fill(target) {
	while (bytes < target)
		make();
}

function empty() {
	for (const [key, value] of live) {
		if (draw(4) === 0)
			continue;
		bytes -= value.buffer.length;
		live.delete(key);
	}
	global.gc();
}

function answer(name) {
	const hash = crypto.createHash('sha256');

	for (const [key, value] of live) {
		if (value.words.some((word, i) => word !== i * 1.5 + key))
			throw new Error('an array is not what was written');
		hash.update(value.buffer);
	}
	say('answer ' + name + ' ' + hash.digest('hex') + ' ' + bytes);
}

const target = Number(process.argv[2]) << 20;

for (let round = 0; round < 2; round++) {
	fill(target);
	if (round === 0) {
		mark('filled');
		answer('filled');
	}
	empty();
	if (round === 0) {
		mark('emptied');
		answer('emptied');
	}
}
fill(target);
mark('refilled');
answer('refilled');
