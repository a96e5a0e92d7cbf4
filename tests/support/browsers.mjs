// Three engines behind one interface: open a page, run a function in it, count processor time.
// Chromium through Playwright, Firefox through Puppeteer (WebDriver BiDi), WebKit through
// WebKitWebDriver.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpuMs } from './processes.mjs';

/**
 * @typedef {{url: string, cacheControl: string, body: () => Promise<Buffer>}} Fetched one answer,
 *   with its decoded body
 * @typedef {object} Browser
 * @property {string} version
 * @property {(url: string) => Promise<void>} goto
 * @property {(script: string) => Promise<any>} evaluate an expression, awaited in the page
 * @property {(script: string) => Promise<any>} framed an expression, in the first frame of the page
 * @property {() => number} cpuMs processor time of all its processes
 * @property {() => Promise<void>} close
 * @property {(listen: (fetched: Fetched) => void) => void} [onFetched] Chromium only
 * @property {(listen: (url: string, body: string) => void) => void} [onPosted] Chromium only
 */

/** A missing browser; the message names the remedy. */
export class Missing extends Error {}

export const CHROMIUM = process.env.MUNJIGI_CHROMIUM ?? '/usr/bin/chromium';
/**
 * Chromium's engine without the browser around it: it takes a quarter less of the processors, and
 * pages are the same in it. The whole Chromium stands in for it where there is none.
 */
const SHELL = process.env.MUNJIGI_CHROMIUM_SHELL ?? CHROMIUM;
export const FIREFOX = process.env.MUNJIGI_FIREFOX ?? '/usr/bin/firefox-esr';
const WEBKIT_DRIVER = process.env.MUNJIGI_WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver';
const SOLVE_MS = 180_000;

/** What every Chromium here needs: no sandbox for root, and nothing of its own on the network. */
export const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Playwright's arguments that we leave out. Pages are drawn in shared memory; a container often has
 * too little of it, so Playwright has files instead, which cost a tenth more of the processors.
 */
const NOT_PLAYWRIGHTS = roomy('/dev/shm') ? ['--disable-dev-shm-usage'] : [];

/** Whether a gigabyte is free there. @param {string} path */
function roomy(path) {
  if (!existsSync(path)) return false;
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize >= 2 ** 30;
}

/** @param {string} path @param {string} remedy */
function need(path, remedy) {
  if (!existsSync(path)) throw new Missing(`${path} is not there: ${remedy}`);
}

/** Chromium's argument without which pages are told that a program drives it. */
export const AS_PERSON = '--disable-blink-features=AutomationControlled';

/**
 * Starts Chromium, twice if it dies at its launch: on a busy machine one in some hundreds does.
 * @param {string[]} [args] further arguments of its command line
 * @param {string[]} [without] arguments of Playwright's that are left out
 */
export const launchChromium = (args, without) => launch(CHROMIUM, args, without);

/**
 * Starts Chromium's engine alone, for pages that do not depend on the browser around it.
 * @param {string[]} [args] further arguments of its command line
 */
export const launchShell = (args) => launch(SHELL, args);

/** @param {string} executablePath @param {string[]} [args] @param {string[]} [without] */
async function launch(executablePath, args = [], without = []) {
  need(executablePath, 'apt-get install chromium, or set MUNJIGI_CHROMIUM');
  const { chromium } = (await import('playwright-core')).default;
  const ignoreDefaultArgs = [...NOT_PLAYWRIGHTS, ...without];
  const once = () => chromium.launch({ executablePath, args: [...ARGUMENTS, ...args], ignoreDefaultArgs });
  return twice(once);
}

/** Launches once more what dies at its launch. @template T @param {() => Promise<T>} once */
const twice = (once) => once().catch((error) => {
  console.error(`Chromium is launched once more: ${error}`);
  return once();
});

/** @param {{args?: string[]}} [options] further arguments of its command line */
async function chromium({ args = [] } = {}) {
  need(CHROMIUM, 'apt-get install chromium, or set MUNJIGI_CHROMIUM');
  const playwright = (await import('playwright-core')).default;
  const once = () => playwright.chromium.launchServer({ executablePath: CHROMIUM, args: [...ARGUMENTS, ...args], ignoreDefaultArgs: NOT_PLAYWRIGHTS });
  const server = await twice(once);
  const browser = await playwright.chromium.connect(server.wsEndpoint());
  const page = await (await browser.newContext()).newPage();
  const pid = /** @type {number} */ (server.process().pid);
  /** @type {Browser} */
  return {
    version: `Chromium ${browser.version()}`,
    goto: async (url) => void (await page.goto(url)),
    evaluate: (script) => page.evaluate(script),
    framed: (script) => page.frames()[1].evaluate(script),
    cpuMs: () => cpuMs(pid),
    close: () => server.close(),
    onFetched: (listen) =>
      page.on('response', (answer) => {
        const cacheControl = answer.headers()['cache-control'] ?? '';
        const body = () => answer.body();
        if (answer.url().startsWith('http')) listen({ url: answer.url(), cacheControl, body });
      }),
    onPosted: (listen) =>
      page.on('request', (request) => {
        const body = request.postData();
        if (body) listen(request.url(), body);
      }),
  };
}

/** @param {{preferences?: Record<string, unknown>}} [options] of the profile */
async function firefox({ preferences = {} } = {}) {
  need(FIREFOX, 'apt-get install firefox-esr, or set MUNJIGI_FIREFOX');
  const { launch } = (await import('puppeteer-core')).default;
  const browser = await launch({
    browser: 'firefox',
    executablePath: FIREFOX,
    headless: true,
    protocolTimeout: SOLVE_MS,
    extraPrefsFirefox: preferences,
  });
  const page = await browser.newPage();
  const pid = /** @type {number} */ (browser.process()?.pid);
  /** @type {Browser} */
  return {
    version: (await browser.version()).replace('/', ' '),
    goto: async (url) => void (await page.goto(url)),
    evaluate: (script) => page.evaluate(script),
    framed: (script) => page.frames()[1].evaluate(script),
    cpuMs: () => cpuMs(pid),
    close: () => browser.close(),
  };
}

