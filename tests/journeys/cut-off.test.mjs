// What a visitor sees when part of the widget cannot be fetched: one row for each file of the build
// and each moment at which a browser fetches it, in Chromium; the worst cases in every engine. In
// each, the widget says that there is no connection, tells the page, throws no error, and continues
// by itself once there is one. The edge is simulated on the network, where it can be cut off.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { launchShell } from '../support/browsers.mjs';
import { HALF, playEdge } from '../../widget/test/play-edge.mjs';
import { ROOT } from '../support/stack.mjs';
import { accessible } from './axe.mjs';
import { openEngine, openPage, PICTURES, until } from '../support/stage.mjs';

const AT_ONCE = 4;

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  browser = await launchShell();
});
after(() => browser?.close());

/**
 * @typedef {'start' | 'solving' | 'picture' | 'answer' | 'way' | 'renewal'} Moment when it is cut off: as the page
 * opens, as the check begins, as a picture is requested, answered or exchanged for another way, as a token is renewed
 * @typedef {object} Row
 * @property {Moment} at
 * @property {boolean} [half] the answer breaks off halfway
 * @property {string} [lang] of the page
 * @property {boolean} [bare] the browser has no WebAssembly
 */

/** When and by whom the browser fetches each file. @type {[RegExp, Record<string, Row>][]} */
const FILES = [
  [/^_frame\.html$/, { 'as the page opens': { at: 'start' }, 'half of it': { at: 'start', half: true } }],
  [/^frame\.js$/, {
    'as the page opens': { at: 'start' },
    'half of it': { at: 'start', half: true },
    'as the workers begin': { at: 'solving' },
    'half of it as the workers begin': { at: 'solving', half: true },
  }],
  [/^widget\.wasm$/, { 'as the page opens': { at: 'start' }, 'half of it': { at: 'start', half: true } }],
  [/^fallback\.js$/, {
    'as the page opens': { at: 'start', bare: true },
    'half of it': { at: 'start', half: true, bare: true },
    'as the workers begin': { at: 'solving', bare: true },
  }],
  [/^picture\.(?:js|css)$/, { 'as a picture is asked': { at: 'picture' }, 'half of it': { at: 'picture', half: true } }],
  [/^picture-(?<lang>[\w-]+)\.json$/, { 'as a picture is asked': { at: 'picture' } }],
  [/^(?<lang>[\w-]+)\.json$/, { 'as the page opens': { at: 'start' } }],
];

/** The edge's answers that are not files. @type {Record<string, Record<string, Row>>} */
const ANSWERS = {
  '/v1/challenges': { 'as the check begins': { at: 'solving' }, 'half of it': { at: 'solving', half: true } },
  '/v1/solutions': {
    'as the solution is sent': { at: 'solving' },
    'half of it': { at: 'solving', half: true },
    'as a picture is answered': { at: 'answer' },
    'half of it as a picture is answered': { at: 'answer', half: true },
    'as another way is asked': { at: 'way' },
  },
  '/v1/pictures/': { 'as a picture is asked': { at: 'picture' }, 'half of it': { at: 'picture', half: true } },
  // All together.
  '/': {
    'as the page opens': { at: 'start' },
    'as the check begins': { at: 'solving' },
    'as a picture is asked': { at: 'picture' },
    'as a picture is answered': { at: 'answer' },
    'as another way is asked': { at: 'way' },
    'as a token is renewed': { at: 'renewal' },
  },
};

/** Files of the build, by the path that a browser asks for. @type {[string, string][]} */
const BUILT = [
  ['_frame.html', '/v1/frame/'],
  // That of the page of clearance is no part of the widget.
  ...readdirSync(join(ROOT, 'dist/assets')).filter((name) => !name.startsWith('clearance.')).sort().map((name) => /** @type {[string, string]} */ ([name.replace(/\.\w{8}\./, '.'), `/assets/${name}`])),
];

