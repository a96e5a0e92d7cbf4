// The widget as visitors see it, in Chromium: its states, its keyboard, what goes wrong and what it
// says then.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { AS_PERSON, launchShell } from '../support/browsers.mjs';
import { accessible } from './axe.mjs';
import { bodiesOf, isListed } from './listed.mjs';
import { SCHEMES, shown } from './screenshots.mjs';
import { munjigi, openPage, openShop, openStage, PICTURES, siteverify, until } from '../support/stage.mjs';

/** @type {any} */
let stage;
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {(() => unknown)[]} */
const closing = [];
before(async () => {
  const context = { name: 'widget', after: (/** @type {() => unknown} */ close) => closing.push(close) };
  // Long enough to be looked at.
  stage = await openStage(/** @type {any} */ (context), 'workerd', ['--work-floor', '10000']);
  // A browser that says it is automated gets sixteen times the work; these visits are of people.
  browser = await launchShell([AS_PERSON]);
});
after(async () => {
  await browser?.close();
  for (const close of closing) await close();
});

const DIV = (/** @type {string} */ more = '', sitekey = stage.site.sitekey) =>
  `<div class="munjigi" data-sitekey="${sitekey}" ${more}></div>`;
const FORM = (/** @type {string} */ more = '', sitekey = stage.site.sitekey) =>
  `<form><label>Name <input name="name"></label>${DIV(more, sitekey)}<button>Send</button></form>`;

/**
 * Opens a page of a customer.
 * @param {import('node:test').TestContext} t
 * @param {string} body
 * @param {any} [options]
 */
async function visit(t, body, options = {}) {
  const served = await openPage(t, stage, body, options);
  const context = await browser.newContext(options.context ?? {});
  t.after(() => context.close());
  const page = await context.newPage();
  /** @type {string[]} */
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  if (options.prepare) await options.prepare(context, page);
  const bodies = bodiesOf(page);
  await page.goto(served.url.replace('localhost', options.host ?? 'localhost'));
  const frame = page.frameLocator('iframe').first();
  return { page, frame, context, served, faults, bodies };
}

const token = (/** @type {import('playwright-core').Page} */ page, name = 'munjigi-response') =>
  until('a token', () => page.locator(`[name="${name}"]`).first().inputValue(), 60_000);

test('focus in the form starts it, and it passes with true progress', async (t) => {
  const { page, frame, served, faults } = await visit(t, FORM('data-action="signup" data-cdata="order 17"'));
  await frame.locator('#t', { hasText: 'Confirm you are human' }).waitFor();
  await accessible(page);
  /** @type {Set<number>} */
  const seen = new Set();
  await page.locator('[name=name]').focus();
  const found = await until('a token', async () => {
    const now = await frame.locator('#p').getAttribute('aria-valuenow').catch(() => null);
    if (now !== null) seen.add(Number(now));
    return page.locator('[name=munjigi-response]').inputValue();
  }, 60_000);
  await frame.locator('#t', { hasText: 'Confirmed' }).waitFor();
  await accessible(page);
  assert.ok([...seen].some((percent) => percent > 0 && percent < 100), `progress seen: ${[...seen]}`);
  const reply = await siteverify(stage, found);
  assert.equal(reply.success, true, JSON.stringify(reply));
  assert.equal(reply.action, 'signup');
  assert.equal(reply.cdata, 'order 17');
  assert.equal(reply.hostname, 'localhost');
  assert.ok(Math.abs(Date.parse(reply.challenge_ts) - Date.now()) < 60_000);
  assert.deepEqual(served.reports, []);
  assert.deepEqual(faults, []);
});

test('the keyboard alone: focus on the widget is enough', async (t) => {
  const { page, frame } = await visit(t, DIV());
  await frame.locator('#t', { hasText: 'Confirm you are human' }).waitFor();
  await page.keyboard.press('Tab');
  assert.match(await token(page), /^mj1\./);
});

