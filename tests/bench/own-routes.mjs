// What a check on a route of the operator's own costs the Worker: processor time of workerd per
// request that reaches the application, beside a Worker that passes everything on. By wrk at 32
// connections; rounds in turn, medians.
//
//   node tests/bench/own-routes.mjs [--json] [--seconds=5] [--rounds=3]

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, say, whole } from './command.mjs';
import { CONNECTIONS, medians, wrk } from './gate.mjs';
import { ourTokens } from './prepare.mjs';
import { cpuMs, named, start } from '../support/processes.mjs';
import { ROOT, openStack } from '../support/stack.mjs';

const HOST = 'shop.example';
const PAGE = '/account/orders?page=2';
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0';
const BROWSER = { Host: HOST, 'user-agent': AGENT, accept: 'text/html' };
/** Stands for the sitekey, which the stack makes only after it has been given its variables. */
const LATER = 'mj_later';

/**
 * Asks without following.
 * @param {string} url
 * @param {{method?: string, headers?: Record<string, string>, body?: string}} [asked]
 * @returns {Promise<{status: number, headers: import('node:http').IncomingHttpHeaders, body: string}>}
 */
function ask(url, { method = 'GET', headers = {}, body = '' } = {}) {
  return new Promise((resolve, reject) => {
    const asking = request(url, { method, headers: { ...BROWSER, ...headers } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      answer.on('end', () => resolve({ status: Number(answer.statusCode), headers: answer.headers, body: text }));
    });
    asking.on('error', reject).end(body);
  });
}

/** @param {string} url where a server comes up */
async function up(url) {
  const deadline = performance.now() + 10_000;
  while ((await fetch(url).catch(() => null)) === null) {
    if (performance.now() > deadline) throw new Error(`${url} did not come up`);
  }
}

/** @returns {Promise<number>} a free port */
const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });

/**
 * Starts the stack's workerd again with the sitekey, which it reads with the site's rule.
 * @param {{stack: import('../support/stack.mjs').Stack, pid: number}} running
 */
async function restart({ stack, pid: root }) {
  const { sitekey } = stack.bench_site;
  const place = `${stack.edge_admin}/kv/SITES/site:${sitekey}`;
  const config = await (await fetch(place)).json();
  config.protect = [{ path: '/account/*', level: 'worked' }];
  const put = await fetch(place, { method: 'PUT', body: JSON.stringify(config) });
  if (!put.ok) throw new Error(`no rule: ${put.status}`);
  const [pid] = named(root, 'workerd');
  if (!pid) throw new Error('the stack runs no workerd');
  const [program = '', ...words] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  const cwd = readlinkSync(`/proc/${pid}/cwd`);
  process.kill(pid, 'SIGTERM');
  const health = `${stack.edge_direct}/health`;
  while ((await fetch(health).catch(() => null)) !== null);
  const file = join(cwd, 'config.capnp');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(LATER, sitekey));
  const child = spawn(program, words, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  await up(health);
  return { child, program };
}

/**
 * A Worker that passes everything on.
 * @param {string} program workerd
 * @param {string} folder
 * @param {number} application its port
 */
async function openStraight(program, folder, application) {
  const port = await freePort();
  const file = join(folder, 'straight.capnp');
  writeFileSync(
    file,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "application", external = (address = "127.0.0.1:${application}", http = ())),
    (name = "straight", worker = (
      modules = [(name = "straight.js", esModule = "export default { fetch: (request) => fetch(request) };")],
      compatibilityDate = "2026-11-01",
      globalOutbound = "application",
    )),
  ],
  sockets = [(name = "straight", address = "127.0.0.1:${port}", http = (), service = "straight")],
);
`,
  );
  const child = spawn(program, ['serve', file, 'config'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const base = `http://127.0.0.1:${port}`;
  await up(base);
  return { child, base };
}