/** Ports below those that the kernel takes for outgoing connections. */
const PORTS = { first: 20_000, count: 12_000 };
/** Processes begin at different ones, and each takes one only once: another could listen there by now. */
let nextPort = process.pid * 97;

/** A port of this machine on which nothing listens. @returns {Promise<number>} */
export async function freePort() {
  for (;;) {
    const port = PORTS.first + (nextPort++ % PORTS.count);
    const isFree = await new Promise((resolve) => {
      const server = createServer().once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

function miniBrowser() {
  if (process.env.MUNJIGI_WEBKIT) return process.env.MUNJIGI_WEBKIT;
  const roots = existsSync('/usr/lib') ? readdirSync('/usr/lib').map((name) => `/usr/lib/${name}`) : [];
  const found = roots.map((root) => `${root}/webkit2gtk-4.1/MiniBrowser`).find(existsSync);
  if (!found) throw new Missing('MiniBrowser is not there: apt-get install webkit2gtk-driver');
  return found;
}

/** Opens a separate display; resolves with the process and the display's name. */
export function display() {
  const child = spawn(process.env.MUNJIGI_XVFB ?? 'Xvfb', ['-displayfd', '1', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', () => reject(new Missing('Xvfb is not there: apt-get install xvfb')));
    child.stdout.once('data', (number) => resolve({ child, name: `:${String(number).trim()}` }));
  });
}

/** @param {{scriptMs?: number}} [options] how long one `evaluate` may take */
async function webkit({ scriptMs = SOLVE_MS } = {}) {
  need(WEBKIT_DRIVER, 'apt-get install webkit2gtk-driver, or set MUNJIGI_WEBKIT_DRIVER');
  const binary = miniBrowser();
  const { child: screen, name } = await display();
  const port = await freePort();
  const driver = spawn(WEBKIT_DRIVER, [`--port=${port}`], {
    env: { ...process.env, DISPLAY: name, WEBKIT_DISABLE_COMPOSITING_MODE: '1' },
    stdio: 'ignore',
  });
  const stop = () => [driver, screen].forEach((child) => child.kill('SIGTERM'));
  process.once('exit', stop);
  /** @param {string} method @param {string} path @param {object} [body] */
  const call = async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(SOLVE_MS),
    });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`WebKitWebDriver: ${value.error}: ${value.message}`);
    return value;
  };
  try {
    for (let tries = 0; ; tries += 1) {
      if (await call('GET', '/status').catch(() => null)) break;
      if (tries > 100) throw new Error('WebKitWebDriver did not start');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { sessionId, capabilities } = await call('POST', '/session', {
      capabilities: {
        alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } },
      },
    });
    const at = `/session/${sessionId}`;
    await call('POST', `${at}/timeouts`, { script: scriptMs, pageLoad: SOLVE_MS });
    /** @type {Browser} */
    return {
      version: `WebKitGTK ${capabilities.browserVersion}`,
      goto: async (url) => {
        // WebKitGTK 2.50 may crash in JavaScriptCore when a page is left while a Web Worker that
        // compiled much Wasm is ending; a visitor does not leave within the same millisecond.
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        await call('POST', `${at}/url`, { url });
        // Right after a navigation, a script may still run in the page that is being left.
        const settled = { script: 'return document.readyState', args: [] };
        for (let tries = 0; tries < 50; tries += 1) {
          const state = await call('POST', `${at}/execute/sync`, settled).catch(() => null);
          if (state === 'complete') return;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      },
      // WebKitWebDriver loses the result of an asynchronous script when a frame of the page loads
      // meanwhile ("Could not parse script result"): the page keeps the result, which is read from
      // it.
      evaluate: async (script) => {
        const begin = `window.benchResult = null;
          Promise.resolve().then(() => (${script})).then(
            (value) => { window.benchResult = JSON.stringify({ value }); },
            (error) => { window.benchResult = JSON.stringify({ error: String(error) }); });`;
        await call('POST', `${at}/execute/sync`, { script: begin, args: [] });
        const deadline = Date.now() + SOLVE_MS;
        // Another page has no result and never will.
        const read = { script: `return window.benchResult === undefined ? 'gone' : window.benchResult`, args: [] };
        while (Date.now() < deadline) {
          const result = await call('POST', `${at}/execute/sync`, read).catch(() => null);
          if (result === 'gone') throw new Error('the page went away');
          if (result) {
            const { value, error } = JSON.parse(result);
            if (error) throw new Error(error);
            return value;
          }
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        throw new Error('no result in time');
      },
      framed: async (script) => {
        await call('POST', `${at}/frame`, { id: 0 });
        try {
          return await call('POST', `${at}/execute/sync`, { script: `return (${script})`, args: [] });
        } finally {
          await call('POST', `${at}/frame`, { id: null });
        }
      },
      cpuMs: () => cpuMs(/** @type {number} */ (driver.pid)),
      close: async () => {
        await call('DELETE', at).catch(() => null);
        stop();
      },
    };
  } catch (error) {
    stop();
    throw error;
  }
}

/** Each takes the options that it knows. @typedef {{scriptMs?: number, preferences?: Record<string, unknown>, args?: string[]}} Options */

/** @type {Record<string, (options?: Options) => Promise<Browser>>} */
export const ENGINES = { chromium, firefox, webkit };
