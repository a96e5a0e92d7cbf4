// Pictures from the first stroke to the token, in Chromium: the gpu-backend draws them, the origin
// packs them, the edge deals them. Each kind is answered correctly and wrongly, by mouse and by
// keyboard; visitors who cannot or will not answer take another way; and there is no dead end. The
// tests read the right answer that the edge sealed, with the stage's keys. Screenshots are kept.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { AS_PERSON, launchShell } from '../support/browsers.mjs';
import { parse } from 'smol-toml';
import { ROOT } from '../support/stack.mjs';
import { bodiesOf, isListed } from './listed.mjs';
import { LITTLE_WORK, munjigi, openPage, openStage, PICTURES, see, siteverify, until } from '../support/stage.mjs';
import { openVendorPage } from './vendor-page.mjs';

const KINDS = /** @type {const} */ (['grid', 'area', 'turn']);
const EVERYBODY = JSON.stringify([{ match: {}, verdict: 'picture' }]);

/** @type {any} */
let stage;
/** @type {any} */
const sites = {};
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {(() => unknown)[]} */
const closing = [];
before(async () => {
  const context = { name: 'pictures', after: (/** @type {() => unknown} */ close) => closing.push(close) };
  const few = [...LITTLE_WORK, '--pictures', '--origin-var', 'MUNJIGI_PICTURES_PER_PACK=4',
    '--origin-var', 'MUNJIGI_PICTURES_OVERSAMPLE=1'];
  stage = await openStage(/** @type {any} */ (context), 'workerd', few);
  for (const kind of KINDS) {
    const words = ['site', 'add', `Only ${kind}`, '--host', 'localhost', '--allow-loopback', '--mode', 'interactive',
      ...LITTLE_WORK, '--pictures', kind, '--rules', '-', '--json'];
    sites[kind] = JSON.parse(await munjigi(stage, words, EVERYBODY));
    await until('the site', async () => (await fetch(`${stage.edge}/v1/frame/${sites[kind].sitekey}`)).ok);
  }
  browser = await launchShell([AS_PERSON]);
});
after(async () => {
  await browser?.close();
  for (const close of closing) await close();
});

/**
 * What the edge requires of a page, newest last, and the step of the picture that is shown: an image
 * may be there before we have read the answer that names it.
 * @param {import('playwright-core').Page} page
 */
function stepsOf(page) {
  /** @type {any[]} */
  const asked = [];
  let image = '';
  page.on('response', async (response) => {
    if (!/\/v1\/(challenges|solutions)$/.test(response.url()) || !response.ok()) return;
    const reply = await response.json().catch(() => ({}));
    if (reply.step) asked.push(reply);
  });
  page.on('request', (request) => {
    if (request.url().includes('/v1/pictures/')) image = new URL(request.url()).pathname;
  });
  const shows = (/** @type {any} */ { step }) =>
    step.kind === 'picture' && step.rounds.some((/** @type {any} */ round) => round.images.includes(image));
  return { asked, picture: () => until('the step', async () => asked.findLast(shows)) };
}

/**
 * A visitor of a page that requires a picture of everybody.
 * @param {import('node:test').TestContext} t
 * @param {any} site
 */
async function visit(t, site) {
  const form = `<form><label>Name <input name="name"></label><div class="munjigi" data-sitekey="${site.sitekey}"></div>
  <button>Send</button></form><p>${'What stands after the form. '.repeat(20)}</p>`;
  const served = await openPage(t, stage, form);
  const context = await browser.newContext({ viewport: { width: 720, height: 900 }, reducedMotion: 'reduce' });
  t.after(() => context.close());
  const page = await context.newPage();
  /** @type {string[]} */
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  const [{ asked, picture }, bodies] = [stepsOf(page), bodiesOf(page)];
  await page.goto(served.url);
  const frame = page.frameLocator('iframe').first();
  const panel = frame.locator('[data-place] section:not([hidden])');
  const shoot = (/** @type {string} */ name) => page.screenshot({ path: join(PICTURES, `pictures-${name}.png`) });
  const ready = async () => {
    await panel.locator('.veil[hidden]').waitFor({ state: 'attached', timeout: 90_000 });
    return picture();
  };
  const token = () =>
    until('a token', () => page.locator('[name="munjigi-response"]').first().inputValue(), 120_000);
  return { page, frame, panel, faults, served, asked, bodies, shoot, ready, token };
}

