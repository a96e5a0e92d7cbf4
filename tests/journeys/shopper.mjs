// A visitor of the example shop: signs up in an engine, without a mouse, under the shop's strict policy.

import assert from 'node:assert/strict';
import { openEngine, openShop, siteverify, until } from '../support/stage.mjs';

const FIELD = `document.querySelector('[name=munjigi-response]')?.value`;

/**
 * Signs up at a shop of the stage's site, unless the engine is missing.
 * @param {import('node:test').TestContext} t
 * @param {any} stage
 * @param {'chromium' | 'firefox' | 'webkit'} engine
 */
export async function signUp(t, stage, engine) {
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
}
