// Two origins behind Caddy, with the shipped file, restarted one after the other under load: no request
// fails.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BINARIES, ROOT } from '../support/stack.mjs';
import { changed } from '../gate/proxies.mjs';
import { freePort, LITTLE_WORK, openStage, until } from '../support/stage.mjs';
import { DEPLOY, find } from './places.mjs';

const CADDY = find('caddy') ?? join(ROOT, '.munjigi', 'proxies', 'bin', 'caddy');
const PER_SECOND = 100;
/** How long an operator waits after an origin is ready, so that Caddy knows it too. */
const NOTICED_MS = 3_000;
const ANSWERED_WITHIN_MS = 15_000;
/** Of the right form, but not a key. */
const UNKNOWN_KEY = { authorization: `Bearer mjk_${'A'.repeat(43)}` };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const JSON_BODY = { 'content-type': 'application/json' };

/**
 * A request, and its right answer.
 * @typedef {{method: string, path: string, status: number, headers?: Record<string, string>, body?: string}} Call
 */
/** @type {Call[]} */
const CALLS = [
  { method: 'GET', path: '/log-in', status: 200 },
  { method: 'GET', path: '/health/live', status: 200 },
  { method: 'POST', path: '/log-in', status: 403, headers: FORM, body: 'email=kim%40shop.example&password=lantern' },
  { method: 'GET', path: '/api/v1/me', status: 401, headers: UNKNOWN_KEY },
  { method: 'GET', path: '/docs', status: 200 },
  { method: 'POST', path: '/api/v1/organisations/shop/sites', status: 401, headers: { ...UNKNOWN_KEY, ...JSON_BODY }, body: '{"name":"Shop"}' },
  { method: 'GET', path: '/', status: 200 },
  { method: 'POST', path: '/internal/events', status: 401, headers: JSON_BODY, body: '{"shard":0,"events":[]}' },
  { method: 'GET', path: '/internal/sites', status: 404 },
  { method: 'HEAD', path: '/docs', status: 200 },
];

/**
 * What became of a request: `by` is the origin that answered.
 * @typedef {{call: Call, at: number, ms: number, status: number, by: string, error: string}} Outcome
 */

/**
 * Sends one request.
 * @param {number} port
 * @param {Agent | false} agent
 * @param {Call} call
 * @returns {Promise<Outcome>}
 */
function send(port, agent, call) {
  const at = performance.now();
  return new Promise((resolve) => {
    const end = (/** @type {Partial<Outcome>} */ found) =>
      resolve({ call, at, ms: performance.now() - at, status: 0, by: '', error: '', ...found });
    const length = call.body ? { 'content-length': String(Buffer.byteLength(call.body)) } : {};
    const headers = { host: `localhost:${port}`, ...length, ...call.headers };
    const asking = request({ host: '127.0.0.1', port, agent, method: call.method, path: call.path, headers });
    asking.setTimeout(ANSWERED_WITHIN_MS, () => asking.destroy(new Error('no answer in time')));
    asking.on('error', (error) => end({ error: error.message }));
    asking.once('response', (answer) => {
      const status = answer.statusCode ?? 0;
      answer.on('error', (error) => end({ status, error: error.message }));
      answer.once('end', () => end({ status, by: String(answer.headers['answered-by'] ?? '') }));
      answer.resume();
    });
    asking.end(call.body);
  });
}

/** Sends requests at a steady rate, each at its time however long the others take, while something lasts. */
async function loaded(/** @type {number} */ port, /** @type {() => Promise<unknown>} */ during) {
  const agent = new Agent({ keepAlive: true });
  /** @type {Promise<Outcome>[]} */
  const sent = [];
  const begin = performance.now();
  const due = () => {
    const call = /** @type {Call} */ (CALLS[sent.length % CALLS.length]);
    sent.push(send(port, agent, call));
  };
  const timer = setInterval(() => {
    while (sent.length < ((performance.now() - begin) / 1_000) * PER_SECOND) due();
  }, 5);
  try {
    await during();
  } finally {
    clearInterval(timer);
  }
  const seconds = (performance.now() - begin) / 1_000;
  const outcomes = await Promise.all(sent);
  agent.destroy();
  return { outcomes, seconds };
}

const failed = (/** @type {Outcome[]} */ outcomes) =>
  outcomes.filter(({ call, status, error }) => error !== '' || status !== call.status);

/** The environment without what the tests are told. */
const inherited = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MUNJIGI_')));

/**
 * An origin that an operator starts and stops.
 * @param {import('node:test').TestContext} t
 * @param {NodeJS.ProcessEnv} settings that both origins have
 */
async function openOrigin(t, settings) {
  const [port, operators] = [await freePort(), await freePort()];
  const address = `127.0.0.1:${port}`;
  const env = { ...settings, MUNJIGI_LISTEN: address, MUNJIGI_OPERATOR_LISTEN: `127.0.0.1:${operators}` };
  let log = '';
  /** @type {import('node:child_process').ChildProcess} */
  let child;
  const start = async () => {
    child = spawn(join(BINARIES, 'munjigi'), ['serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (log += chunk));
    await until('an origin', async () => {
      if (child.exitCode !== null) throw new Error(`the origin ended with ${child.exitCode}: ${log}`);
      return fetch(`http://127.0.0.1:${operators}/health/ready`).then(({ ok }) => ok, () => false);
    });
  };
  const stop = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null], log);
  };
  t.after(() => child.kill('SIGKILL'));
  await start();
  return { address, start, stop, log: () => log };
}

/** @typedef {Awaited<ReturnType<typeof openOrigin>>} Origin */

/**
 * Starts Caddy: with the shipped file at `port`, and at `bare` before the first origin alone, as a proxy
 * that tries once.
 * @param {import('node:test').TestContext} t
 * @param {string} folder
 * @param {{port: number, bare: number}} ports
 * @param {string[]} addresses of the two origins
 */
