// Events per second that the origin stores in Postgres: signed batches of 500 as redemption objects
// send them, every event new, over several connections. A batch counts once its 2xx has arrived,
// which the origin sends only after its commit.
//
//   node tests/bench/intake.mjs [--json] [--seconds=10] [--connections=4]

import { randomBytes } from 'node:crypto';
import { client } from './client.mjs';
import { command, say, whole } from './command.mjs';
import { cpuMs } from './processes.mjs';
import { percentile } from './report.mjs';
import { signature } from './signature.mjs';
import { openStack } from './stack.mjs';

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

/** @param {import('./command.mjs').Options} options @returns {Promise<import('./report.mjs').Result>} */
export async function measure(options) {
  const running = await openStack();
  try {
    const { stack, pid } = running;
    const ring = stack.keys.MUNJIGI_INTERNAL_KEYS;
    if (!ring) throw new Error('the stack does not tell its internal keys');
    const bounds = { seconds: whole(options, 'seconds', 10), connections: whole(options, 'connections', 4) };
    say('intake: warming up');
    await send(stack.origin, ring, stack.site.sitekey, { ...bounds, seconds: 1 });
    say('intake: measuring');
    const before = { origin: cpuMs(pid, 'munjigi'), postgres: cpuMs(pid, 'postgres') };
    const found = await send(stack.origin, ring, stack.site.sitekey, bounds);
    const origin = (cpuMs(pid, 'munjigi') - before.origin) / found.taken;
    const notes = [`batches of ${BATCH}, signed, over ${bounds.connections} connections; counted once committed`];
    if (found.failures.length) notes.push(`${found.failures.length} batches failed, first: ${found.failures[0]}`);
    return {
      name: 'intake',
      tables: [
        {
          title: 'Event intake of the origin',
          columns: ['events', 'per second', 'batch p50 ms', 'batch p99 ms', 'origin CPU µs per event'],
          rows: [[found.taken, Math.round(found.perSecond), found.p50, found.p99, origin * 1000]],
          notes,
        },
      ],
      data: found,
    };
  } finally {
    await running.stop();
  }
}

await command(import.meta.url, measure);
