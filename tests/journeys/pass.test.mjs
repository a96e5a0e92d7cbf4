// A visitor signs up at a shop with two lines of Munjigi on its page, in three engines, under a
// strict policy and without a mouse; the shop's back end verifies; the record exists.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { munjigi, openEngine, openShop, openStage, siteverify, until } from './stage.mjs';

/** @type {any} */
let stage;
/** @type {(() => unknown)[]} */
const closing = [];
before(async () => {
  const context = { name: 'pass', after: (/** @type {() => unknown} */ close) => closing.push(close) };
  stage = await openStage(/** @type {any} */ (context), 'wrangler');
});
after(async () => {
  for (const close of closing) await close();
});

const FIELD = `document.querySelector('[name=munjigi-response]')?.value`;

for (const engine of /** @type {const} */ (['chromium', 'firefox', 'webkit'])) {
  test(`a visitor signs up in ${engine} without a mouse`, async (t) => {
    const browser = await openEngine(t, engine);
    if (!browser) return;
    const shop = await openShop(t, stage);
    await browser.goto(`${shop}/?lang=en`);
    await until('the widget', () => browser.evaluate(`document.querySelector('iframe') !== null`));
    // Focus alone is an interaction with the form: no key, no pointer.
    await browser.evaluate(`(document.querySelector('[name=name]').focus(),
      document.querySelector('[name=name]').value = 'Kim', document.querySelector('[name=email]').focus(),
      document.querySelector('[name=email]').value = 'kim@example.com', true)`);
    const token = await until('a token', () => browser.evaluate(FIELD), 90_000);
    assert.match(token, /^mj1\./);
    // Delayed, so that the answer arrives before the page is left: a script whose page is gone
    // never answers in WebKit, and is abandoned after a few seconds.
    await browser.evaluate(`(setTimeout(() => document.querySelector('form button').click(), 200), true)`);
    await until('the welcome', () => browser.evaluate(`!!document.querySelector('#welcome')`).catch(() => false));

    // The shop's back end has spent it.
    const again = await siteverify(stage, token);
    assert.deepEqual(again, { success: false, 'error-codes': ['timeout-or-duplicate'] });
    const reports = await (await fetch(`${shop}/csp-report`)).json();
    assert.deepEqual(reports, [], 'a violation of the page’s policy');
    console.log(`${browser.version}: signed up`);
  });
}

test('the shop shows a friendly message where the token is missing', async (t) => {
  const shop = await openShop(t, stage);
  const body = new URLSearchParams({ name: 'Kim', email: 'kim@example.com' });
  const answer = await fetch(`${shop}/signup?lang=en`, { method: 'POST', body });
  assert.equal(answer.status, 422);
  assert.match(await answer.text(), /could not confirm/);
});

test('the probe passes against wrangler', async () => {
  const { sitekey, secret } = stage.site;
  const words = ['probe', '--edge', stage.edge, '--sitekey', sitekey, '--secret', secret, '--json'];
  await munjigi(stage, words);
});
