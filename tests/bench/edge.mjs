// Requests per second and processor time of the three calls, on plain workerd beside altcha-lib and
// @cap.js/server behind node:http: 32 connections, rounds in turn, medians. Only first-time
// successes on distinct bodies count.
//
//   node tests/bench/edge.mjs [--json] [--seconds=5] [--rounds=3] [--tokens=15000]
//     [--cap-solutions=6000] [--without-ours]

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, say, whole } from './command.mjs';
import * as prepare from './prepare.mjs';
import { cpuMs } from '../support/processes.mjs';
import { median } from './report.mjs';
import { load, openStack, testBinary } from '../support/stack.mjs';
import { peer } from './widgets.mjs';

/**
 * One thing that can be loaded.
 * @typedef {object} Call
 * @property {'challenge' | 'solution' | 'siteverify'} kind
 * @property {string} who
 * @property {string} what
 * @property {() => Promise<{base: string, words: string[], calls?: number, cpu: () => number}>} prepare
 *   what to load, with fresh bodies
 */

/** @typedef {import('../support/stack.mjs').Load & {cpu_ms: number}} Round */

/** @param {string} folder @param {string[]} bodies */
function file(folder, bodies) {
  const path = join(folder, 'bodies');
  writeFileSync(path, bodies.join('\n'));
  return path;
}

/**
 * @param {string} folder
 * @param {string} path
 * @param {string[]} bodies
 * @param {string} contains
 * @param {string} [type]
 */
function posting(folder, path, bodies, contains, type = 'application/json') {
  const words = ['post', path, `--bodies=${file(folder, bodies)}`, `--contains=${contains}`];
  return { words: [...words, `--content-type=${type}`], calls: bodies.length };
}

/**
 * @param {{stack: import('../support/stack.mjs').Stack, pid: number}} running
 * @param {string} folder
 * @param {number} tokens
 * @returns {Call[]}
 */
function ours({ stack, pid }, folder, tokens) {
  const base = stack.edge_direct;
  const cpu = () => cpuMs(pid, 'workerd');
  const { sitekey, hostname } = stack.bench_site;
  const form = 'application/x-www-form-urlencoded';
  return [
    {
      kind: 'siteverify',
      who: 'munjigi',
      what: 'siteverify, spent exactly once in SQLite',
      prepare: async () => {
        const bodies = await prepare.ourTokens(stack, tokens);
        return { base, cpu, ...posting(folder, '/siteverify', bodies, '"success":true', form) };
      },
    },
    {
      kind: 'challenge',
      who: 'munjigi',
      what: 'challenge, sealed, nothing stored',
      prepare: async () => ({
        base,
        cpu,
        words: ['challenge', `--sitekey=${sitekey}`, `--hostname=${hostname}`],
      }),
    },
    {
      kind: 'solution',
      who: 'munjigi',
      what: 'solution, 16 sub-puzzles checked',
      prepare: async () => {
        const bodies = await prepare.ourSolutions(stack, tokens);
        return { base, cpu, ...posting(folder, '/v1/solutions', bodies, '"passed"') };
      },
    },
  ];
}

/**
 * @param {string} who
 * @param {import('../support/processes.mjs').Running} running
 */
const target = (who, { ready, pid }) => ({ who, base: ready.base, cpu: () => cpuMs(pid) });

/**
 * @param {import('../support/processes.mjs').Running} cap
 * @param {string} who
 * @param {string} folder
 * @param {{tokens: number, solutions: number}} counts
 * @returns {Call[]}
 */
function capCalls(cap, who, folder, { tokens, solutions }) {
  const { base, cpu } = target(who, cap);
  return [
    {
      kind: 'siteverify',
      who,
      what: 'validateToken',
      prepare: async () => {
        const bodies = await prepare.capTokens(base, tokens);
        return { base, cpu, ...posting(folder, '/validate', bodies, '"success":true') };
      },
    },
    {
      kind: 'challenge',
      who,
      what: 'createChallenge, unsealed, stored in memory',
      prepare: async () => {
        const bodies = new Array(200_000).fill('{}');
        return { base, cpu, ...posting(folder, '/challenge', bodies, '"token"') };
      },
    },
    {
      kind: 'solution',
      who,
      what: 'redeemChallenge, 50 hashes checked',
      prepare: async () => {
        await prepare.capTokens(base, 0); // Tokens left over from validating must not slow it down here.
        const bodies = await prepare.capSolutions(base, solutions);
        return { base, cpu, ...posting(folder, '/redeem', bodies, '"success":true') };
      },
    },
  ];
}

/**
 * @param {import('../support/processes.mjs').Running} altcha with the README's puzzle
 * @param {import('../support/processes.mjs').Running} cheap with a puzzle whose answer is known
 * @param {string} folder
 * @param {number} tokens
 * @returns {Call[]}
 */
