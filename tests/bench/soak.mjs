// A gate for a long time under the real mix of requests: whole visits (frame, challenge, solution,
// siteverify) at 500 requests a second, from 2,000 addresses that come again. What it holds of
// memory after five minutes it holds at the end.
//
//   node tests/bench/soak.mjs [--json] [--minutes=15] [--requests=500]

import { readFileSync, statSync } from 'node:fs';
import { command, say, whole } from './command.mjs';
import { buildGate, openGate } from './gate.mjs';
import { median } from './report.mjs';
import { load, testBinary } from '../support/stack.mjs';

/** Requests of one visit. */
const VISIT = 4;
/** Minutes until the tables are full: those of attempts go after ten, the rest is filled at once. */
const SETTLED = 5;
const SAMPLE_MS = 5_000;
/** Bytes by which it may grow afterwards. */
const GROWTH = 1e6;

/** @param {import('./command.mjs').Options} options @returns {Promise<import('./report.mjs').Result>} */
export async function measure(options) {
  const [minutes, requests] = [whole(options, 'minutes', 15), whole(options, 'requests', 500)];
  await buildGate();
  // Or the first minutes would be those in which it is built.
  await testBinary('munjigi-load');
  const gate = await openGate('client_header = "X-Forwarded-For"\ntrusted_proxies = ["127.0.0.1"]\n');
  const { child } = await gate.begin();
  try {
    /** Of the process alone: what it maps of its file is the system's. */
    const bytes = () => 1024 * Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
    /** @type {{minute: number, bytes: number}[]} */
    const samples = [];
    const began = performance.now();
    const timer = setInterval(() => samples.push({ minute: (performance.now() - began) / 60_000, bytes: bytes() }), SAMPLE_MS);
    const { sitekey, secret, hostname } = gate.edge.bench_site;
    say(`soak: ${minutes} minutes of ${requests} requests a second`);
    const words = [`--per-second=${requests / VISIT}`, 'passes', `--sitekey=${sitekey}`, `--secret=${secret}`, `--hostname=${hostname}`];
    const found = await load(gate.edge.edge_direct, words, { seconds: minutes * 60, calls: Number.MAX_SAFE_INTEGER });
    clearInterval(timer);
    const between = (/** @type {number} */ from, /** @type {number} */ to) =>
      median(samples.filter(({ minute }) => minute >= from && minute < to).map((sample) => sample.bytes));
    const settled = Math.min(SETTLED, minutes / 3);
    const [before, after] = [between(settled, settled + 1), between(minutes - 1, minutes)];
    const growth = after - before;
    const file = statSync(gate.file).size;
    return {
      name: 'soak',
      tables: [
        {
          title: `${minutes} minutes of ${requests} requests a second`,
          columns: ['what', 'measured', 'limit', 'holds'],
          rows: [
            ['visits verified', found.successes, '', ''],
            ['failed', found.failures, '0', found.failures === 0 ? 'yes' : 'NO'],
            ['ms of a visit, median', found.p50_ms, '', ''],
            ['ms of a visit, p99', found.p99_ms, '', ''],
            [`MB held in minute ${Math.floor(settled) + 1}`, before / 1e6, '', ''],
            ['MB held in the last minute', after / 1e6, '', ''],
            ['growth, MB', growth / 1e6, '< 1', growth < GROWTH ? 'yes' : 'NO'],
            ['size of the store, MB', file / 1e6, '', ''],
            // Until the first rows go: whole while `minutes` is below 26.
            ['size of the store, bytes a visit', file / found.successes, '', ''],
          ],
          notes: found.first_failure ? [`the first failure: ${found.first_failure}`] : [],
        },
      ],
      data: { found, samples, growth, file },
    };
  } finally {
    await gate.end(child);
    gate.remove();
  }
}

await command(import.meta.url, measure);
