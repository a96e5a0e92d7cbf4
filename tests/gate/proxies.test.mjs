// The gate behind the proxies whose files we publish: each of them as its vendor ships it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { connect } from 'node:tls';
import { Missing } from '../support/browsers.mjs';
import { freePort } from '../support/stage.mjs';
import { openGate, passForm, sitekeyOf, visit } from './alone.mjs';
import { changed, HOST, NAMES, openProxy, settingsFor } from './proxies.mjs';

/** Challenges a minute of one address. */
const MOST = 8;
/** How long a connection is idle: longer than the gate waits on a connection of a stranger. */
const IDLE_MS = 12_000;

/** @typedef {{proxy: import('./proxies.mjs').Proxy, sitekey: string, secret: string}} Served */
/** @type {Map<string, Served | Missing>} */
const served = new Map();
/** @type {(() => unknown)[]} */
const closing = [];

/** @param {import('./proxies.mjs').Name} name @returns {Promise<Served>} */
async function serve(name) {
  const context = { after: (/** @type {() => unknown} */ close) => closing.push(close) };
  const port = await freePort();
  const settings = changed(name, settingsFor(name), [[HOST, `${HOST}:${port}`]]);
  const easy = (/** @type {string} */ file) =>
    `${settings}\n${file.replaceAll('hosts =', 'work = { floor = 500, ceiling = 2_000 }, hosts =')}`;
  const gate = await openGate(context, [], { MUNJIGI_GATE_CHALLENGE_LIMIT: String(MOST) }, easy);
  const secret = readFileSync(join(gate.folder, 'keys', 'localhost'), 'utf8').trim();
  const sitekey = await sitekeyOf(gate);
  return { proxy: await openProxy(context, name, { port, gate: gate.port }), sitekey, secret };
}

before(async () => {
  for (const name of NAMES) {
    const found = await serve(name).catch((error) => error);
    if (found instanceof Error && !(found instanceof Missing)) throw found;
    served.set(name, found);
  }
});
after(async () => {
  for (const close of closing.reverse()) await close();
});

/**
 * What is served by a proxy; skips the test if it is missing and not required.
 * @param {import('node:test').TestContext} t
 * @param {string} name
 */
function find(t, name) {
  const found = served.get(name);
  if (!(found instanceof Missing)) return found ?? null;
  if ((process.env.MUNJIGI_REQUIRE ?? '').split(',').includes('proxies')) throw found;
  t.skip(found.message);
  return null;
}

/** A request for a challenge. @param {Served} served @param {import('./proxies.mjs').Asked} asked */
function challenge({ proxy, sitekey }, asked) {
  const headers = { 'content-type': 'application/json', 'user-agent': 'Mozilla/5.0', ...asked.headers };
  return proxy.ask('/v1/challenges', { ...asked, method: 'POST', body: visit(sitekey), headers });
}

/** @param {Served} served @param {string} response @param {string} [from] */
function verify({ proxy, secret }, response, from) {
  const body = String(new URLSearchParams({ secret, response }));
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return proxy.ask('/siteverify', { method: 'POST', body, headers, ...(from && { from }) });
}

for (const name of NAMES) {
  test(`a form passes through ${name}, over HTTP/2`, async (t) => {
    const found = find(t, name);
    if (!found) return;
    const { proxy, sitekey } = found;
    assert.equal(await spoken(proxy.port), 'h2');
    // The name is nowhere but in this browser, and the certificate is self-signed.
    const args = [`--host-resolver-rules=MAP ${HOST} 127.0.0.1`, '--ignore-certificate-errors'];
    const token = await passForm(t, proxy.url, sitekey, args);
    if (!token) return;
    const reply = JSON.parse((await verify(found, token)).text);
    assert.equal(reply.success, true, JSON.stringify(reply));
    // A browser under control; nothing else speaks against it, least of all the proxy's HTTP/1.1.
    assert.deepEqual(reply.reasons, ['automation']);
    const second = JSON.parse((await verify(found, token)).text);
    assert.deepEqual(second, { success: false, 'error-codes': ['timeout-or-duplicate'] });
  });

  test(`each address behind ${name} counts for itself`, async (t) => {
    const found = find(t, name);
    if (!found) return;
    const [greedy, modest] = ['127.0.0.2', '127.0.0.3'];
    const statuses = [];
    for (let i = 0; i < MOST + 4; i++) statuses.push((await challenge(found, { from: greedy })).status);
    assert.ok(statuses.slice(0, MOST).every((status) => status === 200), String(statuses));
    assert.equal(statuses.at(-1), 429, String(statuses));
    assert.equal((await challenge(found, { from: modest })).status, 200);
    for (const forged of ['203.0.113.9', '127.0.0.1', '203.0.113.9, 127.0.0.1', 'nobody']) {
      const headers = { 'x-forwarded-for': forged };
      assert.equal((await challenge(found, { from: greedy, headers })).status, 429, forged);
    }
    const headers = { 'x-forwarded-for': greedy };
    assert.equal((await challenge(found, { from: modest, headers })).status, 200);
  });

  test(`what ${name} passes on is what the gate answers`, async (t) => {
    const found = find(t, name);
    if (!found) return;
    const { proxy } = found;
    const loader = await proxy.ask('/v1/api.js');
    assert.equal(loader.status, 200);
    const head = await proxy.ask('/v1/api.js', { method: 'HEAD' });
    assert.deepEqual([head.status, head.text], [200, '']);
    const known = { 'if-none-match': String(loader.headers.etag) };
    const same = await proxy.ask('/v1/api.js', { headers: known });
    assert.deepEqual([same.status, same.text], [304, '']);
    for (const asked of ['/v1/clearance/check', '/v1/x/../clearance/check', '//v1/clearance/check', '/v1/clearance/x/../check'])
      assert.equal((await proxy.ask(`${asked}?answer=303&path=/`)).status, 404, asked);
    const nothing = await proxy.ask('/nothing');
    assert.equal(nothing.status, 404);
    assert.equal(JSON.parse(nothing.text).type, `${proxy.url}/errors/not-found`);
    const longest = 64 * 1024;
    const post = (/** @type {number} */ length) =>
      proxy.ask('/v1/solutions', { method: 'POST', body: 'a'.repeat(length), headers: { 'content-type': 'application/json' } });
    const read = await post(longest);
    assert.deepEqual([read.status, JSON.parse(read.text).code], [400, 'malformed-request']);
    // The gate answers before it has read so much; a proxy that is still sending may call that 502.
    const { status } = await post(longest + 1);
    assert.ok(status === 413 || status === 502, String(status));
  });
}

// They wait for most of their time: all at once.
describe('after a pause', { concurrency: true }, () => {
  for (const name of NAMES) {
    test(`${name} has the first request answered`, async (t) => {
      const found = find(t, name);
      if (!found) return;
      const ask = async () => (await verify(found, 'TOKEN')).status;
      assert.equal(await ask(), 200);
      await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
      assert.equal(await ask(), 200);
    });
  }
});

test('a file that no longer says what a test replaces is reported', () => {
  assert.throws(() => changed('nginx.conf', 'listen 443;', [['listen 443 ssl', '']]), /nginx\.conf does not say "listen 443 ssl"/);
});

/** What a browser and a proxy agree to speak. @param {number} port */
function spoken(port) {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, servername: HOST, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] };
    const socket = connect(options, () => {
      resolve(socket.alpnProtocol);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}
