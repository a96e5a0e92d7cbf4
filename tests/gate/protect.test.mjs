// Paths of an application behind proxies that ask the gate: each proxy as its vendor ships it, with
// the files that we publish.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { launchChromium, Missing } from '../support/browsers.mjs';
import { until } from '../support/stage.mjs';
import { NAMES, PROTECTED } from './proxies.mjs';
import { DOWNLOAD_BYTES, fileOf, HOST, openAll, openProtected, openShop, openShopGate, settingsNamedIn } from './protect.mjs';

const REQUIRED = (process.env.MUNJIGI_REQUIRE ?? '').split(',');
/** What a browser sends with a page. */
const NAVIGATES = { 'sec-fetch-mode': 'navigate', accept: 'text/html,*/*', 'user-agent': 'Mozilla/5.0 Test' };
const MAIN = { nginx: 'nginx.conf', caddy: 'Caddyfile', haproxy: 'haproxy.cfg', traefik: 'traefik.yaml', envoy: 'envoy.yaml' };

/** @typedef {import('./protect.mjs').Proxy} Proxy */
/** @type {Map<string, Proxy | Missing>} */
let opened;
/** @type {(() => unknown)[]} */
const closing = [];
const context = { after: (/** @type {() => unknown} */ close) => closing.push(close) };
/** @type {Awaited<ReturnType<typeof openShopGate>>} */
let shop;
/** @type {number} */
let app;
/** What the application was asked. @type {any[]} */
const kept = [];
/** @type {import('playwright-core').Browser} */
let browser;

before(async () => {
  shop = await openShopGate(context);
  app = await openShop(context, kept);
  browser = await launchChromium([`--host-resolver-rules=MAP ${HOST} 127.0.0.1`, '--ignore-certificate-errors']);
  closing.push(() => browser.close());
  opened = await openAll(context, { gate: shop.gate.port, app });
});
after(async () => {
  for (const close of closing.reverse()) await close();
});

/** @param {import('node:test').TestContext} t @param {string} name */
function find(t, name) {
  const found = opened.get(name);
  if (!(found instanceof Missing)) return found ?? null;
  if (REQUIRED.includes('proxies')) throw found;
  t.skip(found.message);
  return null;
}

/** @param {import('node:test').TestContext} t @param {object} [options] */
async function openTab(t, options = {}) {
  const tabs = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  t.after(() => tabs.close());
  const page = await tabs.newPage();
  return { tabs, page };
}

/** What the application was asked, as it says on its page. @param {import('playwright-core').Page} page */
const asked = async (page) => JSON.parse(await page.locator('#asked').innerText({ timeout: 30_000 }).catch(() => page.locator('#asked').textContent()) ?? '');

