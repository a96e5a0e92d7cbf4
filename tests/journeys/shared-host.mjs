// A host with an application of its own, whose paths look like the edge's, and the edge below
// `/captcha/`: a visitor's form passes there, and nothing of the edge asks the application.

import assert from 'node:assert/strict';
import { createServer, request as ask } from 'node:http';
import { openEngine, until } from '../support/stage.mjs';

/** Where the host has the edge. */
export const BASE = '/captcha';

/**
 * Serves a form, and the edge below it.
 * @param {{after: (close: () => unknown) => void}} t
 * @param {{edge: string, sitekey: string, port: number}} options the edge's own address
 */
export async function openSharedHost(t, { edge, sitekey, port }) {
  /** What was asked of the application. @type {string[]} */
  const asked = [];
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A form</title>
<script src="${BASE}/v1/api.js" async defer></script>
<form><label>Email <input name="email"></label><div class="munjigi" data-sitekey="${sitekey}"></div></form>`;
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (!path.startsWith(`${BASE}/`)) {
      asked.push(path);
      const found = path === '/';
      return response.writeHead(found ? 200 : 404, { 'content-type': 'text/html' }).end(found ? page : 'not ours');
    }
    // As a proxy that changes nothing: neither the path nor the host.
    const { method, headers } = request;
    const there = ask(edge + path, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    there.on('error', () => response.writeHead(502).end());
    request.pipe(there);
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(undefined)));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://localhost:${port}`, asked };
}

/** @typedef {Awaited<ReturnType<typeof openSharedHost>>} SharedHost */

/**
 * Fills the form in, and verifies its token below the path as well.
 * @param {import('node:test').TestContext} t
 * @param {SharedHost} host
 * @param {string} secret
 * @param {'chromium' | 'firefox' | 'webkit'} engine
 */
export async function passBelow(t, host, secret, engine) {
  const browser = await openEngine(t, engine);
  if (!browser) return;
  await browser.goto(`${host.url}/`);
  await until('the widget', () => browser.evaluate(`document.querySelector('iframe') !== null`));
  await browser.evaluate(`(document.querySelector('[name=email]').focus(),
    document.querySelector('[name=email]').value = 'kim@example.com', true)`);
  const field = `document.querySelector('[name=munjigi-response]')?.value`;
  const response = await until('a token', () => browser.evaluate(field), 90_000);
  const verify = async () => {
    const body = new URLSearchParams({ secret, response: String(response) });
    return (await fetch(`${host.url}${BASE}/siteverify`, { method: 'POST', body })).json();
  };
  assert.equal((await verify()).success, true);
  assert.deepEqual(await verify(), { success: false, 'error-codes': ['timeout-or-duplicate'] });
  const strays = host.asked.filter((path) => path !== '/' && path !== '/favicon.ico');
  assert.deepEqual(strays, [], 'the edge asked the application');
}

/**
 * What every edge answers below its path.
 * @param {SharedHost} host
 */
export async function checkBelow(host) {
  const get = (/** @type {string} */ path, options = {}) => fetch(`${host.url}${BASE}${path}`, options);
  const loader = await get('/v1/api.js');
  assert.equal(loader.headers.get('cache-control'), 'public, max-age=300, stale-while-revalidate=86400');
  const tag = loader.headers.get('etag') ?? '';
  assert.equal((await get('/v1/api.js', { headers: { 'if-none-match': tag } })).status, 304);
  assert.equal((await get('/v1/api.js', { method: 'HEAD' })).status, 200);
  assert.equal((await (await get('/version')).json()).version.split('.').length, 3);
  const problem = await (await get('/v1/challenges', { method: 'POST', body: '{' })).json();
  assert.equal(problem.type, `${host.url}${BASE}/errors/${problem.code}`);
  const about = await fetch(problem.type, { headers: { accept: 'text/html', 'accept-language': 'ko' } });
  assert.match(await about.text(), /<html lang="ko"/);
  for (const path of ['/_frame.html', '/%5fframe.html', '/nothing', '/../v1/api.js', '//v1/api.js'])
    assert.equal((await get(path)).status, 404, path);
}
