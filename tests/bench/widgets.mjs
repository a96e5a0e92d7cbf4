// The four widgets behind one interface: each serves a page whose `bench.run()` solves once.

import { fileURLToPath } from 'node:url';
import { start } from '../support/processes.mjs';

/**
 * @typedef {object} Widget
 * @property {string} name
 * @property {string} difficulty what its server asks by default, in words
 * @property {number} expected expected hashes of one solve
 * @property {string} hash what one of these hashes is
 * @property {() => Promise<{page: string, own: string[], stop: () => Promise<void>}>} serve
 *   `page` is the address to open; `own` are the origins whose answers belong to the widget
 */

const program = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`peers/${name}.mjs`, import.meta.url));

/** @param {string} name @param {string[]} [args] */
export const peer = (name, args = []) => start(process.execPath, [program(name), ...args]);

/** @param {string} name */
function servedByPeer(name) {
  return async () => {
    const { ready, stop } = await peer(name);
    return { page: `${ready.base}/`, own: [ready.base], stop };
  };
}

/** Expected hashes of the friendly widget: its target is a 32-bit number. */
const friendlyHashes = (/** @type {number} */ difficulty) =>
  2 ** 32 / Math.floor(2 ** ((255.999 - difficulty) / 8));

/** @type {Widget[]} */
export const PEERS = [
  {
    name: 'altcha',
    difficulty: 'PBKDF2/SHA-256 cost 5,000, counter 5,000–10,000 (README of altcha-lib)',
    expected: 7_500,
    hash: 'PBKDF2 of 5,000 rounds',
    serve: servedByPeer('altcha'),
  },
  {
    name: 'cap-widget',
    difficulty: '50 puzzles of 16 bits (defaults of @cap.js/server)',
    expected: 50 * 2 ** 16,
    hash: 'SHA-256',
    serve: servedByPeer('cap'),
  },
  {
    name: 'friendly-challenge',
    difficulty: '51 puzzles of difficulty 122 (friendly-lite-server, first requests)',
    expected: Math.round(51 * friendlyHashes(122)),
    hash: 'BLAKE2b-256',
    serve: servedByPeer('friendly'),
  },
];
