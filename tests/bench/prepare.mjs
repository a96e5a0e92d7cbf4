// Solutions and tokens prepared beforehand, each for one call of the load generator: ours on the
// site made for load, the peers' at their lowest difficulty. What is checked per call stays at the
// default: 16 sub-puzzles, 50 hashes, two HMACs.

import { createHash } from 'node:crypto';
import { solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { client, many } from './client.mjs';

const WIDTH = 32;

/** @param {import('./client.mjs').Answer} answer */
function json({ status, body }) {
  if (status !== 200) throw new Error(`preparing: ${status} ${body}`);
  return JSON.parse(body);
}

/**
 * Bodies for `POST /v1/solutions`. The site's work is 1, so every hash counts.
 * @param {import('../support/stack.mjs').Stack} stack
 * @param {number} count
 * @returns {Promise<string[]>}
 */
export async function ourSolutions({ edge_direct, bench_site: { sitekey, hostname } }, count) {
  const { call, close } = client(edge_direct, WIDTH);
  const request = JSON.stringify({
    sitekey,
    hostname,
    action: 'load',
    cdata: '',
    locale: 'en',
    widget: 'bench',
    algorithms: ['hashwx'],
    signals: {},
  });
  try {
    return await many(count, WIDTH, async () => {
      const { challenge, step } = json(await call('POST', '/v1/challenges', request));
      if (step.kind !== 'puzzle' || step.work !== 1) throw new Error('not the site made for load');
      const nonces = new Array(step.count).fill(0);
      // Every check was made and found nothing, as with any widget.
      const agreement = (0x7ff ^ Buffer.from(step.id, 'base64url').readUInt32LE(0)) >>> 0;
      return JSON.stringify({ challenge, nonces, signals: { webdriver: false, solve_ms: 1, agreement } });
    });
  } finally {
    close();
  }
}

/**
 * Bodies for `POST /siteverify`.
 * @param {import('../support/stack.mjs').Stack} stack
 * @param {number} count
 * @returns {Promise<string[]>}
 */
export async function ourTokens(stack, count) {
  const solutions = await ourSolutions(stack, count);
  const { call, close } = client(stack.edge_direct, WIDTH);
  try {
    return await many(count, WIDTH, async (number) => {
      const reply = json(await call('POST', '/v1/solutions', solutions[number]));
      if (reply.status !== 'passed') throw new Error(`preparing: ${reply.status}`);
      return `secret=${stack.bench_site.secret}&response=${reply.token}`;
    });
  } finally {
    close();
  }
}

/** The puzzles of cap are derived from its token by a small generator. @param {string} seed @param {number} length */
function capText(seed, length) {
  let state = 2166136261;
  for (let i = 0; i < seed.length; i += 1) {
    state ^= seed.charCodeAt(i);
    state += (state << 1) + (state << 4) + (state << 7) + (state << 8) + (state << 24);
  }
  state >>>= 0;
  let text = '';
  while (text.length < length) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    text += state.toString(16).padStart(8, '0');
  }
  return text.slice(0, length);
}

/** @param {string} salt @param {string} target */
function capNonce(salt, target) {
  for (let nonce = 0; ; nonce += 1) {
    if (createHash('sha256').update(salt + nonce).digest('hex').startsWith(target)) return nonce;
  }
}

/**
 * Bodies for `POST /redeem` of cap.
 * @param {string} base
 * @param {number} count
 * @returns {Promise<string[]>}
 */
export async function capSolutions(base, count) {
  const { call, close } = client(base, WIDTH);
  try {
    return await many(count, WIDTH, async () => {
      const { challenge, token } = json(await call('POST', '/challenge'));
      const solutions = Array.from({ length: challenge.c }, (_, i) =>
        capNonce(capText(`${token}${i + 1}`, challenge.s), capText(`${token}${i + 1}d`, challenge.d)),
      );
      return JSON.stringify({ token, solutions });
    });
  } finally {
    close();
  }
}

/**
 * Bodies for `POST /validate` of cap; no other tokens are valid then.
 * @param {string} base
 * @param {number} count
 * @returns {Promise<string[]>}
 */
export async function capTokens(base, count) {
  const { call, close } = client(base, 1);
  try {
    /** @type {string[]} */
    const tokens = json(await call('POST', '/fill', JSON.stringify({ count })));
    return tokens.map((token) => JSON.stringify({ token }));
  } finally {
    close();
  }
}

/**
 * Bodies for `POST /verify` of altcha.
 * @param {string} base
 * @param {number} count
 * @returns {Promise<string[]>}
 */
export async function altchaPayloads(base, count) {
  const { call, close } = client(base, WIDTH);
  try {
    return await many(count, WIDTH, async () => {
      const challenge = json(await call('GET', '/challenge'));
      const solution = await solveChallenge({ challenge, deriveKey });
      const payload = Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
      return JSON.stringify({ altcha: payload });
    });
  } finally {
    close();
  }
}
