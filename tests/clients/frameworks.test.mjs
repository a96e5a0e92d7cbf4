// The widget on pages that frameworks change, in Chromium: views that come and go, pages that are
// swapped or restored as HTML, and HTML that is morphed. Each change is repeated ten times.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { build } from 'esbuild';
import { compile } from 'svelte/compiler';
import { ROOT } from '../support/stack.mjs';
import { theatre } from '../support/people.mjs';
import { LITTLE_WORK, siteverify, until } from '../support/stage.mjs';
import { pinned } from './pins.mjs';

const ROUNDS = 10;

const own = theatre('frameworks', { edge: 'workerd', stack: LITTLE_WORK });
before(() => own.open());
after(() => own.close());

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {Awaited<ReturnType<typeof openSite>>} Site */
/**
 * @typedef {object} Change something that is done to the page again and again
 * @property {string} name
 * @property {(page: Page, round: number) => Promise<void>} round ends where the widget is due on the page
 * @property {boolean} [local] whether the server must not be asked
 * @property {boolean} [keepsField] whether the text field stays where it is, with the focus
 */

/** Compiles what esbuild cannot. @type {import('esbuild').Plugin} */
const svelte = {
  name: 'svelte',
  setup: ({ onLoad }) => onLoad({ filter: /\.svelte$/ }, async ({ path: filename }) => {
    const { js } = compile(await readFile(filename, 'utf8'), { filename, generate: 'client' });
    return { contents: js.code };
  }),
};

/** A framework's page as one script. @param {string} name */
async function bundle(name) {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'tests/clients/browser/frameworks', `${name}.mjs`)],
    bundle: true,
    write: false,
    format: 'iife',
    conditions: ['browser', 'svelte'],
    plugins: [svelte],
    // React's strict mode does nothing in production.
    define: { 'process.env.NODE_ENV': '"development"' },
  });
  return outputFiles[0]?.text ?? '';
}

/** The form, as a server renders it. @param {string} [more] */
const form = (more = '') => `<form x-data><label>Name <input name="who"></label>
  <div class="munjigi" data-sitekey="${own.stage.site.sitekey}"></div>${more}</form>`;

/**
 * A site whose page draws its widgets itself, or has them in its HTML.
 * @param {import('node:test').TestContext} t
 * @param {string} name
 * @param {boolean} drawsItself
 */
async function openSite(t, name, drawsItself) {
  const script = await bundle(name);
  const { edge, site } = own.stage;
  const head = `<meta charset="utf-8"><title>A form</title>
    <meta name="turbo-refresh-method" content="morph"><meta name="turbo-prefetch" content="false">`;
  const links = '<nav><a href="/form" hx-boost="true">Form</a> <a href="/other" hx-boost="true">Other</a></nav>';
  const api = `<script src="${edge}/v1/api.js"></script>`;
  /** @type {Record<string, string>} */
  const bodies = drawsItself ? {
    '/form': `<head>${head}${api}</head><body data-sitekey="${site.sitekey}"><div id="place"></div><script src="/page.js"></script>`,
  } : {
    // Where bodies are swapped, their scripts run again.
    '/form': `<head>${head}<script src="/page.js" defer></script></head><body>${links}${form()}${api}`,
    '/other': `<head>${head}<script src="/page.js" defer></script></head><body>${links}<p>Another page</p>${api}`,
  };
  const served = { pages: 0 };
  const server = createServer(({ url = '' }, response) => {
    if (url === '/page.js') return response.setHeader('content-type', 'text/javascript').end(script);
    const body = bodies[url];
    if (!body) return response.writeHead(404).end();
    served.pages++;
    return response.setHeader('content-type', 'text/html; charset=utf-8').end(`<!doctype html><html lang="en">${body}</body></html>`);
  });
  const port = await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(/** @type {any} */ (server.address()).port));
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://localhost:${port}/form`, served };
}

/** Counts listeners on window and document by type, as the browser does: a repeated one once. */
function countListeners() {
  /** @typedef {Map<unknown, Set<string>>} Listeners */
  const all = new Map(/** @type {[EventTarget, Listeners][]} */ ([[window, new Map()], [document, new Map()]]));
  /** @param {any} options */
  const key = (/** @type {string} */ type, options) => `${type} ${Boolean(typeof options === 'object' ? options?.capture : options)}`;
  const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    const of = all.get(this ?? window);
    const isLasting = typeof options !== 'object' || !(options?.once || options?.signal);
    if (of && listener && isLasting) of.set(listener, (of.get(listener) ?? new Set()).add(key(type, options)));
    return add.call(this ?? window, type, listener, options);
  };
  EventTarget.prototype.removeEventListener = function (type, listener, options) {
    all.get(this ?? window)?.get(listener)?.delete(key(type, options));
    return remove.call(this ?? window, type, listener, options);
  };
  Object.assign(window, {
    listeners: () => {
      /** @type {Record<string, number>} */
      const counts = {};
      for (const of of all.values())
        for (const types of of.values())
          for (const type of types) counts[type] = (counts[type] ?? 0) + 1;
      return counts;
    },
  });
}

