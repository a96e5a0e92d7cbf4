// One thread of the attacker's solver: whole sub-puzzles with generated code, from the seed to the
// nonce, for as long as requested. Posts hashes and sub-puzzles.

import { parentPort, workerData } from 'node:worker_threads';
import { getRandomValues } from 'node:crypto';

const { engine, work, seconds } = workerData;
const EPOCH_LEN = 65_536;
const rust = /** @type {any} */ (new WebAssembly.Instance(engine).exports);
const target = (1n << 64n) / BigInt(work);
const words = new BigUint64Array(4);
let hashes = 0;
let solved = 0;
const end = performance.now() + seconds * 1000;
while (performance.now() < end) {
  // The seed is random here, whereas a real one is SHA-256 of id and index: no difference to the
  // engine.
  getRandomValues(words);
  const at = BigInt.asUintN(64, rust.module(...words));
  const module = new Uint8Array(rust.memory.buffer, Number(at & 0xffffffffn), Number(at >> 32n));
  const { search } = /** @type {any} */ (
    new WebAssembly.Instance(new WebAssembly.Module(module)).exports
  );
  const nonce = search(0n, EPOCH_LEN, target);
  hashes += nonce < 0n ? EPOCH_LEN : Number(nonce) + 1;
  if (nonce >= 0n) solved += 1;
}
parentPort?.postMessage({ hashes, solved });