/** @type {[string, string, Row][]} */
const rows = [];
for (const [name, path] of BUILT) {
  for (const [pattern, moments] of FILES.filter(([known]) => known.test(name)).slice(0, 1))
    for (const [moment, row] of Object.entries(moments)) rows.push([`${name}, ${moment}`, path, { ...row, ...pattern.exec(name)?.groups }]);
}
for (const [path, moments] of Object.entries(ANSWERS))
  for (const [moment, row] of Object.entries(moments)) rows.push([`${path === '/' ? 'everything' : path}, ${moment}`, path, row]);

test('every file of the widget has its rows', () => {
  const without = BUILT.filter(([name]) => !rows.some(([row]) => row.startsWith(`${name}, `)));
  assert.deepEqual(without, [], 'FILES has to say when a browser fetches these');
});

/** What the widget says in a language. @param {string} lang */
const words = (lang) => JSON.parse(readFileSync(join(ROOT, 'widget/locales', `${lang}.json`), 'utf8'));

const FORM = `<form><label>Name <input name="name"></label>
  <div class="munjigi" data-sitekey="mj_test" data-error-callback="failed"></div><button>Send</button></form>`;
const NOTED = `globalThis.heard = []; globalThis.failed = (code) => { heard.push(code); return true; };`;

/**
 * Opens a page, and returns how to cut a path off.
 * @param {import('node:test').TestContext} t
 * @param {string} path
 * @param {Row} row
 */
async function open(t, path, { at, half = false, lang = 'en', bare = false }) {
  const pictured = at === 'picture' || at === 'answer' || at === 'way';
  const edge = await playEdge(t, { type: pictured ? 'grid' : '', mode: pictured ? 'interactive' : 'managed' });
  const served = await openPage(t, edge, FORM, { lang, dir: ['ar', 'he'].includes(lang) ? 'rtl' : 'ltr' });
  let met = 0;
  const cutOff = () => {
    edge.script.cut = (/** @type {string} */ wanted) => {
      if (!wanted.startsWith(path) || wanted.endsWith('/api.js')) return false;
      met += 1;
      return half ? HALF : true;
    };
  };
  if (at === 'start') cutOff();
  const context = await browser.newContext({ viewport: { width: 720, height: 900 }, reducedMotion: 'reduce' });
  t.after(() => context.close());
  await context.addInitScript(bare ? `${NOTED} delete globalThis.WebAssembly;` : NOTED);
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(served.url);
  const frame = page.frameLocator('iframe').first();
  const panel = frame.locator('[data-place] section:not([hidden])');
  const state = (/** @type {string} */ name) => frame.locator(`html[data-state=${name}]`).waitFor({ state: 'attached' });
  const pictureIsThere = () => panel.locator('.veil[hidden]').waitFor({ state: 'attached' });
  const answer = async () => {
    await panel.getByRole('checkbox').nth(4).click();
    await panel.locator('.confirm').click();
  };
  const token = (/** @type {string} */ before = '') =>
    until('a token', async () => {
      const value = await page.locator('[name="munjigi-response"]').inputValue();
      return value !== before && value;
    });
  const heard = () => page.evaluate('heard');
  return { edge, page, served, errors, frame, panel, state, pictureIsThere, answer, token, heard, cutOff, met: () => met };
}

/** @typedef {Awaited<ReturnType<typeof open>>} Visit */

/**
 * What leads to the moment, and what is then cut off.
 * @type {Record<Moment, (visit: Visit) => Promise<unknown>>}
 */
const TO = {
  start: async () => {},
  solving: async ({ page, state, cutOff }) => {
    await state('idle');
    cutOff();
    await page.locator('[name=name]').focus();
  },
  picture: async ({ frame, state, cutOff }) => {
    await state('idle');
    cutOff();
    await frame.locator('#b').click();
  },
  answer: async ({ frame, pictureIsThere, answer, cutOff }) => {
    await frame.locator('#b').click();
    await pictureIsThere();
    cutOff();
    await answer();
  },
  way: async ({ frame, panel, pictureIsThere, cutOff }) => {
    await frame.locator('#b').click();
    await pictureIsThere();
    cutOff();
    await panel.getByRole('button', { name: 'Another way' }).click();
  },
  renewal: async ({ page, token, cutOff }) => {
    await page.locator('[name=name]').focus();
    await token();
    cutOff();
    await page.evaluate('munjigi.execute()');
  },
};

