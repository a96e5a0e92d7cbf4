// What the journeys share: a running stack, a customer's shop, pages of their own, and what may be
// skipped.

import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ENGINES, freePort, Missing } from './browsers.mjs';
import { start } from './processes.mjs';
import { BINARIES, ROOT } from './stack.mjs';

export { freePort };
export { munjigi, see, sendFleet } from './stack.mjs';

/** The folder in which screenshots are kept as artefacts. */
export const PICTURES = join(ROOT, '.munjigi', 'screenshots');
mkdirSync(PICTURES, { recursive: true });

/** For `openStage`: visits cost next to nothing, for tests that do not look at the price. */
export const LITTLE_WORK = ['--work-floor', '500'];

/**
 * Starts Postgres, origin and edge; stops them after the test. `MUNJIGI_TEST_EDGE` puts another edge
 * in the place of the one that is named; `MUNJIGI_TEST_POOLER` is how many connections a PgBouncer
 * between origin and Postgres has, without one if it is not set.
 * @param {import('node:test').TestContext} t
 * @param {'wrangler' | 'workerd' | 'gate'} edge
 * @param {string[]} [more] further arguments of `munjigi-tools stack`
 */
export async function openStage(t, edge, more = []) {
  const logs = join(ROOT, '.munjigi', 'logs', t.name.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 60));
  const pooler = process.env.MUNJIGI_TEST_POOLER;
  const between = pooler ? ['--pooler', pooler] : [];
  const words = ['stack', '--edge', process.env.MUNJIGI_TEST_EDGE || edge, '--logs', logs, ...between, ...more];
  const program = join(BINARIES, 'munjigi-tools');
  // Pictures are drawn first.
  const deadlineMs = more.includes('--pictures') ? 480_000 : 120_000;
  const { ready, stop, order } = await start(program, words, { cwd: ROOT, deadlineMs });
  t.after(stop);
  return { ...ready, order };
}

/**
 * Starts the example shop as a customer of the stage's site.
 * @param {import('node:test').TestContext} t
 * @param {any} stage
 * @param {any} [site]
 */
export async function openShop(t, stage, site = stage.site) {
  const port = await freePort();
  const shop = spawn(process.execPath, [join(ROOT, 'examples/shop-node/server.mjs')], {
    env: {
      ...process.env,
      MUNJIGI_EDGE: stage.edge,
      MUNJIGI_SITEKEY: site.sitekey,
      MUNJIGI_SECRET: site.secret,
      PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => shop.kill('SIGKILL'));
  await new Promise((resolve, reject) => {
    shop.stdout.once('data', resolve);
    shop.once('exit', () => reject(new Error('the shop ended')));
  });
  return `http://localhost:${port}`;
}

/**
 * Serves one page, at any path, under the strict policy that we promise customers they can keep.
 * @param {import('node:test').TestContext} t
 * @param {any} stage
 * @param {string} body
 * @param {{lang?: string, dir?: string, query?: string, color?: string}} [options]
 */
export async function openPage(t, stage, body, options = {}) {
  const { lang = 'en', dir = 'ltr', query = '' } = options;
  /** @type {string[]} */
  const reports = [];
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      request.on('data', (chunk) => reports.push(String(chunk)));
      request.on('end', () => response.writeHead(204).end());
      return;
    }
    const policy = `default-src 'none'; script-src ${stage.edge}; frame-src ${stage.edge}; report-uri /report`;
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy });
    response.end(`<!doctype html><html lang="${lang}" dir="${dir}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>A form</title><script src="${stage.edge}/v1/api.js${query}" async defer></script></head>
<body><main><h1>A form</h1>${body}</main></body></html>`);
  });
  const port = await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(/** @type {any} */ (server.address()).port));
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://localhost:${port}/`, port, reports };
}

/**
 * Starts an engine, or skips the test with the reason, unless `MUNJIGI_REQUIRE` names the engine.
 * @param {import('node:test').TestContext} t
 * @param {'chromium' | 'firefox' | 'webkit'} name
 * @param {Record<string, unknown>} [preferences] of Firefox's profile
 * @param {string[]} [args] further arguments of Chromium's command line
 */
export async function openEngine(t, name, preferences = {}, args = []) {
  const required = (process.env.MUNJIGI_REQUIRE ?? '').split(',').includes(name);
  try {
    const browser = await ENGINES[name]({ scriptMs: 5_000, preferences, args });
    t.after(() => browser.close());
    return browser;
  } catch (error) {
    if (!(error instanceof Missing) || required) throw error;
    t.skip(error.message);
    return null;
  }
}

/** @template T @typedef {Exclude<T, null | undefined | false | 0 | ''>} Truthy */

/**
 * Waits until a question gets a truthy answer.
 * @template T
 * @param {string} what
 * @param {() => T | Promise<T>} ask
 * @param {number} [withinMs]
 * @returns {Promise<Truthy<T>>}
 */
export async function until(what, ask, withinMs = 30_000) {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer) return /** @type {Truthy<T>} */ (answer);
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * Siteverify's answer about a token.
 * @param {any} stage
 * @param {string} token
 * @param {any} [site]
 */
export async function siteverify(stage, token, site = stage.site) {
  const body = new URLSearchParams({ secret: site.secret, response: token });
  return (await fetch(`${stage.edge}/siteverify`, { method: 'POST', body })).json();
}
