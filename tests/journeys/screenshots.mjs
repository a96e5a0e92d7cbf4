// The screenshots that the READMEs show, and a day of visitors for the console to count in them.

import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { signature } from '../bench/signature.mjs';
import { ROOT } from '../support/stack.mjs';
import { PICTURES } from '../support/stage.mjs';

const SHOWN = join(ROOT, 'docs', 'screenshots');
const WRITTEN = process.env.MUNJIGI_WRITE === '1';

/** What is looked at; both only where the READMEs' are written, since the puzzle in them is a long one. */
export const SCHEMES = WRITTEN ? /** @type {const} */ (['light', 'dark']) : /** @type {const} */ (['light']);

/**
 * Where a screenshot for the READMEs goes: among the others, and with `MUNJIGI_WRITE=1`, as `scripts/screenshots`
 * sets it, to where the READMEs show it.
 * @param {string} name
 * @param {'light' | 'dark'} scheme
 */
export function shown(name, scheme) {
  if (!WRITTEN) return join(PICTURES, `readme-${name}-${scheme}.png`);
  mkdirSync(SHOWN, { recursive: true });
  return join(SHOWN, `${name}-${scheme}.png`);
}

const HOURS = 24;
const MINUTES_PER_HOUR = 60;
/** Events of one call; the origin takes at most 500, and at most 96 KB. */
const MOST_EVENTS = 300;

/**
 * What visitors did in an hour of a day: half a sine of people, and in the afternoon a program that asks and
 * does not solve.
 * @param {number} of from 0
 * @param {number} busy
 */
function hour(of, busy) {
  const people = Math.round(busy * (60 + 300 * Math.sin((Math.PI * of) / HOURS)));
  const programs = of > 14 && of < 19 ? 180 : 4;
  return { issued: people + programs, solved: people - 3, redeemed: people - 9, stepped: programs, failed: 2, refused: programs / 2 };
}

/**
 * Counts and redeemed tokens of a minute, as the edge tells them.
 * @param {string} sitekey
 * @param {number} minute
 * @param {ReturnType<typeof hour>} happened
 */
function told(sitekey, minute, { redeemed, ...happened }) {
  const about = { sitekey, hostname: 'shop.example', country: 'KR', asn: 64500 };
  const counts = Object.entries(happened).map(([kind, count]) => ({
    ...about, action: '', kind, minute, count,
    ...(kind === 'refused' ? { code: 'rate-limited' } : { algorithm: 'hashwx' }),
    // Most within 800 ms, some within 1.6 s: two of the protocol's buckets.
    ...(kind === 'solved' ? { solve_ms: [0, 0, 0, 0, count - 9, 9, 0, 0, 0, 0, 0, 0] } : {}),
  }));
  const events = Array.from({ length: redeemed }, (_, number) => ({
    ...about, action: 'signup', id: randomBytes(16).toString('base64url'),
    redeemed_at: minute * 60_000 + number, solved_at: minute * 60_000 + number - 900,
    score: 90, interactive: false, stepped: false, algorithm: 'hashwx', rejected: number % 50 === 0 ? 1 : 0,
  }));
  return { counts, events };
}

/**
 * Sends the origin what the edge would have told it of a day of visitors, of the day before, and of the last
 * minutes.
 * @param {any} stage
 * @param {string} sitekey
 * @returns {Promise<{redeemed: number, issued: number}>} what the console has to show of the last day
 */
export async function sendDay(stage, sitekey) {
  const now = Math.floor(Date.now() / 60_000);
  const hours = (/** @type {number} */ ago, /** @type {number} */ busy) =>
    // The first of the 24 stays empty: it may leave the day while the numbers are looked at.
    Array.from({ length: HOURS - 2 }, (_, of) => told(sitekey, now - (ago + HOURS - 2 - of) * MINUTES_PER_HOUR, hour(of + 2, busy)));
  const today = [...hours(0, 1), told(sitekey, now - 3, hour(0, 0.5))];
  const all = [...hours(HOURS, 0.9), ...today];
  const counts = all.flatMap((minute) => minute.counts);
  const events = all.flatMap((minute) => minute.events);
  await call(stage, '/internal/counts', { batch: randomBytes(16).toString('base64url'), counts });
  for (let from = 0; from < events.length; from += MOST_EVENTS) {
    await call(stage, '/internal/events', { shard: '64/1', events: events.slice(from, from + MOST_EVENTS) });
  }
  const issued = today.flatMap((minute) => minute.counts).filter(({ kind }) => kind === 'issued');
  return {
    redeemed: today.reduce((sum, minute) => sum + minute.events.length, 0),
    issued: issued.reduce((sum, { count }) => sum + count, 0),
  };
}

/** @param {any} stage @param {string} path @param {object} what */
async function call(stage, path, what) {
  const body = JSON.stringify(what);
  const signed = signature(stage.keys.MUNJIGI_INTERNAL_KEYS, 'origin', path, body);
  const answer = await fetch(`${stage.origin}${path}`, { method: 'POST', body, headers: { 'munjigi-signature': signed } });
  if (answer.status !== 204) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}
