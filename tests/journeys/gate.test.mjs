// The gate in the Worker's place: a visitor signs up at a shop in three engines, and the record exists.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { signUp } from './shopper.mjs';
import { LITTLE_WORK, munjigi, openStage } from '../support/stage.mjs';

/** @type {any} */
let stage;
/** @type {(() => unknown)[]} */
const closing = [];
before(async () => {
  const context = { name: 'gate', after: (/** @type {() => unknown} */ close) => closing.push(close) };
  stage = await openStage(/** @type {any} */ (context), 'gate', LITTLE_WORK);
});
after(async () => {
  for (const close of closing) await close();
});

for (const engine of /** @type {const} */ (['chromium', 'firefox', 'webkit'])) {
  test(`a visitor signs up through the gate in ${engine} without a mouse`, (t) => signUp(t, stage, engine));
}

test('the probe passes against the gate', async () => {
  const { sitekey, secret } = stage.site;
  const words = ['probe', '--edge', stage.edge, '--sitekey', sitekey, '--secret', secret, '--json'];
  const report = JSON.parse(await munjigi(stage, words));
  assert.ok(report);
});
