// A visitor signs up at a shop with two lines of Munjigi on its page, in three engines, under a
// strict policy and without a mouse; the shop's back end verifies; the record exists.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { signUp } from './shopper.mjs';
import { munjigi, openShop, openStage } from '../support/stage.mjs';

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

for (const engine of /** @type {const} */ (['chromium', 'firefox', 'webkit'])) {
  test(`a visitor signs up in ${engine} without a mouse`, (t) => signUp(t, stage, engine));
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
