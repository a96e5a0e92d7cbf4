// Our own client: a program that speaks the protocol and solves natively. An honest one says what
// it is and reports no signals; a forger uses what a person's browser sent a moment ago.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { ROOT, testBinary } from '../support/stack.mjs';
import { FIELDS } from './people.mjs';

/** Its version, which is the product's. @type {string} */
export const OURS = /** @type {any} */ (parse(readFileSync(join(ROOT, 'Cargo.toml'), 'utf8'))).workspace.package.version;

/**
 * The customer's page, the edge's address for its visitors, and its sitekey.
 * @typedef {{page: string, front: string, sitekey: string}} Site
 */

/** Headers that belong to a connection or to a body, not to a browser. */
const OF_THE_CONNECTION = ['host', 'connection', 'content-length', 'accept-encoding'];

/** @param {import('./site.mjs').Request} sent */
const repeatable = ({ headers, body }) => ({
  headers: headers.filter(([name]) => !OF_THE_CONNECTION.includes(name.toLowerCase())),
  body: JSON.parse(body),
});

/**
 * What a forger has of a person's visit.
 * @param {import('./site.mjs').Visit} visit
 */
export function recording({ requests }) {
  const to = (/** @type {string} */ end) => requests.filter(({ path }) => path.endsWith(end)).map(repeatable);
  return { challenge: to('/challenges')[0], solutions: to('/solutions') };
}

/**
 * Makes one attempt, and sends the form if it got a token.
 * @param {Site} site
 * @param {import('./site.mjs').Visit} visit
 * @param {{way: 'repeat' | 'recompute' | 'omit', recorded: object}} [forged] the recording and what becomes of it
 */
export async function attempt({ page, front, sitekey }, visit, forged) {
  const words = [`--edge=${new URL(front).host}`, `--sitekey=${sitekey}`, ...(forged ? [`--forge=${forged.way}`] : [])];
  const program = await testBinary('munjigi-native');
  const { token, why } = await new Promise((resolve) => {
    const child = execFile(program, words, (error, printed, complaint) => {
      resolve({ token: error ? null : printed.trim(), why: complaint.trim() });
    });
    child.stdin?.end(forged ? JSON.stringify(forged.recorded) : '');
  });
  // Refused, or asked for a picture: the site has noted it.
  if (token === null && !visit.seen.pictured && visit.seen.refused === null) throw new Error(why);
  if (token === null) return;
  const fields = FIELDS.map(([selector, text]) => [selector.slice(1), text]);
  const body = new URLSearchParams([...fields, ['munjigi-response', token]]);
  await fetch(new URL('/sent', page), { method: 'POST', body });
  await visit.sent;
}
