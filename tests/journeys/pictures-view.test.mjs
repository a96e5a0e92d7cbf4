// The picture step as visitors see it, in Chromium, against a simulated edge: by mouse and by
// keyboard, what goes wrong and what the widget says then, and how it looks. Its screenshots are
// kept. Another journey uses the real edge.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { launchShell } from '../support/browsers.mjs';
import { playEdge } from '../../widget/test/play-edge.mjs';
import { accessible } from './axe.mjs';
import { openPage, PICTURES, until } from '../support/stage.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  browser = await launchShell();
});
after(() => browser?.close());

const FORM = (/** @type {string} */ more = '') =>
  `<form><label>Name <input name="name"></label><div class="munjigi" data-sitekey="mj_test" ${more}></div>
  <button>Send</button></form><p>${'What stands after the form. '.repeat(20)}</p>`;

/**
 * Opens a page that requires a picture of every visitor.
 * @param {import('node:test').TestContext} t
 * @param {any} [script]
 * @param {any} [options]
 */
async function visit(t, script = {}, options = {}) {
  const edge = await playEdge(t, { mode: 'interactive', ...script });
  const served = await openPage(t, edge, options.body ?? FORM(options.more), options);
  const context = await browser.newContext({
    viewport: { width: 720, height: 900 }, reducedMotion: 'reduce', ...options.context,
  });
  t.after(() => context.close());
  const page = await context.newPage();
  /** @type {string[]} */
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  if (options.prepare) await options.prepare(context, page);
  await page.goto(served.url);
  const frame = page.frameLocator('iframe').first();
  const panel = frame.locator('[data-place] section:not([hidden])');
  const open = async () => {
    await frame.locator('#b').click();
    await ready();
  };
  const ready = () => panel.locator('.veil[hidden]').waitFor({ state: 'attached' });
  const shoot = (/** @type {string} */ name) => page.screenshot({ path: join(PICTURES, `picture-${name}.png`) });
  return { edge, page, frame, panel, context, served, faults, open, ready, shoot };
}

const token = (/** @type {import('playwright-core').Page} */ page) =>
  until('a token', () => page.locator('[name="munjigi-response"]').first().inputValue(), 20_000);

const answers = (/** @type {any} */ edge) =>
  edge.seen.filter((/** @type {any} */ { body }) => body?.answer).map((/** @type {any} */ { body }) => body.answer);

test('a grid by mouse', async (t) => {
  const { edge, page, panel, served, faults, open } = await visit(t);
  await open();
  assert.equal(await panel.locator('h2').innerText(), 'Choose every picture with a bicycle');
  await accessible(page);
  const tiles = panel.getByRole('checkbox');
  for (const index of [0, 4, 5, 4]) await tiles.nth(index).click();
  await panel.getByRole('button', { name: 'Confirm' }).click();
  await token(page);
  const [{ type, cells, trace }] = answers(edge);
  assert.deepEqual([type, cells], ['grid', [[0, 5]]]);
  assert.equal(trace.acts, 4);
  assert.deepEqual([faults, served.reports], [[], []]);
});

test('a grid by keyboard: arrow keys move, space chooses, enter confirms', async (t) => {
  const { edge, page, panel, frame, ready } = await visit(t);
  await frame.locator('#b').press('Enter');
  await ready();
  const tile = () => panel.locator(':focus').getAttribute('aria-label');
  await until('the first tile', async () => (await tile()) === 'Picture 1 of 9');
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowLeft']) await page.keyboard.press(key);
  assert.equal(await tile(), 'Picture 4 of 9');
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await page.keyboard.press('Enter');
  await token(page);
  assert.deepEqual(answers(edge)[0].cells, [[3, 6]]);
  assert.equal(answers(edge)[0].trace.scatter, 0);
});

test('an area by mouse, two rounds one after the other', async (t) => {
  const { edge, page, panel, open } = await visit(t, { type: 'area' });
  await open();
  assert.equal(await panel.locator('h2').innerText(), 'Point at the teapot');
  assert.equal(await panel.locator('.round').innerText(), '1 of 2');
  await panel.getByRole('button', { name: 'Next' }).click();
  assert.equal(await panel.locator('.note').innerText(), 'Point at the picture first');
  const picture = panel.locator('.stage > .area');
  const { width, height } = /** @type {any} */ (await picture.boundingBox());
  assert.equal(Math.round((100 * width) / height), 150, 'as wide as it was drawn');
  await picture.click({ position: { x: width / 4, y: height / 2 } });
  await panel.getByRole('button', { name: 'Next' }).click();
  await panel.locator('.round', { hasText: '2 of 2' }).waitFor();
  await picture.click({ position: { x: width / 2, y: height / 4 } });
  await picture.click({ position: { x: width * 0.9, y: height * 0.9 } });
  await panel.getByRole('button', { name: 'Confirm' }).click();
  await token(page);
  const [[x1, y1], [x2, y2]] = answers(edge)[0].points;
  for (const [found, meant] of [[x1, 250], [y1, 500], [x2, 900], [y2, 900]])
    assert.ok(Math.abs(found - meant) < 6, `${found} for ${meant}`);
});