for (const name of NAMES) {
  test(`${name} names the settings of the gate that its file needs`, () => {
    const lines = settingsNamedIn(fileOf(MAIN[name]));
    assert.deepEqual(lines, ['client_header = "X-Forwarded-For"', 'trusted_proxies = ["127.0.0.1"]']);
  });

  test(`what is open goes to the application behind ${name}, and no visitor speaks for the gate`, async (t) => {
    const proxy = find(t, name);
    if (!proxy) return;
    const forged = { 'munjigi-level': 'allowed', 'munjigi-id': 'me', 'munjigi-score': '1.00', 'munjigi-reasons': 'fleet' };
    const { status, text } = await proxy.ask('/shop?a=1&b=%2F', { method: 'POST', body: 'tea', headers: forged });
    const seen = JSON.parse(text);
    assert.deepEqual([status, seen.method, seen.url, seen.body], [200, 'POST', '/shop?a=1&b=%2F', 'tea']);
    for (const header of Object.keys(forged)) assert.equal(seen.headers[header], 'none', header);
    for (const own of [401, 403, 404, 500]) {
      const answer = await proxy.ask(`/status/${own}`, { headers: NAVIGATES });
      assert.deepEqual([answer.status, answer.text], [own, 'of the shop']);
    }
    for (const path of ['/robots.txt', '/.well-known/acme-challenge/x', '/blog/feed/', '/webhooks/pay'])
      assert.equal((await proxy.ask(path)).status, 200, path);
  });

  test(`what is protected does not reach the application behind ${name}`, async (t) => {
    const proxy = find(t, name);
    if (!proxy) return;
    for (const path of ['/account/', '/account/orders?page=2', '/%61ccount/x', '/ACCOUNT/', '//account/x', '/x/../account/y', '/account%2Fx']) {
      const page = await proxy.ask(path, { headers: NAVIGATES });
      if (page.status === 400) continue; // Some proxies take no such path at all.
      assert.equal(page.status, 303, path);
      assert.match(String(page.headers.location), /^\/\.well-known\/munjigi\/clearance\?to=mj1\./);
      assert.equal(page.headers['set-cookie'], undefined);
    }
    const part = await proxy.ask('/account/', { headers: { accept: 'application/json' } });
    const problem = JSON.parse(part.text);
    assert.deepEqual([part.status, part.headers['content-type'], problem.code], [403, 'application/problem+json', 'clearance-required']);
    assert.equal(problem.clearance.level, 'worked');
    const head = await proxy.ask('/account/', { method: 'HEAD', headers: NAVIGATES });
    assert.equal(head.status, 303);
    const form = await proxy.ask('/account/', { method: 'POST', body: 'a=b', headers: NAVIGATES });
    assert.equal(form.status, 403);
    assert.match(form.text, /data-state="form"/);
    assert.match(String(form.headers['set-cookie']), /^__Host-munjigi-rounds=0\.0; Path=\/; Max-Age=120; Secure; HttpOnly; SameSite=Lax$/);
    const large = await proxy.ask('/account/', { method: 'POST', body: 'a'.repeat(3_000_000) }).catch(() => ({ status: 403 }));
    assert.equal(large.status, 403);
    const socket = await proxy.ask('/account/live', {
      headers: { ...NAVIGATES, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'x3JJHMbDL1EzLkh9GBhXDw==' },
    });
    assert.equal(socket.status, 403);
    for (const cookie of ['__Host-munjigi-clearance=', '__Host-munjigi-clearance=mj1.a.b.c', `a=${'b'.repeat(6_000)}`])
      assert.equal((await proxy.ask('/account/', { headers: { ...NAVIGATES, cookie } })).status, 303);
    // What a visitor says about the original request is not what the proxy says.
    const forged = { 'x-forwarded-uri': '/', 'x-original-uri': '/', 'x-forwarded-method': 'GET', 'x-forwarded-host': 'other.example' };
    assert.equal((await proxy.ask('/account/', { headers: { ...NAVIGATES, ...forged } })).status, 303);
  });

  test(`nothing but a WebSocket leaves the requests that are checked behind ${name}`, async (t) => {
    const proxy = find(t, name);
    if (!proxy) return;
    const upgrades = ['upgrade: h2c', 'upgrade: H2C, websocket', 'upgrade: websocket\r\nupgrade: h2c', 'upgrade: h2c\r\nsec-websocket-key: x3JJHMbDL1EzLkh9GBhXDw=='];
    for (const upgrade of upgrades) {
      kept.length = 0;
      const named = 'connection: Upgrade, HTTP2-Settings\r\nhttp2-settings: AAMAAABkAARAAAAAAAIAAAAA';
      await proxy.raw(Buffer.from(`GET /robots.txt HTTP/1.1\r\nhost: ${HOST}\r\n${named}\r\n${upgrade}\r\n\r\n`));
      for (const { headers } of kept) {
        assert.match(headers.upgrade ?? 'websocket', /^websocket$/i, upgrade);
        assert.equal(headers['http2-settings'], undefined, upgrade);
      }
    }
    kept.length = 0;
    assert.equal((await proxy.ask('/robots.txt')).status, 200);
    assert.equal(kept.length, 1);
  });

  test(`no method, host or header of a visitor's opens a path behind ${name}`, async (t) => {
    const proxy = find(t, name);
    if (!proxy) return;
    const forged = 'x-forwarded-uri: /robots.txt\r\nx-forwarded-method: GET\r\nx-forwarded-host: other.example\r\n';
    kept.length = 0;
    for (let byte = 0; byte < 256; byte++) {
      if (byte === 10 || byte === 13) continue; // These end the line.
      for (const method of ['GET%', 'G%T', '%GET'].map((text) => Buffer.from(text.replace('%', String.fromCharCode(byte)), 'latin1'))) {
        const rest = Buffer.from(` /account/orders HTTP/1.1\r\nhost: ${HOST}\r\naccept: text/html\r\n${forged}connection: close\r\n\r\n`);
        const status = await proxy.raw(Buffer.concat([method, rest]));
        assert.ok([0, 303, 400, 401, 403, 405, 501].includes(status), `${method}: ${status}`);
      }
    }
    for (const host of ['other.example', '127.0.0.1', 'xshop.example', 'www.other.example:443'])
      for (const path of ['/account/', '/shop']) {
        const { status } = await proxy.ask(path, { headers: { host } });
        assert.ok([200, 404, 421, 503].includes(status), `${host}${path}: ${status}`);
      }
    // Two hosts in one request: the proxy must not take one and the gate the other.
    for (const host of ['other.example', `${HOST}.other.example`, 'localhost'])
      for (const form of ['https://', 'http://']) {
        const status = await proxy.raw(Buffer.from(`GET ${form}${HOST}/account/orders HTTP/1.1\r\nhost: ${host}\r\naccept: text/html\r\nconnection: close\r\n\r\n`));
        assert.ok([0, 303, 400, 403, 404, 421, 503].includes(status), `${form} ${host}: ${status}`);
      }
    assert.deepEqual(kept, []);
    for (const connection of ['Munjigi-Level', 'munjigi-level, Munjigi-Score,MUNJIGI-ID', 'keep-alive, munjigi-reasons']) {
      const seen = JSON.parse((await proxy.ask('/shop', { headers: { connection } })).text);
      for (const header of ['level', 'score', 'reasons', 'id']) assert.equal(seen.headers[`munjigi-${header}`], 'none', connection);
      assert.doesNotMatch(String(seen.headers.connection), /munjigi/i);
    }
    // The question is the proxy's, not a visitor's.
    const question = await proxy.ask('/.well-known/munjigi/v1/clearance/check?answer=303&path=/shop');
    assert.equal(question.status, 404);
    for (const path of ['/.well-known/munjigi/../../v1/clearance/check', '/.well-known/munjigi/..\\..\\v1\\clearance\\check', '/v1\\clearance\\check']) {
      const status = await proxy.raw(Buffer.from(`GET ${path}?answer=401&path=/account/ HTTP/1.1\r\nhost: ${HOST}\r\nconnection: close\r\n\r\n`));
      assert.ok(![401, 204].includes(status), `${path}: ${status}`);
    }
  });

  test(`a visitor earns a path behind ${name}, and everything on it`, async (t) => {
    const proxy = find(t, name);
    if (!proxy) return;
    const { tabs, page } = await openTab(t);
    await page.goto(`${proxy.url}/account/orders?page=2#line`);
    await page.waitForURL('**/account/orders?page=2#line', { timeout: 20_000 });
    const seen = await asked(page);
    assert.deepEqual([seen.method, seen.url, seen.headers['munjigi-level']], ['GET', '/account/orders?page=2', 'worked']);
    assert.match(seen.headers['munjigi-id'], /^[\w-]{16}$/);
    assert.match(seen.headers['munjigi-score'], /^[01]\.\d\d$/);
    const [cookie] = (await tabs.cookies()).filter(({ name: of }) => of === '__Host-munjigi-clearance');
    assert.deepEqual([cookie?.httpOnly, cookie?.secure, cookie?.sameSite, cookie?.path], [true, true, 'Lax', '/']);
    const inPage = (/** @type {string} */ script) => page.evaluate(script);
    const posted = await inPage(`fetch('/account/save', { method: 'POST', body: 'x'.repeat(5e6) }).then((answer) => answer.json())`);
    assert.deepEqual([posted.method, posted.bytes, posted.headers['munjigi-id']], ['POST', 5_000_000, seen.headers['munjigi-id']]);
    assert.equal(await inPage(`fetch('/account/download').then(async (answer) => (await answer.arrayBuffer()).byteLength)`), DOWNLOAD_BYTES);
    const said = await inPage(`new Promise((resolve, reject) => {
      const socket = new WebSocket('wss://' + location.host + '/account/live');
      socket.onmessage = ({ data }) => resolve(data);
      socket.onerror = () => reject(new Error('no socket'));
    })`);
    assert.equal(said, 'hello');
    // Elsewhere it opens nothing: another program, or another site's browser.
    const copied = { ...NAVIGATES, cookie: `${cookie?.name}=${cookie?.value}` };
    assert.equal((await proxy.ask('/account/', { headers: copied })).status, 303);
    assert.equal((await proxy.ask('/account/', { headers: { ...copied, 'user-agent': 'curl/8.5.0' } })).status, 303);
    const own = { ...copied, 'user-agent': seen.headers['user-agent'] };
    assert.equal((await proxy.ask('/account/', { headers: own })).status, 200);
    // By another address of the same browser it does: phones have two.
    assert.equal((await proxy.ask('/account/', { headers: own, from: '127.0.0.9' })).status, 200);
  });

  test(`a form that was sent too late is sent again behind ${name}`, async (t) => {
    const proxy = find(t, name);
    if (!proxy) return;
    const { page } = await openTab(t);
    await page.goto(`${proxy.url}/form`);
    await page.click('button');
    await page.locator('#send').waitFor({ timeout: 20_000 });
    // The button reloads, and Chromium asks in a window of its own whether to send a form again, which
    // nothing here can press: this is what it does when its visitor says yes.
    await page.reload();
    const seen = await until('the order', () => asked(page).catch(() => null));
    assert.deepEqual([seen.method, seen.url, seen.body], ['POST', '/account/order', 'what=tea+%26+%EA%B9%80%EC%B9%98']);
  });

  test(`a form that another site's page sends arrives behind ${name}`, async (t) => {
    const proxy = find(t, name);
    if (!proxy) return;
    // As a log-in provider leads back to the application that asked.
    const provider = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<form method="post" action="${proxy.url}/account/callback"><input name="code" value="7"><button>Log in</button></form>`);
    });
    const port = await new Promise((resolve) => provider.listen(0, '127.0.0.1', () => resolve(/** @type {any} */ (provider.address()).port)));
    t.after(() => provider.close());
    const { page, tabs } = await openTab(t);
    await page.goto(`http://localhost:${port}/`);
    await page.click('button');
    await page.locator('#send').waitFor({ timeout: 20_000 });
    await page.reload();
    const seen = await until('the callback', () => asked(page).catch(() => null));
    assert.deepEqual([seen.method, seen.url, seen.body], ['POST', '/account/callback', 'code=7']);
    // The next one is asked nothing, nor is a link.
    await page.goto(`http://localhost:${port}/`);
    await page.click('button');
    assert.equal((await until('the callback', () => asked(page).catch(() => null))).method, 'POST');
    await page.goto(`${proxy.url}/account/orders`);
    assert.equal((await asked(page)).method, 'GET');
    // It is no other site's to use in a frame or for a picture.
    const [clearance] = (await tabs.cookies()).filter(({ name }) => name === '__Host-munjigi-clearance');
    assert.equal(clearance?.partitionKey, `https://${HOST}`);
  });

  test(`a script earns clearance in place behind ${name}`, async (t) => {
    const proxy = find(t, name);
    if (!proxy) return;
    const { page } = await openTab(t);
    await page.goto(`${proxy.url}/form`);
    await page.addScriptTag({ url: `${PROTECTED}/v1/api.js` });
    const [one, other] = await page.evaluate(`Promise.all(['/account/a', '/account/b'].map(async (path) => {
      const answer = await munjigi.clearance(() => fetch(path, { method: 'POST', body: 'tea' }));
      return answer.json();
    }))`);
    assert.deepEqual([one.url, one.body, other.url, other.body], ['/account/a', 'tea', '/account/b', 'tea']);
    assert.equal(one.headers['munjigi-level'], 'worked');
    assert.equal(one.headers['munjigi-id'], other.headers['munjigi-id']);
    assert.equal(await page.locator('dialog').count(), 0);
    // An answer of anyone else's opens nothing in the page.
    for (const place of ['javascript:alert(1)//', '//evil.example/', 'https://evil.example/', '/elsewhere', ''])
      assert.equal(await page.evaluate(`munjigi.clearance(async () => new Response(JSON.stringify({ clearance: { page: ${JSON.stringify(place)} } }), { status: 403 })).then(({ status }) => status)`), 403);
    assert.equal(await page.locator('dialog').count(), 0);
    assert.match(page.url(), /\/form$/);
  });

  test(`without a script a visitor waits behind ${name}`, async (t) => {
    const proxy = find(t, name);
    if (!proxy) return;
    const { page } = await openTab(t, { javaScriptEnabled: false });
    await page.goto(`${proxy.url}/read/1`);
    assert.match(await page.locator('.on-wait').innerText(), /please wait/);
    await page.waitForURL('**/read/1', { timeout: 30_000 });
    assert.equal((await asked(page)).headers['munjigi-level'], 'waited');
    await page.goto(`${proxy.url}/account/`);
    assert.match(await page.locator('.on-needed').innerText(), /needs JavaScript/);
    assert.match(page.url(), new RegExp(PROTECTED));
  });
}