/** @typedef {Awaited<ReturnType<typeof visit>>} Visit */

const rounds = (/** @type {any} */ answer) => answer.cells ?? answer.points ?? answer.views;

/** How each kind of hand answers one round. */
const HANDS = {
  mouse: {
    open: (/** @type {Visit} */ { frame }) => frame.locator('#b').click(),
    async grid(/** @type {Visit} */ { panel }, /** @type {number[]} */ cells) {
      for (const cell of cells) await panel.getByRole('checkbox').nth(cell).click();
    },
    async area(/** @type {Visit} */ { panel }, /** @type {[number, number]} */ [x, y]) {
      const { width, height } = await box(panel.locator('.area'));
      await panel.locator('.area').click({ position: { x: (x / 1000) * width, y: (y / 1000) * height } });
    },
    async turn(/** @type {Visit} */ { page, panel }, /** @type {number} */ view) {
      const { x, y, width, height } = await box(panel.locator('.thing'));
      const [middle, across] = [x + width / 2, y + height / 2];
      await page.mouse.move(middle, across);
      await page.mouse.down();
      // One view per 18 pixels, in the shorter direction.
      const steps = view > 8 ? view - 16 : view;
      await page.mouse.move(middle + steps * 18 + Math.sign(steps) * 2, across, { steps: 24 });
      await page.mouse.up();
    },
    confirm: (/** @type {Visit} */ { panel }) => panel.locator('.confirm').click(),
  },
  keyboard: {
    async open(/** @type {Visit} */ { page, frame }) {
      // Before the frame has its button, the next stop is the form's own, and Enter would submit
      // the form.
      await frame.locator('#b').waitFor();
      await page.locator('[name=name]').focus();
      await page.keyboard.press('Tab');
      await frame.locator('#b:focus').waitFor();
      await page.keyboard.press('Enter');
    },
    async grid(/** @type {Visit} */ { page }, /** @type {number[]} */ cells) {
      let at = 0;
      for (const cell of cells) {
        await press(page, 'ArrowRight', (cell % 3) - (at % 3), 'ArrowLeft');
        await press(page, 'ArrowDown', Math.floor(cell / 3) - Math.floor(at / 3), 'ArrowUp');
        await page.keyboard.press('Space');
        at = cell;
      }
    },
    async area(/** @type {Visit} */ { page }, /** @type {[number, number]} */ [x, y]) {
      await page.keyboard.press('Space');
      await press(page, 'ArrowRight', Math.round((x - 500) / 20), 'ArrowLeft');
      await press(page, 'ArrowDown', Math.round((y - 500) / 20), 'ArrowUp');
    },
    async turn(/** @type {Visit} */ { page }, /** @type {number} */ view) {
      await press(page, 'ArrowRight', view, 'ArrowLeft');
    },
    confirm: (/** @type {Visit} */ { page }) => page.keyboard.press('Enter'),
  },
};

/** @param {import('playwright-core').Locator} locator */
async function box(locator) {
  const found = await locator.boundingBox();
  assert.ok(found, 'it has no place on the page');
  return found;
}

/** @param {import('playwright-core').Page} page @param {string} key @param {number} times @param {string} back */
async function press(page, key, times, back) {
  for (let left = Math.abs(times); left > 0; left -= 1) await page.keyboard.press(times > 0 ? key : back);
}

/**
 * Submits a whole answer.
 * @param {Visit} visitor
 * @param {any} hand
 * @param {any} answer
 * @param {string} [name] of a screenshot
 */
async function give(visitor, hand, answer, name) {
  for (const [index, round] of rounds(answer).entries()) {
    await hand[answer.type](visitor, round);
    if (name && index === 0) await visitor.shoot(`${name}-answered`);
    await hand.confirm(visitor);
  }
}