test('an area by keyboard: arrow keys move, shift further, space places, enter confirms', async (t) => {
  const { edge, page, panel, frame, ready } = await visit(t, { type: 'area' });
  await frame.locator('#b').press('Space');
  await ready();
  await until('the picture has the focus', () => panel.locator('.area:focus').count());
  for (const key of ['ArrowLeft', 'Shift+ArrowUp', 'Space']) await page.keyboard.press(key);
  await panel.locator('.voice', { hasText: '48 % from the left, 40 % from the top' }).waitFor();
  await page.keyboard.press('Enter');
  await panel.locator('.round', { hasText: '2 of 2' }).waitFor();
  await page.keyboard.press('Space');
  await page.keyboard.press('Enter');
  await token(page);
  assert.deepEqual(answers(edge)[0].points, [[480, 400], [500, 500]]);
});

test('a turn by dragging, by its buttons, and by keyboard', async (t) => {
  const { edge, page, panel, open } = await visit(t, { type: 'turn' });
  await open();
  const thing = panel.getByRole('slider');
  const facing = () => thing.getAttribute('aria-valuetext');
  const box = /** @type {any} */ (await thing.boundingBox());
  await page.mouse.move(box.x + 60, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + 60 + 18 * 3, box.y + 62, { steps: 6 });
  await page.mouse.up();
  assert.equal(await facing(), 'View 4 of 16');
  await panel.getByRole('button', { name: 'Turn left' }).click();
  await panel.getByRole('button', { name: 'Turn right' }).click();
  await panel.getByRole('button', { name: 'Turn right' }).click();
  assert.equal(await facing(), 'View 5 of 16');
  await panel.getByRole('button', { name: 'Next' }).click();
  await panel.locator('.round', { hasText: '2 of 2' }).waitFor();
  await until('the thing has the focus', () => panel.locator('.thing:focus').count());
  for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
  await token(page);
  assert.deepEqual(answers(edge)[0].views, [4, 15]);
});

test('a wrong answer brings another picture; after two another way comes first', async (t) => {
  const { edge, page, panel, open, ready, shoot } = await visit(t, { right: () => false });
  await open();
  const first = () => panel.locator('footer button').first().innerText();
  for (const wrong of [1, 2]) {
    assert.equal(await first(), 'New picture');
    await panel.getByRole('checkbox').nth(wrong).click();
    await panel.getByRole('button', { name: 'Confirm' }).click();
    await until('another picture', () => edge.seen.filter((/** @type {any} */ { body }) => body?.nonces).length === wrong + 1);
    await ready();
    assert.equal(await panel.locator('.note').innerText(), 'Not quite. Here is another one');
    await panel.locator('.voice', { hasText: 'Not quite' }).waitFor({ state: 'attached' });
    assert.equal(await panel.locator('[aria-checked=true]').count(), 0);
    await accessible(page);
    if (wrong === 1) await shoot('wrong');
  }
  assert.equal(await first(), 'Another way');
  await shoot('wrong-twice');
  edge.script.right = () => true;
  await panel.getByRole('checkbox').nth(4).click();
  await page.keyboard.press('Enter');
  await token(page);
});

test('a new picture is a new attempt, shown without closing', async (t) => {
  const { edge, page, panel, open, ready, shoot } = await visit(t, { work: 3e5 });
  await open();
  const before = await panel.boundingBox();
  await panel.getByRole('button', { name: 'New picture' }).click();
  await panel.locator('.veil:not([hidden])', { hasText: 'Another picture is coming' }).waitFor();
  await accessible(page);
  await shoot('another');
  assert.deepEqual(await panel.boundingBox(), before);
  await ready();
  assert.equal(edge.seen.filter((/** @type {any} */ { path }) => path === '/v1/challenges').length, 2);
  await until('the focus', () => panel.locator('.tiles :focus').count());
  assert.equal(await panel.locator('.hint.told').count(), 0);
});

