// The worker as it is published: size, cold start on workerd, rows written per pass, and what the
// platform charges per million passes at 20 million a day.
//
//   node tests/bench/worker.mjs [--json] [--starts=9] [--seconds=60]

import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { client } from './client.mjs';
import { command, say, whole } from './command.mjs';
import { ourTokens } from './prepare.mjs';
import { PLATFORM } from './prices.mjs';
import { named } from '../support/processes.mjs';
import { median, percentile, sum } from './report.mjs';
import { ROOT, openStack } from '../support/stack.mjs';

const PASSES_A_DAY = 20e6;
const SHARDS = 8;
const SECONDS_A_DAY = 86_400;
/** Queue messages: each isolate sends its counts every few seconds; see `counted`. */
const PASSES_PER_MESSAGE = 50;
/** How often the meter stores what is usual: once in a half-life. */
const USUAL_SECONDS = 300;
/** Objects of the meter. */
const METER_PARTS = 2;
/** Isolates that serve visitors without pause and report to each of them this often, at most. */
const ISOLATES = 100;
const REPORT_SECONDS = 2;
/** CPU milliseconds per call if no measurement is passed in: the design's upper bounds. */
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

/** Starts the same workerd repeatedly. @param {number} count */
async function coldStarts(count) {
  const running = await openStack();
  try {
    const [pid] = named(running.pid, 'workerd');
    if (!pid) throw new Error('the stack runs no workerd');
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    const health = `${running.stack.edge_direct}/health`;
    // Its own ports and stores are reused, so the stack's worker is stopped first.
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

/** Outboxes are empty by then: they wait ten seconds at most between two batches. */
const SETTLED_AFTER_MS = 25_000;

/** Passes before counting begins: enough for every object to have its tables. */
const FIRST_PASSES = 200;

/**
 * Spends tokens at the pace of that many passes a day and asks the runtime how many rows were
 * written for them, until the last cursor has moved.
 * @param {number} seconds
 * @returns {Promise<{passes: number, rows: number, alarmsSet: number, alarmsRung: number}>} the last three per pass
 */
async function rowsPerPass(seconds) {
  const running = await openStack(['--var', `MUNJIGI_SHARDS=${SHARDS}`, '--count-rows']);
  const { call, close } = client(running.stack.edge_direct, 64);
  try {
    const perSecond = PASSES_A_DAY / SECONDS_A_DAY;
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const count = async () => {
      await new Promise((resolve) => setTimeout(resolve, SETTLED_AFTER_MS));
      return JSON.parse((await call('GET', '/__rows')).body);
    };
    const first = await ourTokens(running.stack, FIRST_PASSES);
    await Promise.all(first.map((body) => call('POST', '/siteverify', body, form)));
    const before = await count();
    const bodies = await ourTokens(running.stack, Math.round(perSecond * seconds));
    const start = performance.now();
    const spent = bodies.map(async (body, number) => {
      const due = start + (number * 1000) / perSecond;
      await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
      return JSON.parse((await call('POST', '/siteverify', body, form)).body).success;
    });
    const passes = (await Promise.all(spent)).filter(Boolean).length;
    if (passes !== bodies.length) throw new Error(`${bodies.length - passes} tokens were not taken`);
    const pace = (passes * 1000) / (performance.now() - start);
    if (pace < perSecond * 0.95) throw new Error(`the pace was ${pace.toFixed(0)} passes a second`);
    const after = await count();
    const perPass = (/** @type {string} */ what) => (after[what] - before[what]) / passes;
    return {
      passes,
      rows: perPass('rows'),
      alarmsSet: perPass('alarms_set'),
      alarmsRung: perPass('alarms_rung'),
    };
  } finally {
    close();
    await running.stop();
  }
}

/**
 * What a million passes cost, part by part. A pass is a frame document, a challenge, a solution and
 * a siteverify; `api.js` and assets are free. Included quotas are not deducted.
 * @param {typeof DESIGN_CPU_MS} cpu
 * @param {{rows: number, alarmsSet: number, alarmsRung: number}} written per pass
 * @returns {{part: string, amount: string, dollars: number}[]}
 */
function million(cpu, written) {
  const million = 1e6;
  const cpuMs = sum(Object.values(cpu));
  const perMillion = million / PASSES_A_DAY;
  const reports = (METER_PARTS * ISOLATES * SECONDS_A_DAY) / REPORT_SECONDS / PASSES_A_DAY;
  const parts = [
    ['requests of the worker', 4, 'a pass', PLATFORM.workerRequest * 4 * million],
    ['CPU of the worker', cpuMs, 'ms a pass', PLATFORM.cpuMs * cpuMs * million],
    ['requests of objects', 1, 'a pass', PLATFORM.objectRequest * million],
    ['alarms of objects', written.alarmsRung, 'a pass', PLATFORM.objectRequest * written.alarmsRung * million],
    ['rows written', written.rows, 'a pass', PLATFORM.rowWritten * written.rows * million],
    // The platform bills setting an alarm like a row.
    ['alarms set', written.alarmsSet, 'a pass', PLATFORM.rowWritten * written.alarmsSet * million],
    ['rows read', 2, 'a pass', PLATFORM.rowRead * 2 * million],
    [
      `objects awake all day, ${SHARDS} of 128 MB`,
      SHARDS * SECONDS_A_DAY * PLATFORM.objectGigabytes * perMillion,
      'GB-s per million',
      PLATFORM.objectGigabyteSecond * SHARDS * SECONDS_A_DAY * PLATFORM.objectGigabytes * perMillion,
    ],
    [
      `calls of the meter, ${ISOLATES} isolates without pause`,
      reports,
      'a pass',
      PLATFORM.objectRequest * reports * million,
    ],
    [
      `the meter’s objects awake all day, ${METER_PARTS} of 128 MB`,
      METER_PARTS * SECONDS_A_DAY * PLATFORM.objectGigabytes * perMillion,
      'GB-s per million',
      PLATFORM.objectGigabyteSecond * METER_PARTS * SECONDS_A_DAY * PLATFORM.objectGigabytes * perMillion,
    ],
    [
      `rows of the meter, one in ${USUAL_SECONDS} s an object`,
      (METER_PARTS * SECONDS_A_DAY) / USUAL_SECONDS / PASSES_A_DAY,
      'a pass',
      (PLATFORM.rowWritten * METER_PARTS * SECONDS_A_DAY * perMillion) / USUAL_SECONDS,
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
  say('worker: rows written per pass');
  const written = await rowsPerPass(whole(options, 'seconds', 60));
  const cpu = measured ? { ...measured, frame: measured.challenge } : DESIGN_CPU_MS;
  const parts = million(cpu, written);
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
          [`rows written per pass, alarms set included, over ${written.passes} passes`, written.rows + written.alarmsSet],
          ['  of these alarms set', written.alarmsSet],
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
          'objects: as if all were awake all day, the upper bound; and as many reports to the meter as its isolates may send',
          'rows: `SqlStorageCursor.rowsWritten` of every statement at that pace, cursors and nonces of the origin’s calls included',
        ],
      },
    ],
    data: { files, gzip, starts, written, parts, total },
  };
}

await command(import.meta.url, measure);
