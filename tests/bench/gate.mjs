// The gate beside workerd, beside a bare route of hyper that answers the same bytes, beside its own
// store without HTTP, and beside two peers' servers: challenges by wrk at 32 connections, solutions
// and siteverify by our own generator, whose bodies differ; rounds in turn, medians. And what a gate
// takes: its file, its start, its memory. Each ratio is printed beside its limit.
//
//   node tests/bench/gate.mjs [--json] [--seconds=5] [--rounds=3] [--tokens=15000] [--starts=9]

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/stage.mjs';
import { command, say, whole } from './command.mjs';
import * as prepare from './prepare.mjs';
import { cpuMs, output } from '../support/processes.mjs';
import { median } from './report.mjs';
import { load, openStack, ROOT, testBinary } from '../support/stack.mjs';
import { peer } from './widgets.mjs';

export const CONNECTIONS = 32;
const RELEASE = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'release');
const GATE = join(RELEASE, 'munjigi-gate');

/**
 * @typedef {{edge_direct: string, bench_site: import('../support/stack.mjs').Site}} Target an edge, as `prepare` calls it
 * @typedef {{per_second: number, cpu_ms: number, p50_ms: number, p99_ms: number}} Round
 * @typedef {{who: string, base: string, edge: Target | null, cpu: () => number}} Server
 */

/** Builds the gate and the programs beside it as releases. */
export async function buildGate() {
  say('building the gate');
  const build = ['build', '--quiet', '--release', '--locked', '-p', 'munjigi-gate', '--bins', '--examples'];
  await output('cargo', build, { cwd: ROOT });
}

/**
 * A gate of its own whose site is made for load. Unlike the stack's, it is counted by the meter, as
 * every site of a gate is: nothing but the limits is out of the way.
 */