for (const kind of KINDS) {
  for (const [name, hand] of Object.entries(HANDS)) {
    test(`${kind} by ${name}: a wrong answer brings another picture, the right one passes`, async (t) => {
      const site = sites[kind];
      const visitor = await visit(t, site);
      await hand.open(visitor);
      const first = await visitor.ready();
      assert.equal(first.step.type, kind);
      // Keys go to the focus, which the page sets once it has found a place.
      const held = () => name === 'keyboard' && visitor.panel.locator('.stage :focus').waitFor();
      await held();
      await visitor.shoot(`${kind}-${name}-asked`);
      await give(visitor, hand, (await see(stage, first.challenge)).wrong);
      await visitor.panel.locator('.note', { hasText: 'Not quite' }).waitFor({ timeout: 60_000 });
      const second = await until('another picture', async () => {
        const now = await visitor.ready();
        return now.challenge !== first.challenge && now;
      }, 90_000);
      await visitor.shoot(`${kind}-${name}-wrong`);
      await held();
      await give(visitor, hand, (await see(stage, second.challenge)).right, `${kind}-${name}`);
      const token = await visitor.token();
      await visitor.shoot(`${kind}-${name}-passed`);
      const reply = await siteverify(stage, token, site);
      assert.equal(reply.success, true, JSON.stringify(reply));
      assert.equal(reply.metadata.interactive, true);
      assert.deepEqual([visitor.faults, visitor.served.reports], [[], []]);
      visitor.bodies.forEach(isListed);
      assert.equal(visitor.bodies.filter(({ sent }) => sent.answer?.trace).length, 2);
    });
  }
}

test('another way needs no sight: it takes longer, and says so in the score', async (t) => {
  const site = sites.grid;
  const visitor = await visit(t, site);
  await HANDS.keyboard.open(visitor);
  await visitor.ready();
  await visitor.panel.getByRole('button', { name: 'Another way' }).click();
  const token = await visitor.token();
  await visitor.shoot('another-way-passed');
  const reply = await siteverify(stage, token, site);
  assert.equal(reply.success, true, JSON.stringify(reply));
  assert.equal(reply.metadata.interactive, false);
  const { step } = visitor.asked.at(-1);
  assert.equal(step.kind, 'puzzle');
  const work = (/** @type {any} */ puzzle) => puzzle.work * puzzle.count;
  assert.ok(work(step) > work(visitor.asked[0].step), `${work(step)} hashes`);
  visitor.bodies.forEach(isListed);
  assert.deepEqual(visitor.bodies.flatMap(({ sent }) => sent.want ?? []), ['work']);
});

/**
 * A visitor who sends the form at once, so that it waits for its picture.
 * @param {import('node:test').TestContext} t
 */
async function sendEarly(t) {
  const visitor = await visit(t, sites.grid);
  const { page, frame } = visitor;
  const before = page.url();
  const send = page.getByRole('button', { name: 'Send' });
  await frame.locator('#b').waitFor();
  await send.click();
  const { challenge } = await visitor.ready();
  return { visitor, page, frame, before, send, challenge };
}

test('a form that is sent before its picture is answered goes once it is', async (t) => {
  const { visitor, page, frame, before, send } = await sendEarly(t);
  await until('the focus', () => isHeld(visitor.panel));
  await page.keyboard.press('Escape');
  await frame.locator('section:not([hidden])').waitFor({ state: 'hidden' });
  await frame.locator('#b').click();
  const { challenge } = await visitor.ready();
  await give(visitor, HANDS.mouse, (await see(stage, challenge)).right);
  const token = await visitor.token();
  assert.equal(page.url(), before, 'set aside with the picture');
  // Sent while it is asked, and answered after that.
  await page.evaluate(`munjigi.reset()`);
  await send.click();
  const again = await visitor.ready();
  await give(visitor, HANDS.mouse, (await see(stage, again.challenge)).right);
  await page.waitForURL(/munjigi-response=mj1/);
  const sent = new URL(page.url()).searchParams.get('munjigi-response') ?? '';
  assert.notEqual(sent, token);
  assert.equal((await siteverify(stage, sent, sites.grid)).success, true);
});