test('behind a gate with several sites each file names its own', async (t) => {
  const { gate, sitekey } = await openShopGate(t);
  const settings = readFileSync(join(gate.folder, 'gate.toml'), 'utf8');
  gate.write(settings.replaceAll('[[protect]]', `[[protect]]\nsite = "${sitekey}"`));
  await gate.run('site', 'add', 'other.example');
  await gate.stop();
  await gate.start();
  const unnamed = await fetch(`${gate.url}/v1/clearance/check?answer=303`, { headers: { 'x-forwarded-uri': '/' } });
  assert.equal((await unnamed.json()).code, 'clearance-misconfigured');
  for (const name of NAMES) {
    if (!find(t, name)) return;
    const proxy = await openProtected(t, name, { gate: gate.port, app, sitekey });
    const answers = await Promise.all(['/account/', '/shop'].map((path) => proxy.ask(path, { headers: NAVIGATES })));
    assert.deepEqual(answers.map(({ status }) => status), [303, 200], name);
  }
});

test('two gates with different keys are told of, and no one goes round for ever', async (t) => {
  if (!find(t, 'nginx')) return;
  // The second one has the site, and keys of its own.
  const other = await openShopGate(t);
  const { folder } = other.gate;
  const line = readFileSync(join(shop.gate.folder, 'gate.toml'), 'utf8').split('\n').find((text) => text.startsWith(shop.sitekey));
  copyFileSync(join(shop.gate.folder, 'keys', 'check'), join(folder, 'keys', 'check'));
  const own = readFileSync(join(folder, 'gate.toml'), 'utf8').split('\n').filter((text) => !text.startsWith('mj_'));
  other.gate.write(own.join('\n').replace('[sites]', `[sites]\n${line}`));
  await other.gate.stop();
  await other.gate.start();
  const proxy = await openProtected(t, 'nginx', { gate: shop.gate.port, check: other.gate.port, app });
  const { page } = await openTab(t);
  await page.goto(`${proxy.url}/account/`);
  assert.match(await page.locator('main').innerText(), /the servers of this site do not share their keys/);
});