test('another way closes the picture, says how long it may take, and passes', async (t) => {
  const { edge, page, panel, frame, open, shoot } = await visit(t, { way: 4e5 });
  await open();
  await panel.getByRole('button', { name: 'Another way' }).click();
  await frame.locator('#n', { hasText: /May take about \d+ s/ }).waitFor();
  assert.equal(await frame.locator('section').isVisible(), false);
  await accessible(page);
  await shoot('another-way');
  await token(page);
  assert.ok(edge.seen.some((/** @type {any} */ { body }) => body?.want === 'work' && /picture/.test(body.challenge)));
});

test('escape closes it, the focus returns, and what was chosen is kept', async (t) => {
  const { edge, page, panel, frame, open, ready } = await visit(t);
  await open();
  await panel.getByRole('checkbox').nth(2).click();
  await page.keyboard.press('Escape');
  await frame.locator('#t', { hasText: 'One more step' }).waitFor();
  await until('the focus returns', () => frame.locator('#b:focus').count());
  await accessible(page);
  await page.keyboard.press('Enter');
  await ready();
  assert.equal(await panel.locator('[aria-checked=true]').getAttribute('aria-label'), 'Picture 3 of 9');
  await panel.getByRole('button', { name: 'Confirm' }).click();
  await token(page);
  assert.equal(edge.seen.filter((/** @type {any} */ { path }) => path.includes('pictures')).length, 1);
});

test('a picture whose time is over is replaced, with a word', async (t) => {
  const { panel, open } = await visit(t, { expires_in: 12 });
  await open();
  await panel.locator('.note', { hasText: 'That picture has expired' }).waitFor();
});

test('without a connection the answer is kept, and sent when there is one', async (t) => {
  const { edge, page, panel, context, open, shoot } = await visit(t);
  await open();
  await panel.getByRole('checkbox').nth(7).click();
  await context.setOffline(true);
  await panel.getByRole('button', { name: 'Confirm' }).click();
  await panel.locator('.veil', { hasText: /No connection. Retrying in \d/ }).waitFor();
  await shoot('offline');
  await context.setOffline(false);
  await token(page);
  assert.deepEqual(answers(edge)[0].cells, [[7]]);
});

for (const [what, refusal] of /** @type {[string, any][]} */ ([
  ['asked to wait', { status: 429, code: 'rate-limited', after: 30 }],
  // Long enough that it does not continue by itself during the check.
  ['the edge is overloaded', { status: 503, code: 'unavailable', after: 30 }],
])) {
  test(`where ${what} the answer is kept and sent again`, async (t) => {
    const refuse = [['/v1/solutions', { ...refusal, only: 'answer' }]];
    const { edge, page, panel, open } = await visit(t, { refuse });
    await open();
    await panel.getByRole('checkbox').nth(7).click();
    await panel.getByRole('button', { name: 'Confirm' }).click();
    await panel.locator('.veil', { hasText: /Many requests right now. Retrying in \d/ }).waitFor();
    await accessible(page);
    await panel.getByRole('button', { name: 'Retry now' }).click();
    await token(page);
    const [first, second] = answers(edge);
    assert.deepEqual(second, first);
  });
}

test('images that are gone lead to another way, not to a dead end', async (t) => {
  const { edge, page, frame } = await visit(t, { lost: () => 404 });
  await frame.locator('#b').click();
  await token(page);
  assert.ok(edge.seen.some((/** @type {any} */ { body }) => body?.want === 'work'));
});

test('a visitor who fills in the form is not interrupted', async (t) => {
  const { page, panel, frame, ready, shoot } = await visit(t, { mode: 'managed' });
  await frame.locator('#t', { hasText: 'Confirm' }).waitFor();
  await page.locator('[name=name]').focus();
  await frame.locator('#t', { hasText: 'One more step: a picture' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('name')), 'name');
  await accessible(page);
  await shoot('asking');
  await frame.locator('#b').click();
  await ready();
  assert.equal(await panel.getByRole('checkbox').count(), 9);
});

