// The stack and the load generator: how tests and benchmarks find and start them.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { output, say, start } from './processes.mjs';

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of the binaries that developers build. */
export const BINARIES = process.env.MUNJIGI_BINARIES ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'debug');

/**
 * @typedef {{sitekey: string, secret: string, hostname: string}} Site
 * @typedef {object} Stack
 * @property {string} edge address for visitors
 * @property {string} edge_direct the worker without the assets' router, for load
 * @property {string} edge_admin its stores, from outside
 * @property {string} origin
 * @property {string | null} gpu the gpu-backend, where pictures are made
 * @property {Site} site
 * @property {Site} bench_site
 * @property {{MUNJIGI_INTERNAL_KEYS?: string}} keys
 */

/**
 * Starts Postgres, the origin and the edge on plain workerd.
 * @param {string[]} [args] further arguments of `munjigi-tools stack`
 * @returns {Promise<{stack: Stack, pid: number, stop: () => Promise<void>}>}
 */
export async function openStack(args = []) {
  say('starting the stack (plain workerd)');
  const given = process.env.MUNJIGI_TOOLS;
  const [program, before] = given
    ? [given, []]
    : ['cargo', ['run', '--quiet', '-p', 'munjigi-tools', '--']];
  const words = [...before, 'stack', '--edge', 'workerd', ...args];
  const { ready, pid, stop } = await start(program, words, { cwd: ROOT, deadlineMs: 900_000 });
  return { stack: ready, pid, stop };
}

/**
 * Runs the operator's command on a stage.
 * @param {any} stage
 * @param {string[]} words
 * @param {string} [input] what it reads
 */
export async function munjigi(stage, words, input = '') {
  // It refuses names that it does not know, and tools have names of their own.
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('MUNJIGI_'));
  const env = {
    ...Object.fromEntries(others),
    ...stage.keys,
    MUNJIGI_DATABASE_URL: stage.database,
    MUNJIGI_EDGE_URL: stage.edge,
  };
  if (stage.gpu) env.MUNJIGI_GPU_URL = stage.gpu;
  delete env.MUNJIGI_ROOT_KEYS;
  return run('munjigi', words, env, input);
}

/**
 * Makes a site for pages on this machine and waits until it is published. The edge is not asked
 * meanwhile: it would remember for some seconds that there is no such site.
 * @param {any} stage
 * @param {string[]} words its name, and further options of `munjigi site add`
 * @param {string} [input] what it reads
 * @returns {Promise<{sitekey: string, secret: string}>}
 */
export async function createSite(stage, words, input) {
  const here = ['--host', 'localhost', '--allow-loopback', '--json'];
  const made = JSON.parse(await munjigi(stage, ['site', 'add', ...words, ...here], input));
  for (let tries = 0; tries < 120; tries += 1) {
    const shown = JSON.parse(await munjigi(stage, ['site', 'show', '--json', made.sitekey]));
    if (shown.published_version === shown.version) return made;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`${words[0]} is not published`);
}

/** @param {string} name @param {string[]} words @param {NodeJS.ProcessEnv} env @param {string} [input] */
async function run(name, words, env, input) {
  const running = promisify(execFile)(join(BINARIES, name), words, { env, maxBuffer: 64 * 1024 * 1024 });
  // One that ends without reading says so by its exit.
  running.child.stdin?.on('error', () => {}).end(input);
  return (await running).stdout;
}

/**
 * The right and a wrong answer to a challenge: anyone with the stage's keys can read them.
 * @param {any} stage
 * @param {string} challenge
 * @returns {Promise<{right: any, wrong: any}>}
 */
export async function see(stage, challenge) {
  return (await seeAll(stage, [challenge]))[0];
}

/** @param {any} stage @param {string[]} challenges @returns {Promise<{right: any, wrong: any}[]>} */
export async function seeAll(stage, challenges) {
  const told = await run('munjigi-answer', [], { ...process.env, ...stage.keys }, challenges.join('\n'));
  return told.trim().split('\n').map((line) => JSON.parse(line));
}

/**
 * Has visitors pass, each from a network of its own, all with one browser's name.
 * @param {any} stage
 * @param {string} sitekey
 * @param {number} size
 * @returns {Promise<string[]>} their tokens
 */
export async function sendFleet(stage, sitekey, size) {
  const words = [`--edge=${new URL(stage.edge).host}`, `--sitekey=${sitekey}`, `--fleet=${size}`];
  return (await run('munjigi-native', words, process.env)).trim().split('\n');
}

/** @type {Map<string, Promise<string>>} */
const built = new Map();

/** @param {string} name @returns {Promise<string>} */
async function build(name) {
  const given = process.env.MUNJIGI_TEST_BINARIES;
  if (given && existsSync(join(given, name))) return join(given, name);
  say(`building ${name}`);
  await output('cargo', ['build', '--quiet', '--release', '-p', 'munjigi-tests', '--bin', name], {
    cwd: ROOT,
  });
  return join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'release', name);
}

/**
 * A binary of the `tests` package, built for speed, once.
 * @param {string} name
 */
export function testBinary(name) {
  const known = built.get(name) ?? build(name);
  built.set(name, known);
  return known;
}

/**
 * What `munjigi-load` prints.
 * @typedef {object} Load
 * @property {string} call
 * @property {number} successes
 * @property {number} failures
 * @property {string | null} first_failure
 * @property {number} seconds
 * @property {number} per_second
 * @property {number} p50_ms
 * @property {number} p99_ms
 */

/**
 * Runs the load generator once. Failures are in the report, never thrown: a table shows them.
 * @param {string} base
 * @param {string[]} call `challenge`, `solution`, … with its options
 * @param {{connections?: number, seconds?: number, calls?: number}} [bounds]
 * @returns {Promise<Load>}
 */
export async function load(base, call, { connections = 32, seconds = 5, calls = 20_000 } = {}) {
  const program = await testBinary('munjigi-load');
  const bounds = [`--connections=${connections}`, `--seconds=${seconds}`, `--calls=${calls}`];
  const printed = await output(program, [`--base=${base}`, ...bounds, ...call], { anyExit: true });
  if (!printed.startsWith('{')) throw new Error(`munjigi-load ${call.join(' ')} said nothing`);
  return JSON.parse(printed);
}

/** How long an isolate may remember a site's configuration, and a little more. */
const CONFIGURATION_CACHED_MS = 31_000;

/**
 * Fixes a site's work at its default for any number of requests: the policy makes puzzles more
 * expensive for one browser that solves hundreds from one address, and this measures the first of
 * them.
 * @param {Stack} stack
 */
export async function holdWork(stack) {
  const url = `${stack.edge_admin}/kv/SITES/${encodeURIComponent(`site:${stack.site.sitekey}`)}`;
  const config = await (await fetch(url)).json();
  config.work.ceiling = config.work.floor;
  const put = await fetch(url, { method: 'PUT', body: JSON.stringify(config) });
  if (!put.ok) throw new Error(`could not fix the site's work: ${put.status}`);
  await new Promise((resolve) => setTimeout(resolve, CONFIGURATION_CACHED_MS));
}
