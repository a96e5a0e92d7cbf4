// An attacker's price per 1,000 tokens: the hashes per token, times the price of a hash on rented
// machines. Ours is measured here on every core, interpreted (our crate, natively) and as generated
// code (the module that browsers run, in V8: a native code generator gets as far), calm and with
// the work that the running edge requires of an attacking prefix. SHA-256 peers are priced at
// published rates on processor and graphics card.
//
//   node tests/bench/attack.mjs [--json] [--seconds=6] [--without-ours]
//
// `--without-ours` leaves out the running edge: "under attack" is then the design's factor of 10.

import { execFileSync } from 'node:child_process';
import { pbkdf2Sync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { command, say, whole } from './command.mjs';
import { DEFAULT } from './ours.mjs';
import { ATTACKER, PUBLISHED } from './prices.mjs';
import { output } from '../support/processes.mjs';
import { ROOT, openStack, testBinary } from '../support/stack.mjs';
import { PEERS } from './widgets.mjs';

const TOKENS = 1_000;
const DESIGN_FACTOR = 10;
/** Challenges that mark a prefix as an attacker; below the platform's rate limit. */
const CHALLENGES = 500;
/** A PBKDF2 round is two compressions of SHA-256 once the pads are hashed. */
const COMPRESSIONS_PER_ROUND = 2;

/** @typedef {{hashes: number, coreSeconds: number}} Cost */

function engine() {
  const build = ['build', '-q', '-p', 'munjigi-pow', '--example', 'engine', '--profile', 'edge'];
  execFileSync('cargo', [...build, '--target', 'wasm32-unknown-unknown'], { cwd: ROOT, stdio: 'inherit' });
  const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
  return new WebAssembly.Module(
    readFileSync(join(target, 'wasm32-unknown-unknown/edge/examples/engine.wasm')),
  );
}

/** @param {number} seconds @param {number} work @returns {Promise<Cost>} */
async function generated(seconds, work) {
  const workerData = { engine: engine(), seconds, work };
  const before = process.cpuUsage();
  const workers = Array.from({ length: availableParallelism() }, () => {
    const worker = new Worker(new URL('engine.worker.mjs', import.meta.url), { workerData });
    return new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  });
  const done = await Promise.all(workers);
  const { user, system } = process.cpuUsage(before);
  return {
    hashes: done.reduce((total, { hashes }) => total + hashes, 0),
    coreSeconds: (user + system) / 1e6,
  };
}

/** @param {number} seconds @param {string} algorithm @returns {Promise<Cost>} */
async function interpreted(seconds, algorithm) {
  const program = await testBinary('munjigi-attack');
  const words = [`--threads=${availableParallelism()}`, `--seconds=${seconds}`, `--algorithm=${algorithm}`];
  const { hashes, core_seconds: coreSeconds } = JSON.parse(await output(program, words));
  return { hashes, coreSeconds };
}

/** Rounds of PBKDF2 in OpenSSL, which an attacker on processors would use. @returns {Cost} */
function pbkdf2() {
  const before = process.cpuUsage();
  const calls = 400;
  for (let i = 0; i < calls; i += 1) pbkdf2Sync(`nonce ${i}`, 'salt', 5_000, 32, 'sha256');
  const { user, system } = process.cpuUsage(before);
  return { hashes: calls * 5_000 * COMPRESSIONS_PER_ROUND, coreSeconds: (user + system) / 1e6 };
}

/** BLAKE2b in the hashing Wasm of the friendly widget. @returns {Promise<Cost>} */
async function blake2b() {
  const require = createRequire(import.meta.url);
  const { getWasmSolver } = require('friendly-pow/node/api/wasm.js');
  const wasm = readFileSync(require.resolve('friendly-pow/wasm/optimized.wasm'));
  const solve = await getWasmSolver(new WebAssembly.Module(wasm));
  const hashes = 5_000_000;
  const before = process.cpuUsage();
  solve(new Uint8Array(128), 0, hashes); // No hash is below 0.
  const { user, system } = process.cpuUsage(before);
  return { hashes, coreSeconds: (user + system) / 1e6 };
}

/**
 * Requests challenges like an attacking prefix, and returns what is then required of it and of
 * someone else.
 * @param {import('../support/stack.mjs').Stack} stack
 */
async function underAttack(stack) {
  const { sitekey, hostname } = stack.site;
  const body = JSON.stringify({
    sitekey,
    hostname,
    action: 'login',
    cdata: '',
    locale: 'en',
    widget: 'bench',
    algorithms: ['hashwx'],
    signals: {},
  });
  /** @param {string} address @returns {Promise<number>} hashes asked for */
  const ask = async (address) => {
    const answer = await fetch(`${stack.edge}/v1/challenges`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'cf-connecting-ip': address },
      body,
    });
    const { step } = await answer.json();
    if (!answer.ok || step?.kind !== 'puzzle') throw new Error(`challenge: ${answer.status}`);
    return step.count * step.work;
  };
  const calm = await ask('198.51.100.7');
  let attacked = 0;
  for (let i = 0; i < CHALLENGES; i += 1) attacked = await ask(`203.0.113.${i % 250}`);
  const bystander = await ask('192.0.2.9');
  return { calm, attacked, bystander };
}

