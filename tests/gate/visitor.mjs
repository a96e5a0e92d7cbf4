// What a visitor does with the form that a gate shows.

import assert from 'node:assert/strict';
import { until } from '../support/stage.mjs';

const FIELD = `document.querySelector('[name=munjigi-response]')?.value`;
const status = (/** @type {any} */ browser) => browser.evaluate(`document.querySelector('[role=status]')?.innerText ?? ''`);
/** Later, so that the answer arrives before the page is left. */
const press = (/** @type {any} */ browser) =>
  browser.evaluate(`(setTimeout(() => document.querySelector('form button').click(), 200), true)`);

/**
 * Fills a form and sends it, and then its token again.
 * @param {any} browser
 * @param {string} form its address, of a host that has a site
 * @param {() => void} [accepted] called after the first time
 */
export async function visitForm(browser, form, accepted = () => {}) {
  await browser.goto(form);
  await until('the widget', () => browser.evaluate(`document.querySelector('iframe') !== null`));
  await browser.evaluate(`(document.querySelector('[name=email]').focus(),
    document.querySelector('[name=email]').value = 'kim@example.com', true)`);
  assert.match(await until('a token', () => browser.evaluate(FIELD), 90_000), /^mj1\./);
  await press(browser);
  await until('acceptance', async () => (await status(browser).catch(() => '')).startsWith('Accepted'));
  accepted();
  await press(browser);
  await until('the refusal', async () => (await status(browser).catch(() => '')).startsWith('Refused'));
  assert.match(await browser.evaluate('document.body.innerText'), /timeout-or-duplicate/);
}