test('the keyboard alone: on a site that waits for a click, the space bar starts the check', async (t) => {
  const words = ['site', 'add', 'Click', '--host', 'localhost', '--allow-loopback', '--mode', 'interactive', '--json'];
  const { sitekey } = JSON.parse(await munjigi(stage, words));
  await until('the site', async () => (await fetch(`${stage.edge}/v1/frame/${sitekey}`)).ok);
  const { page, frame } = await visit(t, FORM('', sitekey));
  await frame.locator('#t', { hasText: 'Confirm you are human' }).waitFor();
  await page.locator('[name=name]').focus();
  await page.keyboard.press('Tab');
  await until('focus on the control', () => frame.locator('#b').evaluate((b) => b === document.activeElement));
  await page.screenshot({ path: join(PICTURES, 'focus.png') });
  assert.equal(await page.locator('[name=munjigi-response]').inputValue().catch(() => ''), '');
  await page.keyboard.press('Space');
  assert.match(await token(page), /^mj1\./);
});

test('two widgets on a page have a token each', async (t) => {
  const { page } = await visit(t, FORM() + FORM('data-response-field-name="second"'));
  await page.locator('[name=name]').first().focus();
  const first = await token(page);
  assert.equal(await page.locator('[name=second]').inputValue().catch(() => ''), '');
  await page.locator('[name=name]').nth(1).focus();
  const second = await token(page, 'second');
  assert.notEqual(first, second);
  for (const each of [first, second]) assert.equal((await siteverify(stage, each)).success, true);
});

test('widgets come and go in a single-page application without a trace', async (t) => {
  const { page } = await visit(t, '<div id="root"></div>');
  for (let round = 0; round < 3; round += 1) {
    await page.evaluate((html) => void (/** @type {Element} */ (document.querySelector('#root')).innerHTML = html), FORM());
    await page.frameLocator('iframe').locator('#t', { hasText: 'Confirm' }).waitFor();
    await page.evaluate(() => void (/** @type {Element} */ (document.querySelector('#root')).innerHTML = ''));
    await until('no frame', async () => (await page.locator('iframe').count()) === 0);
  }
  await until('no frame of ours', async () => page.frames().length === 1);
});

test('an expired confirmation says so, empties the field, and is renewed by the button', async (t) => {
  const { page, frame } = await visit(t, FORM('data-refresh-expired="manual"'), {
    prepare: (/** @type {any} */ context) => context.clock.install(),
  });
  await frame.locator('#t', { hasText: 'Confirm' }).waitFor();
  await page.locator('[name=name]').focus();
  const first = await token(page);
  await page.clock.fastForward(301_000);
  await frame.locator('#t', { hasText: 'expired' }).waitFor();
  assert.equal(await page.locator('[name=munjigi-response]').inputValue().catch(() => ''), '');
  await accessible(page);
  await page.screenshot({ path: join(PICTURES, 'expired.png') });
  await frame.locator('#b').press('Enter');
  const second = await until('another token', async () => {
    const value = await page.locator('[name=munjigi-response]').inputValue().catch(() => '');
    return value !== first && value;
  });
  assert.equal((await siteverify(stage, second)).success, true);
});

test('a page on a host that is not the site’s is told apart', async (t) => {
  const made = await munjigi(stage, ['site', 'add', '--name', 'Elsewhere', '--host', 'shop.example', '--json']);
  const { sitekey } = JSON.parse(made);
  const served = await until('the site', async () => {
    const answer = await fetch(`${stage.edge}/v1/frame/${sitekey}`, { headers: { referer: 'https://shop.example/' } });
    return answer.ok;
  });
  assert.ok(served);
  const { page, frame } = await visit(t, FORM('', sitekey));
  await frame.locator('#t', { hasText: 'not set up correctly' }).waitFor();
  assert.match(await frame.locator('#h').innerText(), /hostname-not-allowed/);
  await accessible(page);
  await page.screenshot({ path: join(PICTURES, 'misconfigured.png') });
  const help = await frame.locator('#h').getAttribute('href');
  const explained = await fetch(new URL(/** @type {string} */ (help), stage.edge));
  assert.equal(explained.status, 200);
});

