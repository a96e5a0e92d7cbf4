// The console's own forms behind our own widget, at the real edge: a person who signs up and logs
// in with scripts passes it; without scripts the same forms accept them as well.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { PASSWORD, theatre } from '../support/people.mjs';
import { LITTLE_WORK, until } from '../support/stage.mjs';

const EMAIL = 'yun@shop.example';
const own = theatre('visitor', { stack: LITTLE_WORK });
before(own.open);
after(own.close);

/**
 * How often forms were submitted with this outcome.
 * @param {string} form
 * @param {string} outcome
 */
async function visits(form, outcome) {
  const text = await (await fetch(`${own.stage.operators}/metrics`)).text();
  const line = text.split('\n').find((it) => it.startsWith('munjigi_console_visits_total')
    && it.includes(`form="${form}"`) && it.includes(`outcome="${outcome}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

test('the widget passes people who sign up and log in with scripts', async (t) => {
  const context = await own.browser.newContext({ baseURL: own.stage.origin });
  t.after(() => context.close());
  const page = await context.newPage();
  /** @param {string} label @param {string} text */
  const fill = (label, text) => page.getByLabel(label, { exact: true }).fill(text);
  const passed = () =>
    until('a token', () => page.locator('[name="munjigi-response"]').first().inputValue(), 90_000);
  await page.goto('/sign-up');
  await page.locator('iframe').waitFor();
  await fill('Name', 'Yun');
  await fill('Email address', EMAIL);
  await fill('Password', PASSWORD);
  await passed();
  await page.getByRole('button', { name: 'Sign up', exact: true }).click();
  await page.getByRole('heading', { name: 'Check your email' }).waitFor();
  assert.equal(await visits('sign-up', 'passed'), 1);
  const letter = page.locator('article', { hasText: EMAIL }).first();
  await until('an email', async () => {
    await page.goto('/mailbox');
    return letter.isVisible();
  });
  await letter.getByRole('link').first().click();
  await fill('Password', PASSWORD);
  await page.getByRole('button', { name: 'Confirm and log in' }).click();
  await page.getByRole('button', { name: 'Log out' }).click();

  await page.goto('/log-in');
  await fill('Email address', EMAIL);
  await fill('Password', PASSWORD);
  await passed();
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  assert.equal(await visits('log-in', 'passed'), 1);
  assert.equal(await visits('log-in', 'refused'), 0);
});

test('without scripts the same form lets them in', async (t) => {
  const context = await own.browser.newContext({ baseURL: own.stage.origin, javaScriptEnabled: false });
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto('/log-in');
  // Text searches skip noscript, whether scripts run or not.
  await page.locator('noscript > .hint').waitFor();
  await page.getByLabel('Email address', { exact: true }).fill(EMAIL);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  assert.equal(await visits('log-in', 'unshown'), 1);
});
