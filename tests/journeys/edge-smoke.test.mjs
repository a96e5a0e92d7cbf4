// Calls every route of the edge once, as `wrangler dev` serves it from the real wrangler.toml, and
// checks the headers that every answer carries.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { openStage } from '../support/stage.mjs';

/** @type {any} */
let stage;
/** @type {(() => unknown)[]} */
const closing = [];
before(async () => {
  const context = { name: 'edge-smoke', after: (/** @type {() => unknown} */ close) => closing.push(close) };
  stage = await openStage(/** @type {any} */ (context), 'wrangler');
});
after(async () => {
  for (const close of closing) await close();
});

const JSON_TYPE = { 'content-type': 'application/json' };

/** Calls the edge; the worker's own answers carry its headers. @param {string} path @param {RequestInit} [options] */
async function call(path, options = {}) {
  const answer = await fetch(stage.edge + path, options);
  assert.match(answer.headers.get('munjigi-request-id') ?? '', /^[\w-]+$/, path);
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path);
  assert.equal(answer.headers.get('referrer-policy'), 'no-referrer', path);
  assert.ok(answer.headers.get('cache-control'), path);
  return answer;
}

/** @param {string} path @param {BodyInit} body @param {Record<string, string>} [headers] */
const post = (path, body, headers = JSON_TYPE) => call(path, { method: 'POST', body, headers });

/** @param {Response} answer @param {number} status @param {string} code */
async function problem(answer, status, code) {
  assert.equal(answer.status, status);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  const body = await answer.json();
  assert.equal(body.code, code);
  assert.equal(body.type, `${stage.edge}/errors/${code}`);
  assert.equal(body.request_id, answer.headers.get('munjigi-request-id'));
}

test('the edge says how it is and what it is', async () => {
  const health = await (await call('/health')).json();
  assert.equal(health.status, 'ok');
  assert.deepEqual(health.checks.map((/** @type {{name: string}} */ check) => check.name).slice(0, 3), ['rings', 'sites', 'redemptions']);
  assert.match((await (await call('/version')).json()).name, /^munjigi-(edge|gate)$/);
});

test('the loader and the frame are served', async () => {
  const loader = await fetch(`${stage.edge}/v1/api.js`);
  assert.equal(loader.status, 200);
  const referer = { referer: 'http://localhost/sign-up' };
  const frame = await call(`/v1/frame/${stage.site.sitekey}`, { headers: referer });
  assert.equal(frame.status, 200);
  assert.match(frame.headers.get('content-security-policy') ?? '', /^frame-ancestors .*http:\/\/localhost:\*/);
  assert.match(await frame.text(), /<html data-mode="\w+" data-fallback="(on|off)"/);
});

test('a frame that may not be shown says why', async () => {
  const elsewhere = { headers: { referer: 'https://elsewhere.example/' } };
  const refused = await call(`/v1/frame/${stage.site.sitekey}`, elsewhere);
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /data-error="hostname-not-allowed"/);
  assert.equal(refused.headers.get('content-security-policy'), 'frame-ancestors *');
  const unknown = await call('/v1/frame/mj_00000000000000000000000000');
  assert.equal(unknown.status, 404);
  assert.match(await unknown.text(), /data-error="unknown-sitekey"/);
  // Its template is not served on its own.
  await problem(await call('/_frame.html'), 404, 'not-found');
});

test('an attempt is begun, solved and redeemed once', async () => {
  const { sitekey, secret } = stage.bench_site;
  const request = { sitekey, hostname: 'localhost', action: 'login', cdata: 'order-17', algorithms: ['hashwx'] };
  const issued = await (await post('/v1/challenges', JSON.stringify(request))).json();
  assert.equal(issued.step.kind, 'puzzle');
  // With work 1, every nonce is a solution.
  const solution = { challenge: issued.challenge, nonces: Array(issued.step.count).fill(7) };
  const solved = await (await post('/v1/solutions', JSON.stringify(solution))).json();
  assert.equal(solved.status, 'passed');
  const fields = { secret, response: solved.token, remoteip: 'None' };
  const first = await (await post('/siteverify', new URLSearchParams(fields), {})).json();
  assert.deepEqual(
    { success: first.success, action: first.action, cdata: first.cdata, codes: first['error-codes'] },
    { success: true, action: 'login', cdata: 'order-17', codes: [] },
  );
  const spent = { success: false, 'error-codes': ['timeout-or-duplicate'] };
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  assert.deepEqual(await (await post('/siteverify', form, {})).json(), spent);
  const json = { 'content-type': 'application/json; charset=utf-8' };
  assert.deepEqual(await (await post('/siteverify', JSON.stringify(fields), json)).json(), spent);
});

test('siteverify answers 200 to garbage and 413 to too much, in its own words', async () => {
  const garbage = await post('/siteverify', '{');
  assert.equal(garbage.status, 200);
  assert.deepEqual(await garbage.json(), { success: false, 'error-codes': ['bad-request'] });
  const huge = await post('/siteverify', 'a'.repeat(20_000), { 'content-type': 'text/plain' });
  assert.equal(huge.status, 413);
  assert.deepEqual((await huge.json())['error-codes'], ['bad-request']);
});

test('a body is held to its cap whether its length is stated or not', async () => {
  const stated = await post('/v1/challenges', `{"sitekey":"${'a'.repeat(20_000)}"}`);
  await problem(stated, 413, 'payload-too-large');
  const chunks = new ReadableStream({
    start(controller) {
      const chunk = new TextEncoder().encode('a'.repeat(5_000));
      for (let left = 4; left > 0; left--) controller.enqueue(chunk);
      controller.close();
    },
  });
  const options = { method: 'POST', body: chunks, headers: JSON_TYPE, duplex: 'half' };
  await problem(await call('/v1/challenges', options), 413, 'payload-too-large');
});

test('an unknown path, a wrong method or an unsigned call is refused by its code', async () => {
  await problem(await call('/v1/pictures/abc'), 404, 'not-found');
  await problem(await post('/turnstile/v1/siteverify', ''), 404, 'not-found');
  const method = await call('/siteverify');
  assert.equal(method.headers.get('allow'), 'POST');
  await problem(method, 405, 'method-not-allowed');
  const cross = { ...JSON_TYPE, 'sec-fetch-site': 'cross-site' };
  await problem(await post('/v1/challenges', '{}', cross), 400, 'malformed-request');
  await problem(await call('/internal/state'), 401, 'unsigned');
  const site = `/internal/sites/${stage.site.sitekey}`;
  await problem(await call(site, { method: 'PUT', body: '{}' }), 401, 'unsigned');
  await problem(await call(site, { method: 'DELETE' }), 401, 'unsigned');
});

test('every code has its page, in the visitor’s language', async () => {
  const english = await call('/errors/rate-limited', { headers: { 'accept-language': 'de' } });
  assert.match(await english.text(), /<html lang="en">/);
  const korean = await call('/errors/rate-limited', { headers: { 'accept-language': 'ko-KR,ko;q=0.9' } });
  assert.match(await korean.text(), /<html lang="ko">/);
  await problem(await call('/errors/no-such-code'), 404, 'not-found');
});