test('an unknown sitekey is told to the visitor and to the integrator', async (t) => {
  const { frame, faults } = await visit(t, FORM('', 'mj_00000000000000000000000000'));
  await frame.locator('#t', { hasText: 'not set up correctly' }).waitFor();
  await until('a word on the console', async () => faults.some((text) => text.includes('unknown-sitekey')));
});

test('a challenge that was tampered with is refused and the widget starts again', async (t) => {
  let tampered = 0;
  const { page, frame } = await visit(t, FORM(), {
    prepare: (/** @type {any} */ context) => context.route('**/v1/solutions', (/** @type {any} */ route) => {
      if (tampered) return route.continue();
      tampered += 1;
      const body = route.request().postDataJSON();
      body.challenge = body.challenge.slice(0, -4) + 'AAAA';
      return route.continue({ postData: JSON.stringify(body) });
    }),
  });
  await frame.locator('#t', { hasText: 'Confirm' }).waitFor();
  await page.locator('[name=name]').focus();
  assert.match(await token(page), /^mj1\./);
  assert.equal(tampered, 1);
});

test('without a connection it counts down, and goes on when there is one', async (t) => {
  const { page, frame, context } = await visit(t, FORM());
  await frame.locator('#t', { hasText: 'Confirm' }).waitFor();
  await context.setOffline(true);
  await page.locator('[name=name]').focus();
  await frame.locator('#t', { hasText: 'No connection. Retrying' }).waitFor();
  await accessible(page);
  await page.screenshot({ path: join(PICTURES, 'offline.png') });
  await context.setOffline(false);
  assert.match(await token(page), /^mj1\./);
});

test('without WebAssembly plain JavaScript passes, at a lower score', async (t) => {
  const { page, frame, served, bodies } = await visit(t, FORM(), {
    prepare: (/** @type {any} */ context) => context.addInitScript('delete globalThis.WebAssembly'),
  });
  await frame.locator('#t', { hasText: 'Confirm' }).waitFor();
  await page.locator('[name=name]').focus();
  const found = await until('a token', () => page.locator('[name=munjigi-response]').inputValue(), 120_000);
  const reply = await siteverify(stage, found);
  assert.equal(reply.success, true);
  assert.equal(reply.metadata.algorithm, 'sha256');
  assert.ok(reply.score < 0.9, `score ${reply.score}`);
  assert.deepEqual(served.reports, []);
  bodies.forEach(isListed);
  assert.ok(bodies.length >= 2 && bodies.every(({ sent }) => sent.signals.agreement === undefined));
});

test('the integrator’s API: explicit render, callbacks, reset, remove', async (t) => {
  const { page } = await visit(t, '<div id="place"></div>', { query: '?render=explicit' });
  await page.waitForFunction(() => 'munjigi' in window);
  const outcome = await page.evaluate((sitekey) => new Promise((resolve) => {
    /** @type {unknown[]} */
    const seen = [];
    /** @type {any} */ (munjigi).ready(() => {
      const id = /** @type {any} */ (munjigi).render('#place', {
        sitekey,
        execution: 'execute',
        action: 'login',
        callback: (/** @type {string} */ token) => {
          seen.push('callback', token === /** @type {any} */ (munjigi).getResponse(id), /** @type {any} */ (munjigi).isExpired(id));
          /** @type {any} */ (munjigi).reset(id);
          seen.push(/** @type {any} */ (munjigi).getResponse(id));
          /** @type {any} */ (munjigi).remove(id);
          seen.push(document.querySelectorAll('iframe').length);
          resolve(seen);
        },
        'error-callback': (/** @type {string} */ code) => resolve(['error', code]),
      });
      /** @type {any} */ (munjigi).execute(id);
    });
  }), stage.site.sitekey);
  assert.deepEqual(outcome, ['callback', true, false, undefined, 0]);
});

