// Protected paths in Firefox and WebKit, behind each proxy: what `protect.test.mjs` asks of Chromium.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import test, { after, before } from 'node:test';
import { display, FIREFOX, freePort, Missing } from '../support/browsers.mjs';
import { until } from '../support/stage.mjs';
import { NAMES, PROTECTED } from './proxies.mjs';
import { HOST, openAll, openShop, openShopGate } from './protect.mjs';

const REQUIRED = (process.env.MUNJIGI_REQUIRE ?? '').split(',');
const WEBKIT_DRIVER = process.env.MUNJIGI_WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver';

/** @type {(() => unknown)[]} */
const closing = [];
const context = { after: (/** @type {() => unknown} */ close) => closing.push(close) };
/** Waiting without JavaScript depends on the engine more than on the proxy: two of them are enough. */
const WAITED = ['nginx', 'caddy'];

/**
 * One visitor of a browser, with cookies of its own.
 * @typedef {object} Visitor
 * @property {(url: string) => Promise<void>} goto
 * @property {() => Promise<string>} url where the visitor is
 * @property {(script: string) => Promise<any>} evaluate an expression, without waiting for a promise
 * @property {(selector: string) => Promise<void>} press as a visitor does
 * @property {() => Promise<void>} sendAgain sends the form again, and says yes if the browser asks
 */
/** @typedef {{after: (close: () => unknown) => void}} Closing */

/** Firefox starts slowly, so visitors share one with JavaScript and one without. @type {Map<boolean, Promise<import('puppeteer-core').Browser>>} */
const firefoxes = new Map();

async function startFirefox(/** @type {boolean} */ javaScript) {
  if (!existsSync(FIREFOX)) throw new Missing(`${FIREFOX} is not there: apt-get install firefox-esr, or set MUNJIGI_FIREFOX`);
  const { launch } = (await import('puppeteer-core')).default;
  const extraPrefsFirefox = {
    'network.dns.forceResolve': '127.0.0.1',
    'javascript.enabled': javaScript,
    // Drivers cannot answer Firefox when it asks whether to send a form again. This says yes.
    'dom.confirm_repost.testing.always_accept': true,
  };
  const browser = await launch({ browser: 'firefox', executablePath: FIREFOX, headless: true, acceptInsecureCerts: true, extraPrefsFirefox });
  closing.push(() => browser.close());
  return browser;
}

/** @type {(t: Closing, javaScript: boolean) => Promise<Visitor>} */
async function openFirefox(t, javaScript) {
  const browser = await (firefoxes.get(javaScript) ?? firefoxes.set(javaScript, startFirefox(javaScript)).get(javaScript));
  const own = await /** @type {import('puppeteer-core').Browser} */ (browser).createBrowserContext();
  t.after(() => own.close());
  const page = await own.newPage();
  return {
    goto: async (url) => void (await page.goto(url)),
    // The driver's own notion of it comes a little later.
    url: async () => String(await page.evaluate('location.href')),
    evaluate: (script) => page.evaluate(script),
    press: (selector) => page.click(selector),
    sendAgain: () => page.click('#send'),
  };
}