for (const how of ['is answered', 'is put aside']) {
  test(`a form that is sent at once when its picture ${how} waits for the next one`, async (t) => {
    const visitor = await visit(t, sites.grid);
    const { page, frame } = visitor;
    const isAnswered = how === 'is answered';
    await frame.locator('#b').click();
    const first = await visitor.ready();
    // At once: as the picture closes, or as the widget is idle again.
    await page.evaluate(`{
      const send = () => document.forms[0].requestSubmit();
      let step = 0;
      addEventListener('message', ({ data }) => {
        if (step == 0 && data.type == 'close') {
          step = 1;
          ${isAnswered ? 'munjigi.reset()' : 'send()'};
        } else if (step == 1 && data.state == 'idle') {
          step = 2;
          send();
        }
      });
    }`);
    if (isAnswered) await give(visitor, HANDS.mouse, (await see(stage, first.challenge)).right);
    else await page.keyboard.press('Escape');
    const shown = await until('a picture', async () => {
      const now = await visitor.ready();
      return (!isAnswered || now.challenge !== first.challenge) && now;
    }, 90_000);
    await give(visitor, HANDS.mouse, (await see(stage, shown.challenge)).right);
    await page.waitForURL(/munjigi-response=mj1/);
    const sent = new URL(page.url()).searchParams.get('munjigi-response') ?? '';
    assert.equal((await siteverify(stage, sent, sites.grid)).success, true);
  });
}

test('a form waits no longer once its picture is put aside while the answer is checked', async (t) => {
  const { visitor, page, frame, before, send, challenge } = await sendEarly(t);
  /** @type {() => void} */
  let release = () => {};
  const released = new Promise((resolve) => (release = () => resolve(undefined)));
  await page.route('**/v1/solutions', (route) => released.then(() => route.continue()));
  const checked = page.waitForRequest('**/v1/solutions');
  await give(visitor, HANDS.mouse, (await see(stage, challenge)).right);
  await checked;
  await page.keyboard.press('Escape');
  await frame.locator('section:not([hidden])').waitFor({ state: 'hidden' });
  release();
  const token = await visitor.token();
  assert.equal(page.url(), before, 'the form was put aside with its picture');
  await send.click();
  await page.waitForURL(/munjigi-response=mj1/);
  assert.equal(new URL(page.url()).searchParams.get('munjigi-response'), token, 'the next click sends it with its token');
});

test('a new picture is another one', async (t) => {
  const visitor = await visit(t, sites.area);
  await HANDS.mouse.open(visitor);
  const first = await visitor.ready();
  await visitor.panel.getByRole('button', { name: 'New picture' }).click();
  const second = await until('a new picture', async () => {
    const now = await visitor.ready();
    return now.challenge !== first.challenge && now;
  }, 90_000);
  const images = (/** @type {any} */ { step }) => step.rounds.flatMap((/** @type {any} */ round) => round.images);
  assert.ok(images(second).every((/** @type {string} */ path) => !images(first).includes(path)));
  await give(visitor, HANDS.mouse, (await see(stage, second.challenge)).right);
  assert.match(await visitor.token(), /^mj1\./);
});

/** The dialog, once its picture can be answered. @param {import('playwright-core').Page} page */
const dialogOf = (page) =>
  page.frameLocator('iframe').first().locator('[data-place] section:not([hidden])').filter({ has: page.locator('.veil[hidden]') });

/**
 * Whether keys go there: Escape is handled where the focus is, which the page sets once it has
 * found a place.
 * @param {import('playwright-core').Locator} panel
 */
const isHeld = (panel) =>
  panel.evaluate((element) => element.contains(document.activeElement), null, { timeout: 1_000 }).catch(() => false);