test('an invisible widget shows the picture over the page, and stays to be seen when that is closed', async (t) => {
  const { page, panel, frame, ready, shoot } = await visit(t, { mode: 'invisible' }, { more: 'data-size="invisible"' });
  const where = async () => (await page.getByRole('button', { name: 'Send' }).boundingBox())?.y;
  const before = await where();
  // A visitor faster than the loader is noticed at the next key; here there is none.
  await frame.locator('#t').waitFor({ state: 'attached' });
  await page.locator('[name=name]').focus();
  await ready();
  assert.equal(await where(), before, 'the page stays where it was');
  assert.equal(await panel.getAttribute('aria-modal'), 'true');
  await until('the dialog has the focus', () => frame.locator('section:focus').count());
  await shoot('invisible');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  const strip = /** @type {any} */ (await until('the widget', async () => {
    const box = await page.locator('iframe').boundingBox();
    return box && box.height === 65 && box;
  }));
  assert.equal(strip.width, 300);
  await until('the focus is back where it was', () => page.evaluate(() => document.activeElement?.getAttribute('name') === 'name'));
  await frame.locator('#b').click();
  await ready();
  await panel.getByRole('checkbox').first().click();
  await page.keyboard.press('Enter');
  await token(page);
  await until('nothing to see', async () => (await where()) === before);
});

test('the second click of a double click leaves the picture that came in between open', async (t) => {
  const { page, panel, frame, ready } = await visit(t, { mode: 'invisible' }, { more: 'data-size="invisible"' });
  await frame.locator('#t').waitFor({ state: 'attached' });
  await frame.locator('html').evaluate((root) => {
    // After whatever else observes it.
    const click = () => queueMicrotask(() => document.body.click());
    new MutationObserver(click).observe(root, { attributeFilter: ['data-place'] });
  });
  await page.locator('[name=name]').focus();
  await ready();
  assert.equal(await panel.count(), 1);
  // Later, a click beside it puts it aside.
  await page.waitForTimeout(600);
  await page.mouse.click(5, 5);
  await until('it is put aside', async () => (await panel.count()) === 0);
});

for (const [place, viewport] of /** @type {[string, any][]} */ ([['under', { width: 720, height: 900 }], ['over', { width: 720, height: 500 }]])) {
  test(`the page behind stays where it was: ${place}`, async (t) => {
    const { page, frame, panel, open } = await visit(t, {}, { context: { viewport } });
    const where = () => page.evaluate(() => [scrollX, scrollY, ...[...document.querySelectorAll('form, p, button')]
      .flatMap((element) => Object.values(element.getBoundingClientRect().toJSON()))]);
    await frame.locator('#t', { hasText: 'Confirm' }).waitFor();
    const before = await where();
    await open();
    assert.equal(await frame.locator('html').getAttribute('data-place'), place);
    assert.deepEqual(await where(), before);
    if (place === 'over') {
      await page.mouse.wheel(0, 300);
      // Round and round: the Tab key stays in the dialog, both ways.
      for (const key of ['Tab', 'Shift+Tab'])
        for (let press = 0; press < 8; press += 1) {
          await page.keyboard.press(key);
          assert.equal(await panel.locator(':focus').count(), 1);
        }
    }
    assert.deepEqual(await where(), before);
    await page.keyboard.press('Escape');
    await frame.locator('#t', { hasText: 'One more step' }).waitFor();
    await until('its old size', async () => (await page.locator('iframe').boundingBox())?.height === 65);
    assert.deepEqual(await where(), before);
  });
}

test('what a photo shows is asked as its operator calls it', async (t) => {
  const { panel, open } = await visit(t, { step: { rounds: [['<i>golden retriever</i>', 'grid']] } });
  await open();
  assert.equal(await panel.locator('h2').innerText(), 'Choose every picture with <i>golden retriever</i>');
});

test('in languages from the right the left arrow moves to the left', async (t) => {
  const { page, panel, open } = await visit(t, {}, { lang: 'ar', dir: 'rtl' });
  await open();
  const left = async () => (await panel.locator('.tiles :focus').boundingBox())?.x ?? 0;
  await until('the focus', left);
  const before = await left();
  await page.keyboard.press('ArrowLeft');
  assert.ok((await left()) < before);
});

test('without WebAssembly a picture is shown as well', async (t) => {
  const { edge, page, panel, open } = await visit(t, {}, {
    prepare: (/** @type {any} */ context) => context.addInitScript('delete globalThis.WebAssembly'),
  });
  await open();
  await panel.getByRole('checkbox').nth(8).click();
  await page.keyboard.press('Enter');
  await token(page);
  assert.deepEqual(answers(edge)[0].cells, [[8]]);
});

test('where the module of an older release is gone another way is taken', async (t) => {
  const { edge, page, frame } = await visit(t, {}, {
    prepare: (/** @type {any} */ context) => context.route(/picture\.\w+\.js/, (/** @type {any} */ route) => route.fulfill({ status: 404 })),
  });
  await frame.locator('#b').click();
  await token(page);
  assert.ok(edge.seen.some((/** @type {any} */ { body }) => body?.want === 'work'));
});