export async function openGate(settings = '') {
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-gate-bench-'));
  const variables = Object.entries(process.env).filter(([name]) => !name.startsWith('MUNJIGI_'));
  const port = await freePort();
  const limits = ['CLIENT', 'CHALLENGE', 'SOLUTION', 'VERIFY'].map((name) => [`MUNJIGI_GATE_${name}_LIMIT`, '4294967295']);
  const listen = { MUNJIGI_GATE_LISTEN: `127.0.0.1:${port}`, MUNJIGI_GATE_OPERATOR_LISTEN: 'none', MUNJIGI_LOG: 'warn' };
  const env = { ...Object.fromEntries([...variables, ...limits]), ...listen };
  const told = await output(GATE, ['init', '--host', 'localhost'], { cwd: folder, env });
  const [, sitekey] = /sitekey +(mj_\w+)/.exec(told) ?? [];
  const [, secret] = /secret +(mjs_\w+)/.exec(told) ?? [];
  const file = join(folder, 'gate.toml');
  const light = 'allow_loopback = true, work = { floor = 1, ceiling = 1 }, hosts =';
  writeFileSync(file, settings + readFileSync(file, 'utf8').replace(`${sitekey} = { hosts =`, `${sitekey} = { ${light}`));
  const base = `http://127.0.0.1:${port}`;
  /** Starts it: its process, and the milliseconds until it answers. */
  const begin = async () => {
    const began = performance.now();
    const child = spawn(GATE, ['serve'], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the gate ended with ${child.exitCode}`);
      if (await fetch(`${base}/health`).then(({ ok }) => ok, () => false)) break;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return { child, ms: performance.now() - began };
  };
  const end = (/** @type {import('node:child_process').ChildProcess} */ child) =>
    new Promise((resolve) => child.once('exit', resolve).kill('SIGTERM'));
  /** @type {Target} */
  const edge = { edge_direct: base, bench_site: { sitekey, secret, hostname: 'localhost' } };
  return { edge, begin, end, file: join(folder, 'munjigi.db'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The body of a request for a challenge. @param {Target} target */
const wish = ({ bench_site: { sitekey, hostname } }) =>
  JSON.stringify({ sitekey, hostname, action: 'load', cdata: '', locale: 'en', widget: 'bench', algorithms: ['hashwx'], signals: {} });

/** An answer to a challenge, as it is on the wire. @param {Target} target @returns {Promise<string>} */
function answerOf(target) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const asking = request(`${target.edge_direct}/v1/challenges`, { method: 'POST', headers }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk) => (body += chunk));
      answer.on('end', () => {
        if (answer.statusCode !== 200) return reject(new Error(`a challenge: ${answer.statusCode} ${body}`));
        const raw = answer.rawHeaders.flatMap((name, i, all) => (i % 2 ? [] : [`${name}: ${all[i + 1]}`]));
        const own = raw.filter((line) => !/^(date|content-length|connection|keep-alive)/i.test(line));
        resolve(['HTTP/1.1 200 OK', ...own, '', body].join('\r\n'));
      });
    });
    asking.on('error', reject).end(wish(target));
  });
}

/** A server that answers everything with these bytes. @param {string} answer */
export async function openBare(answer) {
  const child = spawn(join(RELEASE, 'examples/bare_route'), { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(answer);
  const line = await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.once('exit', (code) => reject(new Error(`bare_route ended with ${code}`)));
  });
  return { child, base: JSON.parse(String(line)).base };
}

/**
 * Redeems in the gate's store without HTTP, from as many callers.
 * @param {number} seconds
 * @param {number} [pause] milliseconds between the waits for the disk that are measured
 * @returns {Promise<Round & {sync_p99_ms: number}>} and the 99th percentile of one wait for the disk
 */
async function commits(seconds, pause) {
  const words = [seconds, CONNECTIONS, ...(pause ? [pause] : [])].map(String);
  const printed = await output(join(RELEASE, 'examples/store_commits'), words);
  return { cpu_ms: 0, ...JSON.parse(printed) };
}

/**
 * Runs wrk once.
 * @param {string} folder
 * @param {{who: string, base: string, cpu: () => number}} server
 * @param {{path: string, body?: string, headers?: Record<string, string>}} call without a body, it is a GET
 * @param {number} seconds
 * @returns {Promise<Round>}
 */
export async function wrk(folder, { who, base, cpu }, { path, body, headers = {} }, seconds) {
  const script = join(folder, 'challenge.lua');
  const posted = `wrk.method = "POST"\nwrk.body = [==[${body}]==]\nwrk.headers["content-type"] = "application/json"\n`;
  const sent = Object.entries(headers).map(([name, value]) => `wrk.headers["${name}"] = [==[${value}]==]\n`);
  writeFileSync(script, (body === undefined ? '' : posted) + sent.join(''));
  const words = ['-t1', '--timeout', '10s', `-c${CONNECTIONS}`, `-d${seconds}s`, '--latency', '-s', script, base + path];
  const before = cpu();
  const printed = await output('wrk', words).catch((error) => {
    if (error.code === 'ENOENT') throw new Error('wrk is missing: install the package wrk');
    throw error;
  });
  const spent = cpu() - before;
  if (/Non-2xx|Socket errors/.test(printed)) throw new Error(`${who}: ${printed}`);
  const number = (/** @type {RegExp} */ form) => Number(form.exec(printed)?.[1]);
  const time = (/** @type {string} */ share) => {
    const [, value, unit] = new RegExp(`${share}%\\s+([\\d.]+)(us|ms|s)`).exec(printed) ?? [];
    return Number(value) * { us: 0.001, ms: 1, s: 1000 }[/** @type {'us'} */ (unit)];
  };
  const requests = number(/(\d+) requests in/);
  return { per_second: number(/Requests\/sec:\s+([\d.]+)/), cpu_ms: spent / requests, p50_ms: time('50'), p99_ms: time('99') };
}

/**
 * Posts each of these once.
 * @param {string} folder
 * @param {Server} server
 * @param {{path: string, bodies: string[], contains: string, type: string}} call
 * @param {number} seconds
 * @returns {Promise<Round>}
 */
async function post(folder, { who, base, cpu }, { path, bodies, contains, type }, seconds) {
  const file = join(folder, 'bodies');
  writeFileSync(file, bodies.join('\n'));
  const words = ['post', path, `--bodies=${file}`, `--contains=${contains}`, `--content-type=${type}`];
  const before = cpu();
  const found = await load(base, words, { connections: CONNECTIONS, seconds, calls: bodies.length });
  if (found.failures) throw new Error(`${who} ${path}: ${found.failures} failed: ${found.first_failure}`);
  return { ...found, cpu_ms: (cpu() - before) / found.successes };
}

/**
 * The 99th percentile of siteverify when 500 visitors pass a minute, and of one wait for the disk as
 * often, in milliseconds.
 * @param {string} folder
 * @param {Server} server
 * @param {number} seconds
 */
async function calm(folder, { base, edge }, seconds) {
  const rate = 500 / 60;
  const bodies = await prepare.ourTokens(/** @type {import('../support/stack.mjs').Stack} */ (edge), Math.ceil(seconds * rate));
  writeFileSync(join(folder, 'bodies'), bodies.join('\n'));
  const type = 'application/x-www-form-urlencoded';
  const words = [`--per-second=${rate}`, 'post', '/siteverify', `--bodies=${join(folder, 'bodies')}`, '--contains="success":true', `--content-type=${type}`];
  const found = await load(base, words, { connections: 1, seconds, calls: bodies.length });
  if (found.failures) throw new Error(`siteverify: ${found.first_failure}`);
  return { p99_ms: found.p99_ms, sync_p99_ms: (await commits(1, Math.round(1000 / rate))).sync_p99_ms };
}

/** The medians of each number. @param {Round[]} rounds @returns {Round} */
export const medians = (rounds) => {
  const of = (/** @type {keyof Round} */ name) => median(rounds.map((round) => round[name]));
  return { per_second: of('per_second'), cpu_ms: of('cpu_ms'), p50_ms: of('p50_ms'), p99_ms: of('p99_ms') };
};

/** @param {import('./command.mjs').Options} options @returns {Promise<import('./report.mjs').Result>} */
export async function measure(options) {
  const [seconds, tokens] = [whole(options, 'seconds', 5), whole(options, 'tokens', 15_000)];
  await buildGate();
  // Or what is prepared for it would expire while it is built.
  await testBinary('munjigi-load');
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-bench-'));
  const gate = await openGate();
  const starts = [];
  let memory = 0;
  for (let number = 0; number < whole(options, 'starts', 9); number += 1) {
    const { child, ms } = await gate.begin();
    starts.push(ms);
    await new Promise((resolve) => setTimeout(resolve, 500));
    memory = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
    await gate.end(child);
  }
  /** What was started, to be ended whatever happens. @type {(() => unknown)[]} */
  const closing = [() => rmSync(folder, { recursive: true, force: true }), gate.remove];
  try {
    const { child } = await gate.begin();
    closing.push(() => gate.end(child));
    const running = await openStack();
    closing.push(running.stop);
    const bare = await openBare(await answerOf(gate.edge));
    closing.push(() => bare.child.kill('SIGKILL'));
    const cap = await peer('cap', ['--difficulty=1', '--memory']);
    closing.push(cap.stop);
    const altcha = await peer('altcha');
    closing.push(altcha.stop);
    const peers = [
      { who: '@cap.js/server, no file', base: cap.ready.base, cpu: () => cpuMs(cap.pid), call: { path: '/challenge', body: '{}' } },
      { who: 'altcha-lib', base: altcha.ready.base, cpu: () => cpuMs(altcha.pid), call: { path: '/challenge' } },
    ];
    const { stack, pid } = running;
    /** @type {Server[]} */
    const servers = [
      { who: 'gate', base: gate.edge.edge_direct, edge: gate.edge, cpu: () => cpuMs(Number(child.pid)) },
      { who: 'workerd', base: stack.edge_direct, edge: stack, cpu: () => cpuMs(pid, 'workerd') },
      { who: 'bare hyper', base: bare.base, edge: null, cpu: () => cpuMs(Number(bare.child.pid)) },
    ];
    /** @type {Record<string, Record<string, Round[]>>} */
    const all = { challenge: {}, solution: {}, siteverify: {} };
    const keep = (/** @type {string} */ kind, /** @type {string} */ who, /** @type {Round} */ round) => (all[kind][who] ??= []).push(round);
    for (let number = 0; number < whole(options, 'rounds', 3); number += 1) {
      say(`gate: round ${number + 1}, its store`);
      keep('siteverify', 'store', await commits(seconds));
      for (const server of servers) {
        const { who, edge } = server;
        say(`gate: round ${number + 1}, ${who}`);
        keep('challenge', who, await wrk(folder, server, { path: '/v1/challenges', body: wish(edge ?? gate.edge) }, seconds));
        if (!edge) continue;
        const of = /** @type {import('../support/stack.mjs').Stack} */ (edge);
        const solutions = { path: '/v1/solutions', bodies: await prepare.ourSolutions(of, tokens), contains: '"passed"', type: 'application/json' };
        keep('solution', who, await post(folder, server, solutions, seconds));
        const form = 'application/x-www-form-urlencoded';
        const verify = { path: '/siteverify', bodies: await prepare.ourTokens(of, tokens), contains: '"success":true', type: form };
        keep('siteverify', who, await post(folder, server, verify, seconds));
      }
      for (const server of peers) {
        say(`gate: round ${number + 1}, ${server.who}`);
        keep('challenge', server.who, await wrk(folder, server, server.call, seconds));
      }
    }
    say('gate: 500 passes a minute');
    // The others are idle, but their timers are not.
    const { p99_ms, sync_p99_ms } = await calm(folder, servers[0], 12 * seconds);
    const calls = Object.entries(all).flatMap(([kind, by]) => {
      const own = medians(by.gate);
      return Object.entries(by).map(([who, rounds]) => ({ kind, who, rounds, ...medians(rounds), ratio: who === 'gate' ? null : own.per_second / medians(rounds).per_second }));
    });
    const of = (/** @type {string} */ kind, /** @type {string[]} */ ...names) =>
      Math.min(...calls.filter((call) => call.kind === kind && names.includes(call.who)).map(({ ratio }) => Number(ratio)));
    const strongest = peers.map(({ who }) => who);
    /** What is promised, what was measured, and whether more is better. @type {[string, number, number, boolean][]} */
    const promises = [
      ['siteverify ÷ commits of its store', of('siteverify', 'store'), 0.5, true],
      ['siteverify ÷ workerd', of('siteverify', 'workerd'), 3, true],
      ['challenges ÷ bare hyper', of('challenge', 'bare hyper'), 0.6, true],
      ['challenges ÷ the strongest peer', of('challenge', ...strongest), 2, true],
      ['solutions ÷ workerd', of('solution', 'workerd'), 1.8, true],
      ['p99 of siteverify at 500 passes a minute ÷ p99 of fdatasync', p99_ms / sync_p99_ms, 3, false],
    ];
    const limits = promises.map(([what, ratio, limit, more]) => ({ what, ratio, limit, more, holds: more ? ratio >= limit : ratio <= limit }));
    const takes = { binary_mb: statSync(GATE).size / 1e6, ready_ms: median(starts), idle_mb: memory };
    return {
      name: 'gate',
      tables: [
        {
          title: `Requests per second at ${CONNECTIONS} connections`,
          columns: ['call', 'server', 'per second', 'CPU ms', 'p50 ms', 'p99 ms', 'ours ÷ this'],
          rows: calls.map(({ kind, who, per_second, cpu_ms, p50_ms, p99_ms, ratio }) => [kind, who, Math.round(per_second), cpu_ms, p50_ms, p99_ms, ratio]),
          notes: ['the generator runs on the same cores: wrk with one thread for challenges, our own, which checks each answer, for the rest'],
        },
        {
          title: 'Each ratio beside its limit',
          columns: ['ratio', 'measured', 'limit', 'holds'],
          rows: limits.map(({ what, ratio, limit, more, holds }) => [what, ratio, `${more ? '≥' : '≤'} ${limit}`, holds ? 'yes' : 'NO']),
          notes: [`p99 of siteverify ${p99_ms.toFixed(2)} ms, of one fdatasync of a page as often ${sync_p99_ms.toFixed(2)} ms`],
        },
        {
          title: 'What a gate takes',
          columns: ['what', 'much'],
          rows: [
            ['its file, MB', takes.binary_mb],
            [`ms until it answers, median of ${starts.length} starts`, takes.ready_ms],
            ['resident memory when idle, MiB', takes.idle_mb],
          ],
        },
      ],
      data: { calls, limits, calm: { p99_ms, sync_p99_ms }, takes },
    };
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

await command(import.meta.url, measure);