/** How many frames and fields the document has, and each form. @param {Page} page */
const counts = (page) => page.evaluate(() => {
  const of = (/** @type {ParentNode} */ node) =>
    ['iframe', '[name=munjigi-response]'].map((what) => node.querySelectorAll(what).length);
  return { document: of(document), forms: [...document.forms].map(of) };
});

/** @param {number} widgets */
const oneEach = (widgets) => ({ document: [widgets, widgets], forms: Array.from({ length: widgets }, () => [1, 1]) });

/** Waits until there is nothing of the widget on the page. @param {Page} page */
const gone = (page) => until('a page without widget', async () => {
  const { document } = await counts(page);
  return document.every((count) => count === 0);
});

/** Waits until each widget shows its text, and has no token. @param {Page} page @param {number} widgets */
async function drawn(page, widgets) {
  await until('as many frames as widgets', async () => (await counts(page)).document[0] === widgets);
  for (let nth = 0; nth < widgets; nth++)
    await page.frameLocator(`iframe >> nth=${nth}`).locator('#t', { hasText: 'Confirm you are human' }).waitFor();
  assert.deepEqual(await counts(page), oneEach(widgets));
  const tokens = `[...document.querySelectorAll('[name=munjigi-response]')].map(({ value }) => value)`;
  assert.deepEqual(await page.evaluate(tokens), Array(widgets).fill(''));
}

/** The text field of a form. @param {Page} page @param {number} nth */
const textField = (page, nth) => page.locator('form').nth(nth).locator('[name=who]');

/** Watches whether the text field loses the focus. @param {Page} page @param {number} nth */
const watchFocus = (page, nth) => textField(page, nth).evaluate((field) => {
  Object.assign(window, { watched: field, lost: 0 });
  field.addEventListener('blur', () => /** @type {any} */ (window).lost++);
});

/** Types, waits for the token, and has it verified. @param {Page} page @param {number} nth */
async function typeAndPass(page, nth) {
  await page.keyboard.type('kim');
  const token = await until('a token', () => page.locator('form').nth(nth).locator('[name=munjigi-response]').inputValue());
  assert.deepEqual(await page.evaluate('[document.activeElement === watched, watched.isConnected, lost]'), [true, true, 0]);
  assert.match(await textField(page, nth).inputValue(), /kim$/);
  assert.equal((await siteverify(own.stage, token)).success, true);
  assert.equal((await siteverify(own.stage, token)).success, false);
}

/**
 * One round of a change. The server hears nothing of those that are local.
 * @param {Page} page @param {Site} site @param {Change} change @param {number} round
 */
async function go(page, site, change, round) {
  const { pages } = site.served;
  await change.round(page, round);
  if (change.local) assert.equal(site.served.pages, pages, change.name);
}

/**
 * Repeats a change, passes in each form, and changes the page once more under the visitor.
 * @param {Page} page @param {Site} site @param {Change} change @param {number} widgets
 */
async function endure(page, site, change, widgets) {
  /** @type {any} */
  let early;
  // A visitor who is in the form has the check start as soon as the widget is drawn.
  await page.evaluate('document.activeElement.blur()');
  for (let round = 1; round <= ROUNDS; round++) {
    await go(page, site, change, round);
    await drawn(page, widgets);
    if (round === 2) early = await page.evaluate('listeners()');
  }
  assert.ok(early['message false'] > 0 && early['submit true'] > 0 && early['pageshow true'] > 0);
  assert.deepEqual(await page.evaluate('listeners()'), early, change.name);

  for (let nth = 0; nth < widgets; nth++) {
    await textField(page, nth).focus();
    await watchFocus(page, nth);
    await typeAndPass(page, nth);
  }
  assert.deepEqual(await counts(page), oneEach(widgets));

  // The frame waits until the visitor is in the form.
  /** @type {() => void} */
  let release = () => {};
  const released = new Promise((resolve) => (release = () => resolve(undefined)));
  const frames = `${own.stage.edge}/v1/frame/**`;
  let held = 0;
  await page.route(frames, async (route) => {
    held++;
    await released;
    await route.continue();
  });
  if (change.keepsField) await watchFocus(page, widgets - 1);
  await go(page, site, change, ROUNDS + 1);
  await until('the frames', async () => held >= widgets);
  if (!change.keepsField) {
    await textField(page, widgets - 1).focus();
    await watchFocus(page, widgets - 1);
  }
  release();
  await typeAndPass(page, widgets - 1);
  await page.unroute(frames);
  assert.deepEqual(await counts(page), oneEach(widgets));
}