/** @param {import('./command.mjs').Options} options @returns {Promise<import('./report.mjs').Result>} */
export async function measure(options) {
  const seconds = whole(options, 'seconds', 6);
  const calmHashes = DEFAULT.count * DEFAULT.work;
  let asked = { calm: calmHashes, attacked: calmHashes * DESIGN_FACTOR, bystander: calmHashes };
  const running = options['without-ours'] ? null : await openStack();
  if (running) {
    asked = await underAttack(running.stack).finally(running.stop);
  }
  say('attack: generated code');
  const fast = await generated(seconds, DEFAULT.work);
  say('attack: the interpreter');
  const slow = await interpreted(seconds, 'hashwx');
  const sha = await interpreted(seconds, 'sha256');
  const stretched = pbkdf2();
  const blake = await blake2b();

  /** @param {string} token @param {string} how @param {number} hashes @param {number} perSecond @param {boolean} [gpu] */
  const row = (token, how, hashes, perSecond, gpu = false) => {
    const unitSeconds = (TOKENS * hashes) / perSecond;
    const dollars = (/** @type {number} */ hour) => (unitSeconds / 3600) * hour;
    return gpu
      ? [token, how, hashes, perSecond / 1e6, `${unitSeconds.toPrecision(3)} GPU`, dollars(ATTACKER.gpuHour), null]
      : [token, how, hashes, perSecond / 1e6, `${unitSeconds.toPrecision(4)} core`, dollars(ATTACKER.coreHour), dollars(ATTACKER.spotCoreHour)];
  };
  const rate = (/** @type {Cost} */ { hashes, coreSeconds }) => hashes / coreSeconds;
  const [altcha, cap, friendly] = PEERS;
  const altchaCompressions = altcha.expected * 5_000 * COMPRESSIONS_PER_ROUND;
  const simd = PUBLISHED.sha256SimdWasmPerThread * 1e6;
  const gpu = PUBLISHED.sha256MidRangeGpu * 1e6;
  const rows = [
    row('munjigi, calm', 'generated code, measured', asked.calm, rate(fast)),
    row('munjigi, calm', 'interpreter, measured', asked.calm, rate(slow)),
    row('munjigi, under attack', 'generated code, measured', asked.attacked, rate(fast)),
    row('munjigi, bystander meanwhile', 'generated code, measured', asked.bystander, rate(fast)),
    row('cap', 'SIMD Wasm, published', cap.expected, simd),
    row('cap', 'GPU, published', cap.expected, gpu, true),
    row('altcha', 'OpenSSL, measured', altchaCompressions, rate(stretched)),
    row('friendly', 'its own Wasm, measured', friendly.expected, rate(blake)),
    row('altcha', 'GPU, from published SHA-256', altchaCompressions, gpu, true),
  ];
  return {
    name: 'attack',
    tables: [
      {
        title: 'Attacker’s price per 1,000 tokens',
        columns: ['token of', 'solved by', 'hashes per token', 'MH/s', 'seconds', '$ on demand', '$ spot'],
        rows,
        notes: [
          `a core is $${ATTACKER.coreHour} an hour on demand, $${ATTACKER.spotCoreHour.toFixed(4)} spot; a graphics card $${ATTACKER.gpuHour} (pages in prices.mjs)`,
          running
            ? `under attack: what the edge asked of a prefix after ${CHALLENGES} challenges, ${(asked.attacked / asked.calm).toFixed(1)} × calm; of another prefix ${(asked.bystander / asked.calm).toFixed(1)} ×`
            : `under attack: the design’s factor of ${DESIGN_FACTOR}, not measured`,
          'altcha’s hashes are compressions of SHA-256, two per round of PBKDF2; a graphics card’s gain on HashWX is not measured here',
          `our SHA-256 fallback, where a site allows it: ${(rate(sha) / 1e6).toFixed(2)} MH/s natively on a core`,
        ],
      },
    ],
    data: { asked, generated: fast, interpreted: slow, sha256: sha, pbkdf2: stretched, blake2b: blake, prices: ATTACKER, published: PUBLISHED },
  };
}

await command(import.meta.url, measure);
