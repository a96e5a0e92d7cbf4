// Every JavaScript engine that solves must agree with the interpreter that verifies.
//
//   node --test tests/journeys/pow.test.mjs

import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { launchShell } from '../support/browsers.mjs';
import { engine, inWorker } from './pow-engine.mjs';

/** @type {Buffer<ArrayBuffer>} */
let bytes;
before(() => {
  bytes = engine();
});

/**
 * @typedef {{seeds: number, nonces: number, optimised: number}} Options how many seeds, nonces of each, and
 *   seeds that are searched until their code is optimised
 * @typedef {object} Rust
 * @property {(...seed: bigint[]) => bigint} module
 * @property {(...seedAndNonce: bigint[]) => bigint} hash
 * @property {WebAssembly.Memory} memory
 * @typedef {object} Generated
 * @property {(nonce: bigint) => bigint} hash
 * @property {(start: bigint, count: number, target: bigint) => bigint} search
 */

/**
 * Runs in the engine under test, so it must not use anything from outside.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {Options} options
 */
function compare(bytes, { seeds, nonces, optimised }) {
  const rust = /** @type {Rust} */ (/** @type {unknown} */ (new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports));
  const module = (/** @type {bigint[]} */ seed) => {
    const at = BigInt.asUintN(64, rust.module(...seed));
    return new Uint8Array(rust.memory.buffer, Number(at & 0xffffffffn), Number(at >> 32n)).slice();
  };
  /** @type {object[]} */
  const differences = [];
  const counts = { seeds: 0, hashes: 0, optimised: 0, found: 0 };
  for (let i = 0; i < seeds; i += 1) {
    const seed = [...crypto.getRandomValues(new BigUint64Array(4))];
    const { hash, search } = /** @type {Generated} */ (/** @type {unknown} */ (
      new WebAssembly.Instance(new WebAssembly.Module(module(seed))).exports
    ));
    const check = (/** @type {bigint} */ nonce) => {
      const [generated, interpreted] = [hash(nonce), rust.hash(...seed, nonce)];
      if (generated !== interpreted) differences.push({ seed, nonce, generated, interpreted });
    };
    const sample = () => [...crypto.getRandomValues(new BigUint64Array(nonces))];
    counts.seeds += 1;
    for (const nonce of sample()) {
      check(nonce);
      counts.hashes += 1;
    }
    if (i >= optimised) continue;

    // After this many hashes the optimising compiler has replaced the first code.
    const target = 2n ** 64n / 2_000n;
    let [start, end] = [0n, 20_000n];
    for (;;) {
      const found = search(start, Number(end - start), BigInt.asIntN(64, target));
      if (found === -1n) break;
      check(found);
      if (BigInt.asUintN(64, hash(found)) >= target) differences.push({ seed, found });
      counts.found += 1;
      start = found + 1n;
    }
    for (let nonce = end - 500n; nonce < end; nonce += 1n) {
      const counts = BigInt.asUintN(64, rust.hash(...seed, nonce)) < target;
      const found = search(nonce, 1, BigInt.asIntN(64, target)) === nonce;
      if (counts !== found) differences.push({ seed, nonce, counts, found });
    }
    for (const nonce of sample()) {
      check(nonce);
      counts.optimised += 1;
    }
  }
  return { counts, differences: differences.slice(0, 3) };
}

/** @param {import('node:test').TestContext} context @param {ReturnType<typeof compare>} found @param {Options} wanted */
function judge(context, { counts, differences }, wanted) {
  assert.deepEqual(differences, []);
  assert.equal(counts.seeds, wanted.seeds);
  assert.equal(counts.hashes, wanted.seeds * wanted.nonces);
  assert.ok(counts.found > 0, 'searches found something');
  context.diagnostic(
    `${counts.seeds} seeds, ${counts.hashes} hashes, ${counts.optimised} more once optimised, ` +
      `${counts.found} nonces found: all equal`,
  );
}

test('generated code equals the interpreter in Node', (context) => {
  const options = { seeds: 200, nonces: 10, optimised: 5 };
  judge(context, compare(bytes, options), options);
});

test('generated code equals the interpreter in Chromium', async (context) => {
  const options = { seeds: 1_000, nonces: 10, optimised: 20 };
  const browser = await launchShell();
  try {
    const page = await browser.newPage();
    judge(context, await inWorker(page, compare, bytes, options), options);
    context.diagnostic(`Chromium ${browser.version()}`);
  } finally {
    await browser.close();
  }
});