test('in a box that scrolls by itself the picture stays with its widget', async (t) => {
  const body = `<div id="box">${FORM()}${'<p>More to scroll over.</p>'.repeat(30)}</div>`;
  const { page, frame, open } = await visit(t, {}, { body, context: { viewport: { width: 720, height: 1000 } } });
  await page.evaluate(() => {
    const { style } = /** @type {HTMLElement} */ (document.querySelector('#box'));
    Object.assign(style, { height: '300px', overflow: 'auto', position: 'relative' });
  });
  await open();
  assert.equal(await frame.locator('html').getAttribute('data-place'), 'under');
  const top = async () => (await page.locator('iframe').boundingBox())?.y ?? 0;
  const before = await top();
  await page.evaluate(() => document.querySelector('#box')?.scrollBy(0, 40));
  await until('it has moved', async () => Math.abs(before - 40 - (await top())) < 1);
});

test('callbacks tell the page before and after', async (t) => {
  const { page, panel, frame, ready } = await visit(t, {}, { body: FORM('data-before-interactive-callback="before" data-after-interactive-callback="after"'),
    prepare: (/** @type {any} */ context) => context.addInitScript('seen=[];before=()=>seen.push("before");after=()=>seen.push("after")') });
  await frame.locator('#b').click();
  await ready();
  assert.deepEqual(await page.evaluate('seen'), ['before']);
  await panel.getByRole('button', { name: 'Close' }).click();
  await until('the other', async () => String(await page.evaluate('seen')) === 'before,after');
});

const LOOKS = [
  ['light', '', {}],
  ['dark', '', { colorScheme: 'dark' }],
  ['compact', 'data-size="compact"', {}],
  ['ko', 'data-language="ko"', {}],
  ['de', 'data-language="de"', { viewport: { width: 360, height: 740 } }],
  ['ar', 'data-language="ar"', {}],
  ['he-dark', 'data-language="he"', { colorScheme: 'dark', viewport: { width: 390, height: 800 } }],
  ['320px', '', { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true }],
  ['200-percent', '', { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }],
  ['400-percent', '', { viewport: { width: 320, height: 256 }, deviceScaleFactor: 2 }],
  ['forced-colors', '', { forcedColors: 'active' }],
];
for (const [name, more, context] of /** @type {[string, string, any][]} */ (LOOKS)) {
  test(`it looks right: ${name}`, async (t) => {
    for (const type of ['grid', 'area', 'turn']) {
      const lang = /data-language="(\w+)"/.exec(more)?.[1] ?? 'en';
      const dir = ['ar', 'he'].includes(lang) ? 'rtl' : 'ltr';
      const { page, panel, faults, open, shoot } = await visit(t, { type }, { more, lang, dir, context });
      await open();
      await accessible(page);
      // Nothing is cut off at the side, and touch targets are large enough.
      const narrow = await panel.evaluate((section, kind) => {
        const { left, right } = section.getBoundingClientRect();
        const wide = [...section.querySelectorAll('*')].filter((element) => {
          const box = element.getBoundingClientRect();
          const seen = box.width && !element.closest('.area i, .voice, .hint');
          return seen && (box.left < left - 1 || box.right > right + 1);
        });
        const least = kind === 'grid' ? 84 : 44;
        const small = [...section.querySelectorAll('button')].filter((button) => {
          const { width, height } = button.getBoundingClientRect();
          return Math.min(width, height) < (button.closest('.tiles') ? least : 44) - 0.5;
        });
        return [...wide, ...small].map((element) => element.outerHTML.slice(0, 80));
      }, type);
      assert.deepEqual(narrow, []);
      if (type === 'grid') for (const index of [1, 5]) await panel.getByRole('checkbox').nth(index).click();
      if (type === 'area') await panel.locator('.stage > .area').click();
      await shoot(`${type}-${name}`);
      if (name === 'light' || name === 'dark') {
        await page.keyboard.press(type === 'grid' ? 'ArrowDown' : 'ArrowRight');
        await shoot(`${type}-${name}-focus`);
        await panel.getByRole('button', { name: 'Help' }).click();
        await panel.locator('.about:not([hidden])').waitFor();
        await accessible(page);
        await shoot(`${type}-${name}-help`);
      }
      assert.deepEqual(faults, []);
    }
  });
}
