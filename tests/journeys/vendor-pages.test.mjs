// What the three vendors' scripts accept and do, row by row of the tables in tests/contract, in
// Chromium: every option, function, callback, field, client error and test sitekey.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { parse } from 'smol-toml';
import { ROOT } from '../support/stack.mjs';
import { theatre } from '../support/people.mjs';
import { LITTLE_WORK, munjigi, until } from '../support/stage.mjs';
import { openVendorPage } from './vendor-page.mjs';

/** @typedef {import('./vendor-page.mjs').VendorName} VendorName */

/**
 * @typedef {object} Row
 * @property {string} id
 * @property {string} [script] another path of the loader
 * @property {string} [query] of the loader's address; with it the loader is waited for
 * @property {string} [widget] attributes of the element
 * @property {string} [form] instead of the form with the element
 * @property {string} [js] after the loader
 * @property {string} [sitekey]
 * @property {string} [secret]
 * @property {string[]} [site] options of a site of its own
 * @property {string[]} [without] globals that the browser lacks
 * @property {boolean} [dark] what the visitor prefers
 * @property {string[][]} steps
 */

const own = theatre('vendor-pages', { edge: 'workerd', stack: LITTLE_WORK });
before(own.open);
after(own.close);

const LOADERS = { turnstile: '/turnstile/v0/api.js', hcaptcha: '/1/api.js', recaptcha: '/recaptcha/api.js' };
const CLASSES = { turnstile: 'cf-turnstile', hcaptcha: 'h-captcha', recaptcha: 'g-recaptcha' };

/** Functions for the page's callbacks: they record each call and its arguments. */
const CALLBACKS = `<script>
  window.said = [];
  window.heard = {};
  for (const name of ['passed', 'failed', 'expired', 'timed', 'unsupported', 'loaded', 'before', 'after'])
    window[name] = function (value) { said.push(name); heard[name] = String(value); return true; };
</script>`;

/** @param {VendorName} vendor @param {Row} row */
function html(vendor, { script = LOADERS[vendor], query, widget = '', form, js = '' }) {
  const element = `<div id="w" class="${CLASSES[vendor]}" data-sitekey="{sitekey}" ${widget}></div>`;
  const waits = query === undefined ? 'async defer' : '';
  return `${CALLBACKS}
  <form><label>Name <input name="who"></label>${form ?? element}<button type="button" id="go">Go</button></form>
  <script src="{edge}${script}${query ?? ''}" ${waits}></script><script>${js}</script>`;
}

/** A site for this row only. @param {string[]} options */
async function made(options) {
  const { stage } = own;
  const elsewhere = options.includes('--host');
  const here = elsewhere ? [] : ['--allow-loopback'];
  const text = await munjigi(stage, ['site', 'add', 'For a row', '--json', ...LITTLE_WORK, ...here, ...options]);
  const keys = JSON.parse(text);
  const referer = elsewhere ? 'http://elsewhere.example/' : 'http://localhost/';
  await until('the site', async () => (await fetch(`${stage.edge}/v1/frame/${keys.sitekey}`, { headers: { referer } })).ok);
  return keys;
}

for (const vendor of /** @type {VendorName[]} */ (Object.keys(LOADERS))) {
  const table = parse(readFileSync(join(ROOT, 'tests', 'contract', `${vendor}.toml`), 'utf8'));
  for (const row of /** @type {Row[]} */ (/** @type {unknown} */ (table.page))) {
    test(row.id, async (t) => {
      const keys = row.site ? await made(row.site) : {};
      if (row.sitekey) keys.sitekey = row.sitekey;
      if (row.secret) keys.secret = row.secret;
      const needsClock = row.steps.some(([verb]) => verb === 'forward' || verb === 'pass');
      const { page, context, field, verify } = await openVendorPage(t, own, vendor, html(vendor, row), {
        keys,
        context: { colorScheme: row.dark ? 'dark' : 'light' },
        prepare: async (opened) => {
          if (needsClock) await opened.clock.install();
          for (const name of row.without ?? []) await opened.addInitScript(`delete globalThis.${name}`);
        },
      });
      const frame = page.frameLocator('iframe').first();
      /** @param {string} text @param {() => Promise<unknown>} ask @param {string} wanted */
      const same = async (text, ask, wanted) => {
        let last = '';
        const is = async () => {
          last = String(await ask().catch((error) => error));
          return last === wanted;
        };
        await until(text, is, 20_000).catch(() => assert.equal(last, wanted, text));
      };
      let token = '';
      /** @type {any} */
      let verdict;
      /** @type {Record<string, (...words: string[]) => Promise<unknown>>} */
      const verbs = {
        type: () => page.getByLabel('Name').pressSequentially('Kim'),
        ready: () => frame.locator('html[data-state]').waitFor({ state: 'attached' }),
        press: (selector) => page.locator(selector).click(),
        confirm: () => frame.locator('#b').click(),
        key: (name) => frame.locator('#b').press(name),
        time: async () => console.log(`${row.id}: ${await page.evaluate('Math.round(performance.now())')} ms after the navigation began`),
        offline: () => context.setOffline(true),
        pass: (milliseconds) => page.clock.runFor(Number(milliseconds)),
        forward: (milliseconds) => page.clock.fastForward(Number(milliseconds)),
        run: (expression) => page.evaluate(expression),
        field: async (name) => (token = await field(name)),
        see: (expression, wanted) => same(expression, () => page.evaluate(expression), wanted),
        frame: (expression, wanted) =>
          same(expression, async () => page.frames().find((inner) => inner.url().includes('/v1/frame/'))?.evaluate(expression), wanted),
        verify: async (name, wanted) => {
          verdict ??= await verify(token);
          assert.equal(JSON.stringify(verdict[name]), wanted, JSON.stringify(verdict));
        },
      };
      for (const [verb, ...words] of row.steps) {
        assert.ok(verbs[verb], verb);
        await verbs[verb](...words);
      }
    });
  }
}
