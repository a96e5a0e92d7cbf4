// The page of clearance where its script does not come, and what stands above each of its texts.
//
//   node --test tests/journeys/clearance-page.test.mjs

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

import { launchShell } from '../support/browsers.mjs';

import { ROOT } from '../support/stack.mjs';

const WAITS = ' data-state="work" data-no-script="needed" data-to="x" data-sitekey="mj_x"';

/** @param {string} language */
const textsOf = (language) => JSON.parse(readFileSync(join(ROOT, 'widget/clearance/locales', `${language}.json`), 'utf8'));

/**
 * The built page, as the edge sends it, with its script or without, and without the widget.
 * @param {import('node:test').TestContext} t @param {string} language @param {string} attributes of its root
 * @param {{script?: boolean}} [options]
 */
async function openPage(t, language, attributes, { script = false } = {}) {
  const browser = await launchShell();
  t.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 360, height: 640 } });
  const built = readFileSync(join(ROOT, 'dist/_clearance', `${language}.html`), 'utf8');
  const body = built.replace('<html', `<html${attributes}`);
  await page.route('**/*', (route) => {
    const [, file] = /\/munjigi\/(assets\/clearance\..*)$/.exec(route.request().url()) ?? [];
    if (route.request().isNavigationRequest()) return route.fulfill({ body, contentType: 'text/html' });
    return script && file ? route.fulfill({ path: join(ROOT, 'dist', file) }) : route.abort();
  });
  await page.goto('https://shop.example/.well-known/munjigi/clearance?to=x');
  return page;
}

test('a page that leads no further does not ask for patience', async (t) => {
  const page = await openPage(t, 'en', WAITS);
  const { title, closed } = textsOf('en');
  for (const [heading, states] of [[title, ['work', 'form', 'passed']], [closed, ['blocked', 'stale', 'loop', 'cookies', 'busy', 'failed']]])
    for (const state of states) {
      await page.evaluate((to) => (document.documentElement.dataset.state = to), state);
      assert.deepEqual(await page.getByRole('heading').allInnerTexts(), [heading], state);
    }
});

test('the tab says what the heading says', async (t) => {
  const { title, closed } = textsOf('ko');
  // Without the widget there is no clearance.
  for (const [attributes, told] of [[' data-state="blocked"', closed], [' data-state="form"', title], [WAITS, closed]]) {
    const page = await openPage(t, 'ko', attributes, { script: true });
    await page.locator('html[data-live]').waitFor();
    assert.equal(await page.title(), told, attributes);
    assert.deepEqual(await page.getByRole('heading').allInnerTexts(), [told], attributes);
  }
});

for (const language of ['en', 'ar'])
  test(`a page whose script does not come offers another try after a while, ${language}`, async (t) => {
    const page = await openPage(t, language, WAITS);
    const again = page.locator('.on-work.late a');
    assert.equal(await again.isVisible(), false);
    // Its time, without waiting for it.
    await page.evaluate(() => document.getAnimations().forEach((animation) => animation.finish()));
    assert.ok(await again.isVisible());
    const words = textsOf(language);
    assert.equal((await page.locator('.on-work.late').innerText()).trim(), `${words.failed} ${words.again}`);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await Promise.all([page.waitForEvent('framenavigated'), again.click()]);
    assert.equal(page.url(), 'https://shop.example/.well-known/munjigi/clearance?to=x');
    // Where the script has come, there is nothing of this.
    await page.evaluate(() => (document.documentElement.dataset.live = ''));
    assert.equal(await again.count(), 1);
    assert.equal(await page.locator('.on-work.late').isVisible(), false);
  });