/** A view is taken off the page and comes back. @type {Change['round']} */
async function toggle(page) {
  await page.evaluate('show(false)');
  await gone(page);
  await page.evaluate('show(true)');
}

/** The page draws itself again while the widget is there. @type {Change['round']} */
async function drawAgain(page, round) {
  await page.evaluate(`document.querySelectorAll('iframe').forEach((frame) => { frame.mark = ${round}; })`);
  const before = await page.locator('output').first().textContent();
  await page.evaluate('again()');
  await until('the page drawn again', async () => (await page.locator('output').first().textContent()) !== before);
  const marks = `[...document.querySelectorAll('iframe')].map(({ mark }) => mark)`;
  assert.deepEqual(await page.evaluate(marks), [round, round]);
}

/** @type {Change['round']} */
async function toggleAndDrawAgain(page, round) {
  await toggle(page, round);
  await until('as many frames as widgets', async () => (await counts(page)).document[0] === 2);
  await drawAgain(page, round);
}

/** To the other page by its link and back by the form's. @type {Change['round']} */
async function visit(page) {
  await page.locator('a', { hasText: 'Other' }).click();
  await page.locator('p', { hasText: 'Another page' }).waitFor();
  await gone(page);
  await page.locator('a', { hasText: 'Form' }).click();
  await page.locator('form').waitFor();
  // Turbo shows a page as it was before, and then puts the one that it fetched in its place.
  await page.locator('html:not([aria-busy]):not([data-turbo-preview])').waitFor({ state: 'attached' });
}

/** Back to the other page, and forward to the form. @type {Change['round']} */
async function backAndForward(page) {
  await page.goBack();
  await page.locator('p', { hasText: 'Another page' }).waitFor();
  await gone(page);
  await page.goForward();
  await page.locator('form').waitFor();
}

/** The same page again, morphed into what is there. @type {Change['round']} */
async function refresh(page) {
  const before = await page.evaluate(`(document.querySelector('iframe').id = 'before', morphs)`);
  await page.evaluate('Turbo.session.refresh(document.baseURI)');
  await until('the morph', () => page.evaluate(`morphs > ${before} && !document.querySelector('#before')`));
}

/** The form as the server has it now, in which the widget's element is empty. @type {Change['round']} */
async function morph(page, round) {
  const html = form(`<output>${round}</output>`);
  await page.evaluate((to) => {
    /** @type {any} */ (document.querySelector('iframe')).id = 'before';
    const key = (/** @type {Element} */ element) => element.id;
    /** @type {any} */ (window).Alpine.morph(document.forms[0], to, { lookahead: true, key });
  }, html);
  await page.locator('output', { hasText: String(round) }).waitFor();
  await until('another frame', async () => (await page.locator('#before').count()) === 0);
}

/** @type {Change} */
const VISITS = { name: 'visits', round: visit };
/** @type {Change} */
const HISTORY = { name: 'back and forward', round: backAndForward, local: true };

/** Bundle, package, how many widgets its page has if a script draws them all or else 0, and what changes. */
const FRAMEWORKS = /** @type {[string, string, number, Change[]][]} */ ([
  ['react', 'react', 2, [
    { name: 'a component that comes and goes', round: toggleAndDrawAgain, local: true, keepsField: true },
  ]],
  ['vue', 'vue', 2, [{ name: 'views that are kept', round: toggle, local: true }]],
  ['svelte', 'svelte', 2, [{ name: 'a block', round: toggle, local: true, keepsField: true }]],
  ['htmx', 'htmx.org', 0, [VISITS, HISTORY]],
  ['htmx-2', 'htmx-2', 0, [VISITS, HISTORY]],
  ['turbo', '@hotwired/turbo', 0, [VISITS, HISTORY, { name: 'refreshes', round: refresh, keepsField: true }]],
  ['alpine', '@alpinejs/morph', 0, [{ name: 'morphs', round: morph, local: true, keepsField: true }]],
]);

for (const [name, of, byScript, changes] of FRAMEWORKS)
  test(`own: ${pinned('Node', of).replace(/^.* npm:(.*)@/, '$1 ')} (browser)`, async (t) => {
    const site = await openSite(t, name, byScript > 0);
    const context = await own.browser.newContext();
    t.after(() => context.close());
    await context.addInitScript(countListeners);
    const page = await context.newPage();
    /** @type {string[]} */
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error.stack)));
    page.on('console', (message) => message.text().includes('Munjigi') && errors.push(message.text()));
    await page.goto(site.url);
    const widgets = byScript || 1;
    await drawn(page, widgets);
    for (const change of changes) await endure(page, site, change, widgets);
    assert.deepEqual(errors, []);
  });