// The rows of the vendors' tables whose callbacks are called around a picture.
for (const vendor of /** @type {import('./vendor-page.mjs').VendorName[]} */ (['turnstile', 'hcaptcha'])) {
  const table = parse(readFileSync(join(ROOT, 'tests', 'contract', `${vendor}.toml`), 'utf8'));
  for (const row of /** @type {any[]} */ (table.picture)) {
    test(row.id, async (t) => {
      const html = `<script>window.said = []; function note(name) { return function () { said.push(name); }; }</script>
        <div id="w"></div><button id="go">Go</button><script src="{edge}${row.script}"></script><script>${row.js}</script>`;
      const { page } = await openVendorPage(t, /** @type {any} */ ({ stage, browser }), vendor, html, { keys: sites.grid });
      const { picture } = stepsOf(page);
      const panel = dialogOf(page);
      /** @param {string} wanted */
      const opened = async (wanted) => {
        await page.locator('#go').click();
        await until('the picture', () => isHeld(panel), 90_000);
        await said(wanted);
      };
      /** @param {string} wanted */
      const said = (wanted) => until(wanted, async () => (await page.evaluate('said.join()')) === wanted);
      await opened(row.opened);
      await page.keyboard.press('Escape');
      await until('it is closed', async () => (await panel.count()) === 0);
      await said(row.closed);
      await opened(row.again);
      const { challenge } = await picture();
      await give(/** @type {any} */ ({ page, panel }), HANDS.mouse, (await see(stage, challenge)).right);
      await said(row.passed);
    });
  }
}

test('hCaptcha: execute, called again as a picture is put aside, promises the next answer', async (t) => {
  const html = `<div id="w"></div><script src="{edge}/1/api.js?render=explicit"></script><script>
    var said = [], id = hcaptcha.render('w', { sitekey: '{sitekey}', size: 'invisible',
      'open-callback': function () { said.push('open'); }, 'close-callback': function () { said.push('close'); } });
    function ask(name) {
      hcaptcha.execute(id, { async: true }).then(function () { said.push(name); }, function (why) { said.push(name + ' ' + why); });
    }
    addEventListener('message', function heard(event) {
      if (event.data.type != 'close') return;
      removeEventListener('message', heard);
      ask('second');
    });</script>`;
  const { page } = await openVendorPage(t, /** @type {any} */ ({ stage, browser }), 'hcaptcha', html, { keys: sites.grid });
  const { picture } = stepsOf(page);
  const panel = dialogOf(page);
  await page.evaluate("ask('first')");
  await until('the picture', () => isHeld(panel), 90_000);
  await page.keyboard.press('Escape');
  const said = async () => (await page.evaluate('said.join()'));
  const again = 'open,first challenge-closed,close,open';
  await until(again, async () => (await said()) === again);
  await until('the picture again', () => isHeld(panel), 90_000);
  const { challenge } = await picture();
  await give(/** @type {any} */ ({ page, panel }), HANDS.mouse, (await see(stage, challenge)).right);
  await until('the token', async () => (await said()) === `${again},second`);
});

test('the bucket away: the visitor passes by work', async (t) => {
  if (!stage.edge_admin) return t.skip("only plain workerd's bucket can be cut off");
  const away = `${stage.edge_admin}/bucket-away/PICTURES`;
  assert.ok((await fetch(away, { method: 'PUT' })).ok);
  t.after(() => fetch(away, { method: 'DELETE' }));
  const site = sites.turn;
  const visitor = await visit(t, site);
  await HANDS.mouse.open(visitor);
  const token = await visitor.token();
  await visitor.shoot('bucket-away-passed');
  const reply = await siteverify(stage, token, site);
  assert.equal(reply.success, true, JSON.stringify(reply));
  assert.equal(reply.metadata.interactive, false);
});

test('no picture to deal: a longer proof of work, and the visitor passes', async (t) => {
  const site = sites.grid;
  await munjigi(stage, ['pictures', 'off', 'grid']);
  t.after(() => munjigi(stage, ['pictures', 'on', 'grid']));
  const words = ['solve', '--edge', stage.edge, '--sitekey', site.sitekey];
  await until('the edge to hear of it', () => munjigi(stage, words).then(() => true, () => false), 90_000);
  const visitor = await visit(t, site);
  await HANDS.mouse.open(visitor);
  const token = await visitor.token();
  await visitor.shoot('pool-empty-passed');
  assert.ok(visitor.asked.every(({ step }) => step.kind === 'puzzle'));
  const reply = await siteverify(stage, token, site);
  assert.equal(reply.success, true, JSON.stringify(reply));
});