/** MiniBrowser cannot map host names, so this HTTP proxy connects every host to this machine. */
async function openTunnel(/** @type {Closing} */ t) {
  const server = createServer().on('connect', (request, visitor, head) => {
    const port = Number(/:(\d+)$/.exec(request.url ?? '')?.[1]);
    const served = connect(port, '127.0.0.1', () => {
      visitor.write('HTTP/1.1 200 OK\r\n\r\n');
      served.write(head);
      served.pipe(visitor).pipe(served);
    });
    const end = () => [visitor, served].forEach((socket) => socket.destroy());
    for (const socket of [visitor, served]) socket.on('error', end).on('close', end);
    t.after(end);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

function miniBrowser() {
  if (process.env.MUNJIGI_WEBKIT) return process.env.MUNJIGI_WEBKIT;
  const roots = existsSync('/usr/lib') ? readdirSync('/usr/lib') : [];
  return roots.map((name) => `/usr/lib/${name}/webkit2gtk-4.1/MiniBrowser`).find(existsSync);
}

/** @type {(t: Closing, javaScript: boolean) => Promise<Visitor>} */
async function openWebkit(t, javaScript) {
  const binary = miniBrowser();
  if (!existsSync(WEBKIT_DRIVER) || !binary) throw new Missing('there is no WebKitWebDriver with a MiniBrowser: apt-get install webkit2gtk-driver');
  const { child: screen, name } = await display();
  t.after(() => screen.kill('SIGTERM'));
  const port = await freePort();
  const env = { ...process.env, DISPLAY: name, WEBKIT_DISABLE_COMPOSITING_MODE: '1' };
  const driver = spawn(WEBKIT_DRIVER, [`--port=${port}`], { env, stdio: 'ignore' });
  t.after(() => driver.kill('SIGTERM'));
  /** @param {string} method @param {string} path @param {object} [body] */
  const call = async (method, path, body) => {
    const sent = { method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(60_000) };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, sent);
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`WebKitWebDriver: ${value.error}: ${value.message}`);
    return value;
  };
  await until('WebKitWebDriver', () => call('GET', '/status').catch(() => null));
  const args = ['--automation', '--ignore-tls-errors', `--proxy=http://127.0.0.1:${await openTunnel(t)}`, `--enable-javascript=${javaScript}`];
  const alwaysMatch = { acceptInsecureCerts: true, 'webkitgtk:browserOptions': { binary, args } };
  const { sessionId } = await call('POST', '/session', { capabilities: { alwaysMatch } });
  const at = `/session/${sessionId}`;
  t.after(() => call('DELETE', at).catch(() => null));
  const press = async (/** @type {string} */ selector) => {
    const element = await call('POST', `${at}/element`, { using: 'css selector', value: selector });
    await call('POST', `${at}/element/${Object.values(element)[0]}/click`, {});
  };
  const evaluate = (/** @type {string} */ script) => call('POST', `${at}/execute/sync`, { script: `return (${script})`, args: [] });
  return {
    goto: async (url) => void (await call('POST', `${at}/url`, { url })),
    url: () => call('GET', `${at}/url`),
    evaluate,
    press,
    // A script's reload would be a GET in WebKit, so the page leads back to the form as it was filled in.
    sendAgain: async () => {
      await press('#send');
      await until('the form', () => evaluate(`!document.documentElement.dataset.state && !!document.forms[0]`).catch(() => false));
      await press('button');
    },
  };
}

const ENGINES = { firefox: openFirefox, webkit: openWebkit };

/** What the application was asked. @type {{method: string, url: string, headers: Record<string, string>, body: string}[]} */
const asked = [];
/** @type {Map<string, import('./protect.mjs').Proxy | Missing>} */
let opened;

before(async () => {
  const shop = await openShopGate(context);
  const app = await openShop(context, asked);
  opened = await openAll(context, { gate: shop.gate.port, app });
});
after(async () => {
  for (const close of closing.reverse()) await close();
});

/**
 * Opens an engine and the host behind a proxy, or skips the test with the reason, unless
 * `MUNJIGI_REQUIRE` names what is missing.
 * @param {import('node:test').TestContext} t
 * @param {keyof typeof ENGINES} engine
 * @param {string} name
 * @param {boolean} [javaScript]
 */
async function open(t, engine, name, javaScript = true) {
  const proxy = opened.get(name);
  /** @type {(() => unknown)[]} */
  const ends = [];
  t.after(async () => {
    for (const end of ends.reverse()) await end();
  });
  const visitor = await ENGINES[engine]({ after: (end) => ends.push(end) }, javaScript).catch((error) => {
    if (error instanceof Missing) return error;
    throw error;
  });
  for (const [part, found] of /** @type {const} */ ([['proxies', proxy], [engine, visitor]])) {
    if (!(found instanceof Missing)) continue;
    if (REQUIRED.includes(part)) throw found;
    t.skip(found.message);
    return null;
  }
  asked.length = 0;
  return { url: /** @type {any} */ (proxy).url, visitor: /** @type {Visitor} */ (visitor) };
}

/** What the application was asked on protected paths. */
const reached = () => asked.filter(({ url }) => url !== '/favicon.ico');

/** What the application says on its page that it was asked. @param {Visitor} visitor */
const shown = (visitor) =>
  until('the page of the application', () => visitor.evaluate(`document.querySelector('#asked')?.textContent`).catch(() => null)).then(JSON.parse);

/** What a promise resolves to. The page keeps it, because WebKitWebDriver loses results of promises. @param {Visitor} visitor @param {string} script */
async function settled(visitor, script) {
  await visitor.evaluate(`(window.settled = null, Promise.resolve(${script}).then(
    (value) => { window.settled = JSON.stringify({ value }); },
    (error) => { window.settled = JSON.stringify({ error: String(error) }); }), 0)`);
  const { value, error } = JSON.parse(await until(script, () => visitor.evaluate('window.settled')));
  if (error) throw new Error(error);
  return value;
}

for (const engine of /** @type {(keyof typeof ENGINES)[]} */ (Object.keys(ENGINES))) {
  for (const name of NAMES) {
    test(`in ${engine} a visitor earns a path behind ${name}, and everything on it`, async (t) => {
      const place = await open(t, engine, name);
      if (!place) return;
      const { url, visitor } = place;
      await visitor.goto(`${url}/account/orders?page=2`);
      const seen = await shown(visitor);
      assert.deepEqual([seen.method, seen.url, seen.headers['munjigi-level']], ['GET', '/account/orders?page=2', 'worked']);
      assert.equal(await visitor.url(), `${url}/account/orders?page=2`);
      const posted = await settled(visitor, `fetch('/account/save', { method: 'POST', body: 'tea' }).then((answer) => answer.json())`);
      assert.deepEqual([posted.body, posted.headers['munjigi-id']], ['tea', seen.headers['munjigi-id']]);
      const said = await settled(visitor, `new Promise((resolve, reject) => {
        const socket = new WebSocket('wss://' + location.host + '/account/live');
        socket.onmessage = ({ data }) => resolve(data);
        socket.onerror = () => reject(new Error('no socket'));
      })`);
      assert.equal(said, 'hello');
      assert.equal(await visitor.evaluate('document.cookie'), '');
    });

    test(`in ${engine} a form that was sent too late is sent again behind ${name}`, async (t) => {
      const place = await open(t, engine, name);
      if (!place) return;
      const { url, visitor } = place;
      await visitor.goto(`${url}/form`);
      await visitor.press('button');
      await until('clearance', () => visitor.evaluate(`document.documentElement.dataset.state === 'passed'`).catch(() => false));
      assert.deepEqual(reached(), []);
      await visitor.sendAgain();
      const seen = await shown(visitor);
      assert.deepEqual([seen.method, seen.url, seen.body], ['POST', '/account/order', 'what=tea+%26+%EA%B9%80%EC%B9%98']);
      assert.equal(reached().length, 1);
    });

    test(`in ${engine} a script earns clearance in place behind ${name}`, async (t) => {
      const place = await open(t, engine, name);
      if (!place) return;
      const { url, visitor } = place;
      await visitor.goto(`${url}/form`);
      await settled(visitor, `new Promise((resolve, reject) => {
        const script = document.createElement('script');
        Object.assign(script, { src: '${PROTECTED}/v1/api.js', onload: () => resolve(1), onerror: reject });
        document.head.append(script);
      })`);
      const [one, other] = await settled(visitor, `Promise.all(['/account/a', '/account/b'].map(async (path) => {
        const answer = await munjigi.clearance(() => fetch(path, { method: 'POST', body: 'tea' }));
        return answer.json();
      }))`);
      assert.deepEqual([one.url, one.body, other.url, other.body], ['/account/a', 'tea', '/account/b', 'tea']);
      assert.equal(one.headers['munjigi-level'], 'worked');
      assert.equal(one.headers['munjigi-id'], other.headers['munjigi-id']);
      assert.equal(await visitor.evaluate(`document.querySelectorAll('dialog').length`), 0);
      assert.equal(await visitor.url(), `${url}/form`);
    });

    if (!WAITED.includes(name)) continue;
    test(`in ${engine} a visitor without a script waits behind ${name}`, async (t) => {
      const place = await open(t, engine, name, false);
      if (!place) return;
      const { url, visitor } = place;
      await visitor.goto(`${url}/read/1`);
      assert.ok((await visitor.url()).includes(PROTECTED));
      assert.deepEqual(reached(), []);
      await until('the page', async () => (await visitor.url()) === `${url}/read/1` && reached().length > 0);
      assert.deepEqual(reached().map((of) => [of.url, of.headers['munjigi-level']]), [['/read/1', 'waited']]);
      await visitor.goto(`${url}/account/`);
      assert.ok((await visitor.url()).includes(PROTECTED));
    });
  }
}
