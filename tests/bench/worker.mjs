// The worker as it is published: size, cold start on workerd, and what the platform charges per
// million passes at 20 million a day.
//
//   node tests/bench/worker.mjs [--json] [--starts=9]

import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { command, say, whole } from './command.mjs';
import { PLATFORM } from './prices.mjs';
import { named } from './processes.mjs';
import { median, percentile, sum } from './report.mjs';
import { ROOT, openStack } from './stack.mjs';

const PASSES_A_DAY = 20e6;
const SHARDS = 8;
const SECONDS_A_DAY = 86_400;
/** Queue messages: each isolate sends its counts every few seconds; see `counted`. */
const PASSES_PER_MESSAGE = 50;
/** Alarms: an object sends its outbox in batches of up to 500, at this load about every 10 s. */
const ALARM_SECONDS = 10;
/**
 * A redemption inserts one row with one unique index besides its key; the platform counts the
 * index's entry as a row of its own. Computed from the schema: the runtime's counter is not exposed.
 */
export const ROWS_PER_REDEMPTION = 2;
/** CPU milliseconds a call where no measurement is handed in: the design's upper bounds. */
const DESIGN_CPU_MS = { frame: 0.1, challenge: 0.1, solution: 1, siteverify: 0.1 };

/** Files of the built worker, as uploaded. @returns {{name: string, raw: number, gzip: number}[]} */
function modules() {
  const folder = join(ROOT, 'build');
  const files = readdirSync(folder, { recursive: true }).map(String);
  return files
    .filter((name) => /\.(js|wasm)$/.test(name))
    .map((name) => {
      const bytes = readFileSync(join(folder, name));
      return { name, raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
    });
}

/** Starts the same workerd again and again. @param {number} count */
async function coldStarts(count) {
  const running = await openStack();
  try {
    const [pid] = named(running.pid, 'workerd');
    if (!pid) throw new Error('the stack runs no workerd');
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    const health = `${running.stack.edge_direct}/health`;
    // Its own ports and stores are reused, so the stack's worker goes first.
    process.kill(pid, 'SIGTERM');
    while ((await fetch(health).catch(() => null)) !== null);
    /** @type {number[]} */
    const times = [];
    for (let number = 0; number < count; number += 1) {
      const start = performance.now();
      const child = spawn(words[0], words.slice(1), { cwd, stdio: 'ignore' });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      while (!(await fetch(health).catch(() => null))?.ok) {
        if (performance.now() - start > 10_000) throw new Error('workerd did not come up');
      }
      times.push(performance.now() - start);
      child.kill('SIGTERM');
      await ended;
    }
    return times;
  } finally {
    await running.stop();
  }
}

/**
 * What a million passes cost, part by part. A pass is a frame document, a challenge, a solution and
 * a siteverify; `api.js` and assets are free. Included quotas are not deducted.
 * @param {typeof DESIGN_CPU_MS} cpu
 * @returns {{part: string, amount: string, dollars: number}[]}
 */
export function million(cpu) {
  const million = 1e6;
  const cpuMs = sum(Object.values(cpu));
  const perMillion = million / PASSES_A_DAY;
  const alarms = (SHARDS * SECONDS_A_DAY) / ALARM_SECONDS;
  const parts = [
    ['requests of the worker', 4, 'a pass', PLATFORM.workerRequest * 4 * million],
    ['CPU of the worker', cpuMs, 'ms a pass', PLATFORM.cpuMs * cpuMs * million],
    ['requests of objects', 1, 'a pass', PLATFORM.objectRequest * million],
    ['alarms of objects', alarms * perMillion, 'per million', PLATFORM.objectRequest * alarms * perMillion],
    ['rows written', ROWS_PER_REDEMPTION, 'a pass', PLATFORM.rowWritten * ROWS_PER_REDEMPTION * million],
    // Each alarm sets the next one and moves the cursor: one row each. It reads what it sends.
    ['rows written by alarms', 2 * alarms * perMillion, 'per million', PLATFORM.rowWritten * 2 * alarms * perMillion],
    ['rows read', 2, 'a pass', PLATFORM.rowRead * 2 * million],
    [
      `objects awake all day, ${SHARDS} of 128 MB`,
      SHARDS * SECONDS_A_DAY * PLATFORM.objectGigabytes * perMillion,
      'GB-s per million',
      PLATFORM.objectGigabyteSecond * SHARDS * SECONDS_A_DAY * PLATFORM.objectGigabytes * perMillion,
    ],
    ['queue, three operations a message', 1 / PASSES_PER_MESSAGE, 'messages a pass', (PLATFORM.queueOperation * 3 * million) / PASSES_PER_MESSAGE],
    ['KV reads, isolates cache 30 s', 0.01, 'a pass', PLATFORM.keyRead * 0.01 * million],
  ];
  return parts.map(([part, amount, unit, dollars]) => ({
    part: String(part),
    amount: `${Number(amount).toPrecision(3)} ${unit}`,
    dollars: Number(dollars),
  }));
}

/**
 * @param {import('./command.mjs').Options} options
 * @param {string[]} _names
 * @param {{challenge: number, solution: number, siteverify: number}} [measured] CPU ms by call
 * @returns {Promise<import('./report.mjs').Result>}
 */
export async function measure(options, _names = [], measured) {
  const files = modules();
  const gzip = sum(files.map((file) => file.gzip));
  say('worker: cold starts');
  const starts = await coldStarts(whole(options, 'starts', 9));
  const cpu = measured ? { ...measured, frame: measured.challenge } : DESIGN_CPU_MS;
  const parts = million(cpu);
  const total = sum(parts.map(({ dollars }) => dollars));
  return {
    name: 'worker',
    tables: [
      {
        title: 'The worker',
        columns: ['what', 'value'],
        rows: [
          ['size, gzip, glue included, bytes', gzip],
          ...files.map(({ name, gzip: bytes }) => [`  ${name}`, bytes]),
          ['cold start, workerd to first 200, median ms', median(starts)],
          ['cold start, slowest ms', percentile(starts, 1)],
          ['rows written per redemption', ROWS_PER_REDEMPTION],
        ],
      },
      {
        title: `Platform’s price per million passes at ${(PASSES_A_DAY / 1e6).toFixed(0)} million a day, US dollars`,
        columns: ['part', 'amount', 'dollars'],
        rows: [...parts.map(({ part, amount, dollars }) => [part, amount, dollars]), ['together', '', total]],
        notes: [
          'published prices beyond what the plan includes (pages in prices.mjs)',
          measured
            ? 'CPU: workerd’s processor time per call here, which holds more than the platform bills'
            : 'CPU: the design’s upper bounds; run with `edge` for measured ones',
          'objects: as if all were awake all day, the upper bound',
        ],
      },
    ],
    data: { files, gzip, starts, parts, total },
  };
}

await command(import.meta.url, measure);
