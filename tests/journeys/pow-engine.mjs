// The proof of work's generator and interpreter as WebAssembly, and a place in a browser to run
// them: shared by the comparison (pow.test.mjs) and the bench (crates/pow/benches/engine.mjs).

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Builds `examples/engine.rs` as the edge is built; MUNJIGI_ENGINE names a finished one. */
export function engine() {
  if (process.env.MUNJIGI_ENGINE) return readFileSync(process.env.MUNJIGI_ENGINE);
  const target = ['--target', 'wasm32-unknown-unknown'];
  execFileSync(
    'cargo',
    ['build', '-q', '-p', 'munjigi-pow', '--example', 'engine', '--profile', 'edge', ...target],
    { cwd: ROOT, stdio: 'inherit' },
  );
  const folder = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
  return readFileSync(join(folder, 'wasm32-unknown-unknown/edge/examples/engine.wasm'));
}

/**
 * Calls a function that uses nothing from outside as `work(bytes, options)` in a Web Worker of a
 * page (Playwright's or Puppeteer's).
 * @template O, R
 * @param {Pick<import('playwright-core').Page, 'evaluate'>} page
 * @param {(bytes: Uint8Array<ArrayBuffer>, options: O) => R} work
 * @param {Buffer} bytes
 * @param {O} options
 * @returns {Promise<R>}
 */
export function inWorker(page, work, bytes, options) {
  return page.evaluate(
    ({ source, base64, options }) => {
      const program = `onmessage = ({ data }) => postMessage((${source})(...data));`;
      const worker = new Worker(URL.createObjectURL(new Blob([program])));
      return new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = (event) => reject(new Error(event.message));
        worker.postMessage([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)), options]);
      });
    },
    { source: work.toString(), base64: bytes.toString('base64'), options },
  );
}