async function openCaddy(t, folder, { port, bare }, [first = '', second = '']) {
  const shipped = readFileSync(join(DEPLOY, 'compose', 'Caddyfile.origins'), 'utf8');
  const file = join(folder, 'Caddyfile');
  const told = '\theader_down Answered-By {http.reverse_proxy.upstream.hostport}\n';
  const text = changed('Caddyfile.origins', shipped, [
    ['127.0.0.1:8080 127.0.0.1:8082 {', `${first} ${second} {`],
    ['\nconsole.shop.example {\n', `\n{\n\tadmin off\n\tdefault_bind 127.0.0.1\n}\nhttp://localhost:${port} {\n`],
    ['\t\tflush_interval -1\n', `\t\tflush_interval -1\n\t${told}`],
  ]);
  writeFileSync(file, `${text}\nhttp://localhost:${bare} {\n\treverse_proxy ${first}\n}\n`);
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const words = ['run', '--adapter', 'caddyfile', '--config', file];
  const child = spawn(CADDY, words, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk) => (log += chunk));
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await until('Caddy', async () => {
    if (child.exitCode !== null) throw new Error(`Caddy ended with ${child.exitCode}: ${log}`);
    const found = await send(port, false, { method: 'GET', path: '/health/live', status: 200 });
    return found.status === 200;
  });
  return { log: () => log };
}

test('two origins restart one after the other at 100 requests a second, and no request fails', {
  skip: existsSync(CADDY) ? false : 'no caddy: run scripts/test, or install it',
  timeout: 120_000,
}, async (t) => {
  const stage = await openStage(t, 'gate', LITTLE_WORK);
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-rolling-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'mail'));
  const ports = { port: await freePort(), bare: await freePort() };
  const settings = {
    ...inherited(),
    MUNJIGI_DATABASE_URL: stage.database,
    MUNJIGI_EDGE_URL: stage.edge,
    MUNJIGI_INTERNAL_KEYS: stage.keys.MUNJIGI_INTERNAL_KEYS,
    MUNJIGI_KEY_CHECK: stage.keys.MUNJIGI_KEY_CHECK,
    MUNJIGI_CONSOLE_KEYS: `1:${randomBytes(32).toString('base64url')}`,
    MUNJIGI_CONSOLE_URL: `http://localhost:${ports.port}`,
    MUNJIGI_CLIENT_HEADER: 'X-Forwarded-For',
    MUNJIGI_TRUSTED_PROXIES: '127.0.0.1',
    MUNJIGI_LEAVE_SECONDS: '3',
    MUNJIGI_MAIL_URL: `folder:${join(folder, 'mail')}`,
    MUNJIGI_MAIL_FROM: 'Munjigi <no-reply@shop.example>',
    MUNJIGI_LIST_TOR_EXITS: 'none',
    MUNJIGI_LIST_CLOUDS: 'none',
    MUNJIGI_LIST_SPAMHAUS_DROP: 'none',
  };
  const origins = [await openOrigin(t, settings), await openOrigin(t, settings)];
  const caddy = await openCaddy(t, folder, ports, origins.map(({ address }) => address));
  t.after(() => t.passed || process.stderr.write([caddy, ...origins].map(({ log }) => log()).join('\n')));

  /** When each origin was ready again. @type {{address: string, at: number}[]} */
  const ready = [];
  const restart = async (/** @type {Origin} */ { address, stop, start }) => {
    const begin = performance.now();
    await stop();
    const stopped = performance.now();
    await start();
    ready.push({ address, at: performance.now() });
    t.diagnostic(`stopped in ${Math.round(stopped - begin)} ms, ready after ${Math.round(performance.now() - stopped)} ms more`);
  };
  const rolled = await loaded(ports.port, async () => {
    await sleep(1_000);
    for (const origin of [...origins, ...origins]) {
      await restart(origin);
      await sleep(NOTICED_MS);
    }
  });
  const times = rolled.outcomes.map(({ ms }) => ms).sort((one, other) => one - other);
  const share = (/** @type {number} */ of) => `${Math.round(times[Math.ceil(times.length * of) - 1] ?? 0)} ms`;
  t.diagnostic(`${times.length} requests in ${rolled.seconds.toFixed(1)} s: p50 ${share(0.5)}, p99 ${share(0.99)}, slowest ${share(1)}`);
  const shown = failed(rolled.outcomes).map(({ call, status, by, error }) => `${call.method} ${call.path}: ${status} ${error} ${by}`);
  assert.deepEqual(shown, []);
  assert.ok(times.length >= PER_SECOND * (rolled.seconds - 1), `${times.length} requests in ${rolled.seconds} s`);
  const passed = rolled.outcomes.filter(({ call, by }) => call.path === '/internal/sites' && by !== '');
  assert.deepEqual(passed, [], 'Caddy passes on what the edge does not call');
  for (const { address, at } of ready) {
    const since = rolled.outcomes.filter((outcome) => outcome.by === address && outcome.at > at && outcome.at < at + NOTICED_MS);
    assert.ok(since.length > 0, 'Caddy does not know in time that an origin is back');
  }

  // The same is not to be had from one origin and one try.
  const [first] = origins;
  assert.ok(first);
  const alone = await loaded(ports.bare, async () => {
    await first.stop();
    await sleep(500);
    await first.start();
    await sleep(500);
  });
  const lost = failed(alone.outcomes);
  t.diagnostic(`one origin alone: ${lost.length} of ${alone.outcomes.length} requests fail`);
  assert.ok(lost.length > 10, 'a restart of the only origin is not seen');
  assert.ok(lost.length < alone.outcomes.length, 'nothing is answered');
});