/** @param {import('../support/stack.mjs').Stack} stack @returns {Promise<string>} a cookie that opens the page */
async function earn(stack) {
  const base = stack.edge_direct;
  const refused = await ask(base + PAGE);
  const to = String(refused.headers.location).split('to=')[1];
  const [token] = await ourTokens(stack, 1);
  const body = JSON.stringify({ to, token: new URLSearchParams(token).get('response') });
  const headers = { 'content-type': 'application/json', cookie: '__Host-munjigi-rounds=0' };
  const given = await ask(`${base}/.well-known/munjigi/clearance`, { method: 'POST', headers, body });
  const all = (given.headers['set-cookie'] ?? []).map((text) => String(text.split(';')[0]));
  const clearance = all.find((pair) => pair.startsWith('__Host-munjigi-clearance='));
  if (!clearance) throw new Error(`no clearance: ${given.status} ${given.body}`);
  const passed = await ask(base + PAGE, { headers: { cookie: clearance } });
  const level = JSON.parse(passed.body).headers.indexOf('munjigi-level');
  if (passed.status !== 200 || level < 0) throw new Error(`not passed: ${passed.status} ${passed.body}`);
  return clearance;
}

/** @param {import('./command.mjs').Options} options @returns {Promise<import('./report.mjs').Result>} */
export async function measure(options) {
  const [seconds, rounds] = [whole(options, 'seconds', 5), whole(options, 'rounds', 3)];
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-bench-'));
  /** @type {(() => unknown)[]} */
  const closing = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    const application = await start('node', [join(ROOT, 'tests/src/application.mjs')]);
    closing.push(application.stop);
    const { port } = application.ready;
    const protect = `MUNJIGI_PROTECT=${JSON.stringify({ [HOST]: LATER })}`;
    const running = await openStack(['--application', `127.0.0.1:${port}`, '--var', protect]);
    closing.push(running.stop);
    const ours = await restart(running);
    closing.push(() => ours.child.kill('SIGKILL'));
    const straight = await openStraight(ours.program, folder, port);
    closing.push(() => straight.child.kill('SIGKILL'));
    const cookie = await earn(running.stack);
    const headers = { ...BROWSER, cookie };
    const cpu = (/** @type {import('node:child_process').ChildProcess} */ child) => () => cpuMs(Number(child.pid));
    const protectedHost = { base: running.stack.edge_direct, cpu: cpu(ours.child) };
    const ways = [
      { who: 'passed straight on', base: straight.base, cpu: cpu(straight.child), path: PAGE },
      { who: 'open path', ...protectedHost, path: '/nowhere' },
      { who: 'protected path with clearance', ...protectedHost, path: PAGE },
    ];
    /** @type {Record<string, import('./gate.mjs').Round[]>} */
    const all = Object.fromEntries(ways.map(({ who }) => [who, []]));
    for (let number = 0; number < rounds; number += 1)
      for (const way of ways) {
        say(`own-routes: round ${number + 1}, ${way.who}`);
        all[way.who]?.push(await wrk(folder, way, { path: way.path, headers }, seconds));
      }
    const found = Object.entries(all).map(([who, of]) => ({ who, ...medians(of) }));
    const [base = 0, , checked = 0] = found.map(({ cpu_ms }) => cpu_ms);
    const added = checked - base;
    return {
      name: 'own-routes',
      tables: [
        {
          title: `Requests of a host in MUNJIGI_PROTECT, at ${CONNECTIONS} connections`,
          columns: ['request', 'per second', 'CPU ms of workerd', 'p50 ms', 'p99 ms'],
          rows: found.map(({ who, per_second, cpu_ms, p50_ms, p99_ms }) => [who, Math.round(per_second), cpu_ms, p50_ms, p99_ms]),
          notes: [
            `the Worker’s added CPU per request: ${added.toFixed(3)} ms`,
            'requests per second: what a Node program behind it answers on the cores that are left',
          ],
        },
      ],
      data: { found, added_cpu_ms: added },
    };
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

await command(import.meta.url, measure);
