// Hashes per second of the fallback in plain JavaScript: the figure that SHA256_WORK was chosen
// from. The loop is written as a fallback page may write it, and checked against Node's own
// SHA-256.
//
//   node crates/pow/benches/sha256.mjs
//   node --jitless crates/pow/benches/sha256.mjs
//
// Most browsers without WebAssembly also run JavaScript without compiling it.

import { createHash, randomBytes } from 'node:crypto';
import { cpus } from 'node:os';

const root = (n, power) => {
  const fraction = n ** (1 / power) % 1;
  return (fraction * 2 ** 32) | 0;
};
const PRIMES = [];
for (let n = 2; PRIMES.length < 64; n += 1) if (PRIMES.every((p) => n % p)) PRIMES.push(n);
const K = Int32Array.from(PRIMES, (p) => root(p, 3));
const START = Int32Array.from(PRIMES.slice(0, 8), (p) => root(p, 2));
const W = new Int32Array(64);

// Compresses W[0..16] and returns the first word of the hash; the second is in `second`.
let second = 0;
function compress() {
  for (let t = 16; t < 64; t += 1) {
    const near = W[t - 15];
    const far = W[t - 2];
    W[t] =
      (W[t - 16] +
        W[t - 7] +
        (((near >>> 7) | (near << 25)) ^ ((near >>> 18) | (near << 14)) ^ (near >>> 3)) +
        (((far >>> 17) | (far << 15)) ^ ((far >>> 19) | (far << 13)) ^ (far >>> 10))) |
      0;
  }
  let [a, b, c, d, e, f, g, h] = START;
  for (let t = 0; t < 64; t += 1) {
    const one =
      (h +
        (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) +
        ((e & f) ^ (~e & g)) +
        K[t] +
        W[t]) |
      0;
    const two =
      ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) +
        ((a & b) ^ (a & c) ^ (b & c))) |
      0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  second = (START[1] + b) >>> 0;
  return (START[0] + a) >>> 0;
}

const LABEL = 'munjigi/v1/sha256';
const block = new DataView(new ArrayBuffer(64));
// 45 bytes: label, id, index, nonce; then padding and the length in bits.
function prepare(id, index) {
  for (let i = 0; i < LABEL.length; i += 1) block.setUint8(i, LABEL.charCodeAt(i));
  id.forEach((byte, i) => block.setUint8(17 + i, byte));
  block.setUint32(33, index, true);
  block.setUint8(45, 0x80);
  block.setUint32(60, 45 * 8);
}
function hash(nonce) {
  block.setUint32(37, nonce, true);
  block.setUint32(41, nonce / 2 ** 32, true);
  for (let t = 0; t < 16; t += 1) W[t] = block.getInt32(4 * t);
  return compress();
}

const id = randomBytes(16);
for (let nonce = 0; nonce < 1_000; nonce += 1) {
  prepare(id, nonce % 16);
  const first = hash(nonce);
  const expected = createHash('sha256')
    .update(LABEL)
    .update(id)
    .update(Uint8Array.of(nonce % 16, 0, 0, 0, nonce, nonce >> 8, 0, 0, 0, 0, 0, 0))
    .digest();
  if (first !== expected.readUInt32BE(0) || second !== expected.readUInt32BE(4)) {
    throw new Error(`wrong hash of nonce ${nonce}`);
  }
}

const HASHES = 100_000;
const rates = [];
for (let round = 0; round < 10; round += 1) {
  const start = performance.now();
  for (let nonce = 0; nonce < HASHES; nonce += 1) hash(nonce);
  rates.push(HASHES / (performance.now() - start));
}
rates.sort((a, b) => a - b);
const today = new Date().toISOString().slice(0, 10);
console.log(`${cpus().length} × ${cpus()[0].model}, Node ${process.version}, ${today}`);
console.log(
  `plain JavaScript: ${rates[5].toFixed(0)} thousand hashes/s (median of 10; best ${rates[9].toFixed(0)}); ` +
    `16 × 25,000 take ${((16 * 25) / rates[5]).toFixed(1)} s`,
);