/**
 * What the visitor still has to do once there is a connection.
 * @type {Record<Moment, (visit: Visit) => Promise<unknown>>}
 */
const ON = {
  start: async ({ page, state }) => {
    await state('idle');
    await page.locator('[name=name]').focus();
  },
  solving: async () => {},
  picture: async ({ pictureIsThere, answer }) => {
    await pictureIsThere();
    await answer();
  },
  answer: async () => {},
  way: async () => {},
  renewal: async () => {},
};

describe('cut off', { concurrency: AT_ONCE }, () => {
  for (const [name, path, row] of rows) {
    test(name, async (t) => {
      const { at, lang = 'en' } = row;
      const visit = await open(t, path, row);
      const { edge, page, served, errors, frame, state, token, heard, met } = visit;
      await TO[at](visit);
      let says = '';
      let old = '';
      if (at === 'start') {
        const notice = page.getByRole('alert').getByRole('button');
        await notice.waitFor();
        says = await notice.innerText();
        const { offline } = words(lang);
        assert.ok(offline.startsWith(says.split(' ↻')[0]), says);
        const { width, height } = /** @type {any} */ (await notice.boundingBox());
        assert.deepEqual([width, height], [300, 65]);
        assert.equal(await page.locator('iframe').isVisible(), false);
      } else if (at === 'renewal') {
        // Nothing is reported while the token is still valid.
        await until('a second try', async () => met() > 1);
        says = await frame.locator('#t').innerText();
        assert.equal(says, words(lang).passed);
        old = await token();
      } else {
        await state('offline');
        says = await frame.locator('#t').innerText();
        assert.match(says, new RegExp(words(lang).offline.replace('{n}', '\\d')));
      }
      if (at !== 'renewal') assert.ok((await until('a word to the page', heard)).every((/** @type {string} */ code) => code === 'offline'));
      const begun = performance.now();
      edge.script.cut = undefined;
      await ON[at](visit);
      await token(old);
      await state('passed');
      const passed = Math.round(performance.now() - begun);
      assert.equal(await page.getByRole('alert').count(), 0);
      assert.ok((await heard()).every((/** @type {string} */ code) => code === 'offline'));
      assert.deepEqual([errors, edge.faults, served.reports], [[], [], []]);
      console.log(`${name}: "${says}", passed ${passed} ms after`);
    });
  }
});

const LOOKS = /** @type {[string, string, any][]} */ ([
  ['light', '', {}],
  ['dark', '', { colorScheme: 'dark' }],
  ['dark-by-option', 'data-theme="dark"', {}],
  ['compact', 'data-size="compact"', {}],
  ['flexible', 'data-size="flexible"', {}],
  ['korean', 'data-language="ko"', {}],
  ['arabic', 'data-language="ar"', {}],
  ['interaction-only', 'data-appearance="interaction-only"', {}],
  ['retry-never', 'data-retry="never"', {}],
  ['forced-colors', '', { forcedColors: 'active' }],
]);
for (const [name, more, wanted] of LOOKS) {
  test(`it looks right without its frame: ${name}`, async (t) => {
    const lang = /data-language="(\w+)"/.exec(more)?.[1] ?? 'en';
    const edge = await playEdge(t, { type: '', cut: (/** @type {string} */ path) => !path.endsWith('/api.js') });
    const form = FORM.replace('class=', `${more} class=`);
    const served = await openPage(t, edge, form, { lang, dir: lang === 'ar' ? 'rtl' : 'ltr' });
    const context = await browser.newContext({ viewport: { width: 480, height: 320 }, reducedMotion: 'reduce', ...wanted });
    t.after(() => context.close());
    await context.addInitScript(NOTED);
    const page = await context.newPage();
    await page.goto(served.url);
    const notice = page.getByRole('alert').getByRole('button');
    await notice.waitFor();
    await page.screenshot({ path: join(PICTURES, `${name}-cut-off.png`) });
    await accessible(page, { withoutFrames: true });
    // A press retries at once, counts as an interaction with the form, and leaves the focus in the
    // widget.
    edge.script.cut = undefined;
    await notice.press('Enter');
    await page.frameLocator('iframe').locator('html[data-state=passed]').waitFor({ state: 'attached' });
    assert.equal(await notice.count(), 0);
    if (!more.includes('interaction-only')) assert.equal(await page.evaluate('document.activeElement.tagName'), 'IFRAME');
    assert.deepEqual(served.reports, []);
  });
}