const LOOKS = [
  ['light', '', {}],
  ['dark', '', { colorScheme: 'dark' }],
  ['dark-by-option', 'data-theme="dark"', {}],
  ['compact', 'data-size="compact"', {}],
  ['compact-dark', 'data-size="compact"', { colorScheme: 'dark' }],
  ['flexible', 'data-size="flexible"', {}],
  ['korean', 'data-language="ko"', {}],
  ['japanese', 'data-language="ja"', {}],
  ['german-compact', 'data-language="de" data-size="compact"', {}],
  ['arabic', 'data-language="ar"', {}],
  ['arabic-compact', 'data-language="ar" data-size="compact"', {}],
  ['hebrew-dark', 'data-language="he"', { colorScheme: 'dark' }],
  ['forced-colors', '', { forcedColors: 'active' }],
  ['zoom-200', '', { deviceScaleFactor: 2, viewport: { width: 320, height: 480 } }],
];
for (const [name, more, context] of /** @type {[string, string, any][]} */ (LOOKS)) {
  test(`it looks right: ${name}`, async (t) => {
    const lang = /data-language="(\w+)"/.exec(more)?.[1] ?? 'en';
    const dir = ['ar', 'he'].includes(lang) ? 'rtl' : 'ltr';
    const { page, frame, faults } = await visit(t, FORM(more), {
      lang, dir, context: { viewport: { width: 480, height: 320 }, reducedMotion: 'reduce', ...context },
    });
    await frame.locator('#b').waitFor();
    const shoot = (/** @type {string} */ state) => page.screenshot({ path: join(PICTURES, `${name}-${state}.png`) });
    await shoot('idle');
    await accessible(page);
    // Nothing is cut off: the frame's document needs no scrolling.
    const overflow = await frame.locator('body').evaluate(() => {
      const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement;
      return [scrollWidth - clientWidth, scrollHeight - clientHeight];
    });
    assert.deepEqual(overflow, [0, 0]);
    await page.locator('[name=name]').focus();
    await frame.locator('#p:not([hidden])').waitFor();
    await shoot('working');
    await token(page);
    await shoot('passed');
    await accessible(page);
    assert.deepEqual(faults, []);
  });
}

test('in a shop’s form while it checks and when it has passed, as the README shows it', async (t) => {
  const shop = await openShop(t, stage);
  // One process for page and frame: a frame of another origin is drawn at its own scale. This browser says
  // that it is automated, so its puzzle is long enough to be looked at.
  const sharp = await launchShell(['--disable-site-isolation-trials', '--disable-features=IsolateOrigins,site-per-process']);
  t.after(() => sharp.close());
  for (const colorScheme of SCHEMES) {
    const context = await sharp.newContext({
      colorScheme, viewport: { width: 440, height: 640 }, deviceScaleFactor: 2, reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    await page.goto(`${shop}/?lang=en`);
    const bar = page.frameLocator('iframe').locator('#p');
    await bar.waitFor({ state: 'attached' });
    await page.locator('[name=name]').fill('Kim Minseo');
    await page.locator('[name=email]').fill('minseo@example.com');
    await page.locator('h2').click();
    const box = await page.locator('form').boundingBox();
    assert.ok(box);
    const clip = { x: 0, y: box.y - 20, width: 440, height: box.height + 40 };
    await until('more than half', async () => Number(await bar.getAttribute('aria-valuenow').catch(() => 0)) > 50, 60_000);
    const states = [await page.screenshot({ clip })];
    await token(page);
    await page.frameLocator('iframe').locator('#t', { hasText: 'Confirmed' }).waitFor();
    states.push(await page.screenshot({ clip }));
    const images = states.map((bytes) => `<img width="440" src="data:image/png;base64,${bytes.toString('base64')}">`);
    const both = await context.newPage();
    await both.setViewportSize({ width: 880, height: Math.round(clip.height) });
    await both.setContent(`<body style="margin: 0; display: flex">${images.join('')}`);
    await both.screenshot({ path: shown('widget', colorScheme) });
    await context.close();
  }
});