function altchaCalls(altcha, cheap, folder, tokens) {
  return [
    {
      kind: 'siteverify',
      who: 'altcha-lib',
      what: 'verify with its store in memory; there is no step before it',
      prepare: async () => {
        const { base, cpu } = target('altcha-lib', cheap);
        const bodies = await prepare.altchaPayloads(base, tokens);
        return { base, cpu, ...posting(folder, '/verify', bodies, '"success":true') };
      },
    },
    {
      kind: 'challenge',
      who: 'altcha-lib',
      what: 'createChallenge, PBKDF2 of 5,000 rounds',
      prepare: async () => ({ ...target('altcha-lib', altcha), words: ['get', '/challenge'] }),
    },
  ];
}

/**
 * @param {Call} call
 * @param {number} seconds
 * @returns {Promise<Round>}
 */
async function round(call, seconds) {
  const { base, words, calls, cpu } = await call.prepare();
  const before = cpu();
  const report = await load(base, words, { connections: 32, seconds, ...(calls && { calls }) });
  return { ...report, cpu_ms: (cpu() - before) / Math.max(1, report.successes) };
}

/**
 * Runs everything and returns medians by call.
 * @param {import('./command.mjs').Options} options
 */
export async function rates(options) {
  // Or what is prepared for it would expire while it is built.
  await testBinary('munjigi-load');
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-bench-'));
  const seconds = whole(options, 'seconds', 5);
  const tokens = whole(options, 'tokens', 15_000);
  const solutions = whole(options, 'cap-solutions', 6_000);
  const started = await Promise.all([
    peer('cap', ['--difficulty=1']),
    peer('cap', ['--difficulty=1', '--memory']),
    peer('altcha'),
    peer('altcha', ['--cost=1', '--counter=1']),
  ]);
  const running = options['without-ours'] ? null : await openStack();
  try {
    const [cap, capMemory, altcha, cheap] = started;
    const calls = [
      ...(running ? ours(running, folder, tokens) : []),
      ...capCalls(cap, '@cap.js/server', folder, { tokens, solutions }),
      ...capCalls(capMemory, '@cap.js/server, no file', folder, { tokens, solutions }),
      ...altchaCalls(altcha, cheap, folder, tokens),
    ];
    /** @type {Round[][]} */
    const all = calls.map(() => []);
    for (let number = 0; number < whole(options, 'rounds', 3); number += 1) {
      for (const [i, call] of calls.entries()) {
        say(`edge: round ${number + 1}, ${call.who} ${call.kind}`);
        all[i].push(await round(call, seconds));
      }
    }
    return calls.map(({ kind, who, what }, i) => ({
      kind,
      who,
      what,
      rounds: all[i],
      per_second: median(all[i].map(({ per_second }) => per_second)),
      p50_ms: median(all[i].map(({ p50_ms }) => p50_ms)),
      p99_ms: median(all[i].map(({ p99_ms }) => p99_ms)),
      cpu_ms: median(all[i].map(({ cpu_ms }) => cpu_ms)),
      failures: all[i].reduce((total, { failures }) => total + failures, 0),
      first_failure: all[i].find(({ first_failure }) => first_failure)?.first_failure ?? null,
    }));
  } finally {
    await running?.stop();
    for (const { stop } of started) await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {import('./command.mjs').Options} options @returns {Promise<import('./report.mjs').Result>} */
export async function measure(options) {
  const calls = await rates(options);
  const notes = [
    '32 connections, load generator on the same cores, medians of the rounds; ours on plain workerd without the assets’ router',
    'altcha-lib has one step for solution and siteverify; it stands beside both',
    '@cap.js/server at its defaults writes all its tokens to one file on each redemption and validation; siteverify with as many out as ours are prepared, ' +
      `${whole(options, 'tokens', 15_000).toLocaleString('en-US')}; “no file” is its \`noFSState: true\``,
    'peers’ solutions are prepared at their lowest difficulty, ours at work 1: a check costs what it costs at the default',
  ];
  for (const { who, kind, failures, first_failure } of calls) {
    if (failures) notes.push(`${who} ${kind}: ${failures} failed, first: ${first_failure?.slice(0, 200)}`);
  }
  const kinds = /** @type {const} */ (['challenge', 'solution', 'siteverify']);
  const rows = kinds.flatMap((kind) => {
    const one = (/** @type {string} */ who) => who === 'altcha-lib' && kind === 'solution';
    const same = calls.filter(
      (call) => call.kind === kind || (one(call.who) && call.kind === 'siteverify'),
    );
    const own = same.find(({ who }) => who === 'munjigi');
    return same.map((call) => [
      kind,
      call.who,
      call.what,
      Math.round(call.per_second),
      call.cpu_ms,
      call.p50_ms,
      call.p99_ms,
      own && call !== own ? own.per_second / call.per_second : null,
    ]);
  });
  return {
    name: 'edge',
    tables: [
      {
        title: 'Requests per second at 32 connections',
        columns: ['call', 'server', 'what it does', 'per second', 'CPU ms', 'p50 ms', 'p99 ms', 'ours ÷ this'],
        rows,
        notes,
      },
    ],
    data: { calls },
  };
}

await command(import.meta.url, measure);