test('a gate whose cookies are not believed is told of after three rounds', async (t) => {
  const proxy = find(t, 'caddy');
  if (!proxy) return;
  const { tabs, page } = await openTab(t);
  // An extension that changes what the browser is called with each request.
  let asked = 0;
  await tabs.route('**/*', async (route) => {
    const headers = { ...route.request().headers(), 'user-agent': `Mozilla/5.0 (${asked++})` };
    await route.continue({ headers });
  });
  await page.goto(`${proxy.url}/account/`);
  await page.locator('.on-loop').first().waitFor({ timeout: 60_000 });
  assert.match(await page.locator('main').innerText(), /keeps asking for it/);
  assert.equal(await page.locator('#again').getAttribute('href'), '/account/');
});

test('a browser without cookies is told so before anything is spent', async (t) => {
  const proxy = find(t, 'caddy');
  if (!proxy) return;
  const { tabs, page } = await openTab(t);
  // It forgets what it was given before it would send it back.
  await tabs.route('**/munjigi/clearance', async (route) => {
    await tabs.clearCookies();
    await route.continue();
  });
  await page.goto(`${proxy.url}/account/`);
  await page.locator('.on-cookies').first().waitFor({ timeout: 60_000 });
});

// The last one: the gate is gone then.
test('while the gate is down nothing protected is open', async (t) => {
  await shop.gate.stop();
  for (const name of NAMES) {
    const proxy = find(t, name);
    if (!proxy) return;
    const answer = await proxy.ask('/account/', { headers: NAVIGATES });
    assert.equal(answer.status, 503, name);
    assert.doesNotMatch(answer.text, /Shop/, name);
  }
});