test('what an edge answers that is no frame is told as no connection too', async (t) => {
  const edge = await playEdge(t, { type: '' });
  const served = await openPage(t, edge, FORM);
  const context = await browser.newContext();
  t.after(() => context.close());
  await context.addInitScript(NOTED);
  const page = await context.newPage();
  await context.route('**/v1/frame/**', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"code":"unavailable"}' }));
  await page.goto(served.url);
  await page.getByRole('alert').getByRole('button').waitFor();
  assert.deepEqual(await page.evaluate('heard'), ['offline']);
  await context.unroute('**/v1/frame/**');
  await page.frameLocator('iframe').locator('html[data-state=idle]').waitFor({ state: 'attached' });
});

/** What a page can report in every engine. */
const TOLD = {
  notice: `document.querySelector('[role=alert] button')?.textContent`,
  token: `document.querySelector('[name="munjigi-response"]')?.value`,
  heard: `globalThis.heard.length && globalThis.heard`,
};
const LISTEN = `(globalThis.heard = [], globalThis.failed = (code) => (heard.push(code), true), globalThis.errors = [],
  addEventListener('error', ({ message }) => errors.push(message)),
  addEventListener('unhandledrejection', ({ reason }) => errors.push(String(reason))), true)`;
const TOUCH = `(document.querySelector('[name=name]').focus(), true)`;

for (const engine of /** @type {const} */ (['chromium', 'firefox', 'webkit'])) {
  test(`cut off in ${engine}`, async (t) => {
    const opened = await openEngine(t, engine);
    if (!opened) return;
    const edge = await playEdge(t, { type: '' });
    const worst = BUILT.filter(([name]) => /^(?:_frame\.html|frame\.js|widget\.wasm|en\.json)$/.test(name));
    for (const [name, path] of /** @type {[string, string][]} */ ([...worst, ['everything', '/']])) {
      edge.script.cut = (/** @type {string} */ wanted) => wanted.startsWith(path) && !wanted.endsWith('/api.js');
      const served = await openPage(t, edge, FORM);
      await opened.goto(served.url);
      await opened.evaluate(LISTEN);
      const says = await until(`${name}: a notice`, () => opened.evaluate(TOLD.notice), 60_000);
      edge.script.cut = undefined;
      await until(`${name}: no notice`, async () => !(await opened.evaluate(TOLD.notice)), 60_000);
      await opened.evaluate(TOUCH);
      await until(`${name}: a token`, () => opened.evaluate(TOLD.token), 60_000);
      assert.deepEqual([await opened.evaluate('errors'), edge.faults], [[], []], name);
      console.log(`${opened.version}, ${name}: "${says}"`);
    }
    let fetched = 0;
    edge.script.cut = (/** @type {string} */ wanted) => /\/frame\.\w+\.js$/.test(wanted) && (fetched += 1) > 1;
    const served = await openPage(t, edge, FORM);
    await opened.goto(served.url);
    await opened.evaluate(LISTEN);
    await opened.evaluate(TOUCH);
    const heard = await until('a word to the page', () => opened.evaluate(TOLD.heard), 60_000);
    edge.script.cut = undefined;
    await until('a token', () => opened.evaluate(TOLD.token), 60_000);
    assert.deepEqual([new Set(heard), await opened.evaluate('errors'), edge.faults], [new Set(['offline']), [], []]);
    console.log(`${opened.version}, the workers' script: ${heard[0]}`);
  });
}
