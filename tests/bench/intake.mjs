// Events per second that the origin stores in Postgres: signed batches of 500 as redemption objects
// send them, every event new, over several connections. A batch counts once its 2xx has arrived,
// which the origin sends only after its commit.
//
// Then the same through a PgBouncer in transaction mode.
//
//   node tests/bench/intake.mjs [--json] [--seconds=10] [--connections=4]

import { randomBytes } from 'node:crypto';
import { client } from './client.mjs';
import { command, say, whole } from './command.mjs';
import { cpuMs } from '../support/processes.mjs';
import { percentile } from './report.mjs';
import { signature } from './signature.mjs';
import { openStack } from '../support/stack.mjs';

const BATCH = 500;
const PATH = '/internal/events';

/** @param {string} sitekey @param {number} number */
function batch(sitekey, number) {
  const now = Date.now();
  return JSON.stringify({
    shard: `64/${number % 64}`,
    events: Array.from({ length: BATCH }, (_, i) => ({
      id: randomBytes(16).toString('base64url'),
      redeemed_at: now,
      solved_at: now - 1000 - i,
      sitekey,
      hostname: 'localhost',
      action: 'bench',
      score: 90,
      interactive: false,
      stepped: false,
      algorithm: 'hashwx',
      country: 'KR',
      asn: 64500,
      rejected: 0,
    })),
  });
}

/**
 * @param {string} origin
 * @param {string} ring
 * @param {string} sitekey
 * @param {{seconds: number, connections: number}} bounds
 */
async function send(origin, ring, sitekey, { seconds, connections }) {
  const { call, close } = client(origin, connections);
  // Prepared beforehand: the generator shares the cores with what it measures.
  const bodies = Array.from({ length: seconds * 60 }, (_, number) => batch(sitekey, number));
  const start = performance.now();
  const end = start + seconds * 1000;
  let next = 0;
  let taken = 0;
  /** @type {number[]} */
  const latencies = [];
  /** @type {string[]} */
  const failures = [];
  try {
    await Promise.all(
      Array.from({ length: connections }, async () => {
        while (performance.now() < end && next < bodies.length) {
          const body = bodies[next];
          next += 1;
          const begun = performance.now();
          const answer = await call('POST', PATH, body, { 'munjigi-signature': signature(ring, 'origin', PATH, body) });
          if (answer.status >= 200 && answer.status < 300) taken += BATCH;
          else failures.push(`${answer.status} ${answer.body.slice(0, 200)}`);
          latencies.push(performance.now() - begun);
        }
      }),
    );
  } finally {
    close();
  }
  const elapsed = (performance.now() - start) / 1000;
  return { taken, perSecond: taken / elapsed, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), failures };
}

/** Connections that PgBouncer has to Postgres. */
const POOLED = 10;
/** Of the rate without a pooler. */
const LEAST = 0.5;

/** @param {import('./command.mjs').Options} options @param {string} way @param {string[]} words */
async function measured(options, way, words) {
  const running = await openStack(words);
  try {
    const { stack, pid } = running;
    const ring = stack.keys.MUNJIGI_INTERNAL_KEYS;
    if (!ring) throw new Error('the stack does not tell its internal keys');
    const bounds = { seconds: whole(options, 'seconds', 10), connections: whole(options, 'connections', 4) };
    say(`intake, ${way}: warming up`);
    await send(stack.origin, ring, stack.site.sitekey, { ...bounds, seconds: 1 });
    say(`intake, ${way}: measuring`);
    const before = cpuMs(pid, 'munjigi');
    const found = await send(stack.origin, ring, stack.site.sitekey, bounds);
    return { way, ...found, origin: ((cpuMs(pid, 'munjigi') - before) / found.taken) * 1000 };
  } finally {
    await running.stop();
  }
}

/** @param {import('./command.mjs').Options} options @returns {Promise<import('./report.mjs').Result>} */
export async function measure(options) {
  const direct = await measured(options, 'direct', []);
  const pooled = await measured(options, 'PgBouncer', [`--pooler=${POOLED}`]);
  const ratio = pooled.perSecond / direct.perSecond;
  const notes = [`batches of ${BATCH}, signed; counted once committed; PgBouncer has ${POOLED} connections, in transaction mode`];
  notes.push(`through PgBouncer ÷ direct = ${ratio.toFixed(2)}, at least ${LEAST}: ${ratio >= LEAST ? 'yes' : 'NO'}`);
  for (const { way, failures } of [direct, pooled]) {
    if (failures.length) notes.push(`${way}: ${failures.length} batches failed, first: ${failures[0]}`);
  }
  return {
    name: 'intake',
    tables: [
      {
        title: 'Event intake of the origin',
        columns: ['way', 'events', 'per second', 'batch p50 ms', 'batch p99 ms', 'origin CPU µs per event'],
        rows: [direct, pooled].map(({ way, taken, perSecond, p50, p99, origin }) => [way, taken, Math.round(perSecond), p50, p99, origin]),
        notes,
      },
    ],
    data: { direct, pooled, ratio },
  };
}

await command(import.meta.url, measure);
