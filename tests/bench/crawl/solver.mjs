// The fastest solver that we know of: code that is generated for each sub-puzzle and compiled by V8,
// as browsers do it.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Nonces that one function serves. */
const EPOCH = 65_536;

/** @param {string} file the engine of `crates/pow/examples/engine.rs` as WebAssembly */
function openSolver(file) {
  const rust = /** @type {any} */ (new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file))).exports);
  /** The function of an epoch of a sub-puzzle. @param {Buffer} id @param {number} index @param {number} epoch */
  const functionOf = (id, index, epoch) => {
    const place = Buffer.alloc(12);
    place.writeUInt32LE(index);
    place.writeBigUInt64LE(BigInt(epoch), 4);
    const seed = createHash('sha256').update('munjigi/v1/pow').update(id).update(place).digest();
    const at = BigInt.asUintN(64, rust.module(...[0, 8, 16, 24].map((word) => seed.readBigUInt64LE(word))));
    const module = new Uint8Array(rust.memory.buffer, Number(at & 0xffffffffn), Number(at >> 32n));
    return /** @type {any} */ (new WebAssembly.Instance(new WebAssembly.Module(module)).exports);
  };
  /**
   * @param {{id: string, first: number, count: number, work: number}} step
   * @returns {{nonces: number[], hashes: number}}
   */
  const solve = ({ id, first, count, work }) => {
    const target = ((1n << 64n) - 1n) / BigInt(work);
    let hashes = 0;
    const nonces = Array.from({ length: count }, (_, number) => {
      for (let epoch = 0; ; epoch += 1) {
        const { search } = functionOf(Buffer.from(id, 'base64url'), first + number, epoch);
        const nonce = Number(search(BigInt(epoch * EPOCH), EPOCH, target));
        hashes += nonce < 0 ? EPOCH : nonce - epoch * EPOCH + 1;
        if (nonce >= 0) return nonce;
      }
    });
    return { nonces, hashes };
  };
  return { solve };
}

/** @type {Map<string, ReturnType<typeof openSolver>>} */
const opened = new Map();

/** @param {string} file */
export function solver(file) {
  const known = opened.get(file) ?? openSolver(file);
  opened.set(file, known);
  return known;
}
