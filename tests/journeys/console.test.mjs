// A site's owner from sign-up to a served site, in Chromium: letters through the local mailbox, a second
// factor, the snippet in a customer's shop, a visitor who passes, a rotation of the secret, a colleague
// who may only look. With scripts off: the console needs none. Then every page is looked at by axe, in
// both themes and widths. Screenshots are kept.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { munjigi, openShop, openStage, PICTURES, siteverify, until } from './stage.mjs';

const CHROMIUM = process.env.MUNJIGI_CHROMIUM ?? '/usr/bin/chromium';
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--disable-blink-features=AutomationControlled'];
const PASSWORD = 'lantern orbit velvet';
const ROLES = ['owner', 'admin', 'analyst', 'read-only'];

/** @type {any} */
let stage;
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {(() => unknown)[]} */
const closing = [];
before(async () => {
  const context = { name: 'console', after: (/** @type {() => unknown} */ close) => closing.push(close) };
  stage = await openStage(/** @type {any} */ (context), 'workerd');
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
});
after(async () => {
  await browser?.close();
  for (const close of closing) await close();
});

/**
 * A person before a browser without scripts.
 * @param {import('node:test').TestContext} t
 */
async function person(t) {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: stage.origin });
  t.after(() => context.close());
  const page = await context.newPage();
  /** @param {string} path */
  const open = async (path) => {
    const answer = await page.goto(path);
    assert.equal(answer?.status(), 200, `${path}: ${await page.locator('main').textContent()}`);
  };
  /** @param {string} name */
  const press = (name) => page.getByRole('button', { name, exact: true }).click();
  /** @param {string} label @param {string} text */
  const fill = (label, text) => page.getByLabel(label, { exact: true }).fill(text);
  return { context, page, open, press, fill };
}

/** @typedef {Awaited<ReturnType<typeof person>>} Person */

/**
 * Follows the link of the newest letter with this subject.
 * @param {Person} someone
 * @param {RegExp} subject
 * @param {string} to
 */
async function follow({ page }, subject, to) {
  const letter = page.locator('article', { has: page.getByRole('heading', { name: subject }), hasText: to }).first();
  await until(`a letter to ${to}`, async () => {
    await page.goto('/mailbox');
    return letter.isVisible();
  });
  await letter.getByRole('link').first().click();
}

/**
 * Makes an account.
 * @param {Person} someone
 * @param {string} name
 * @param {string} email
 */
async function signUp(someone, name, email) {
  await someone.open('/sign-up');
  await someone.fill('Name', name);
  await someone.fill('E-mail address', email);
  await someone.fill('Password', PASSWORD);
  await someone.press('Sign up');
  await someone.page.getByRole('heading', { name: 'Look into your mailbox' }).waitFor();
  await follow(someone, /Confirm your address/, email);
  await someone.fill('Password', PASSWORD);
  await someone.press('Confirm and log in');
  await someone.page.getByRole('heading', { name: 'Overview' }).waitFor();
}

/** What an authenticator app shows (RFC 6238). @param {string} key @param {number} [at] */
function code(key, at = Date.now()) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...key.replaceAll(' ', '')].map((digit) => alphabet.indexOf(digit).toString(2).padStart(5, '0')).join('');
  const bytes = Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const digest = createHmac('sha1', bytes).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** A token of a visitor. @param {any} site */
const token = async (site) =>
  (await munjigi(stage, ['solve', '--edge', stage.edge, '--sitekey', site.sitekey])).trim();

/** @param {any} site @param {string} secret */
const verdict = async (site, secret) => siteverify(stage, await token(site), { secret });

test('from sign-up to a visitor who passes, a rotation, and a colleague who may only look', async (t) => {
  const kim = await person(t);
  await signUp(kim, 'Kim Minseo', 'kim@shop.example');
  const base = new URL(kim.page.url()).pathname;

  // An authenticator app; then out, and in again with it.
  await kim.open('/console/account');
  await kim.page.getByRole('link', { name: 'Use an authenticator app' }).click();
  const key = await kim.page.locator('#key').textContent() ?? '';
  await kim.fill('Code', code(key));
  await kim.press('Use this app');
  const codes = await kim.page.locator('.codes code').allTextContents();
  assert.equal(codes.length, 10);
  await kim.press('Log out');
  await kim.open('/log-in');
  await kim.fill('E-mail address', 'KIM@shop.example');
  await kim.fill('Password', PASSWORD);
  await kim.press('Log in');
  await kim.page.getByRole('heading', { name: 'Second factor' }).waitFor();
  await kim.page.goto(base);
  await kim.page.getByRole('heading', { name: 'Log in' }).waitFor();
  await kim.page.goto('/log-in/code');
  // The code that switched it on is spent.
  await kim.fill('Code', code(key));
  await kim.press('Log in');
  await kim.page.getByText('That code is wrong, or was used before').waitFor();
  await kim.fill('Code', codes[0].toUpperCase());
  await kim.press('Log in');
  await kim.page.getByRole('heading', { name: 'Overview' }).waitFor();

  // A site.
  await kim.page.getByRole('link', { name: 'Make your first site' }).click();
  await kim.fill('Name', 'Shop');
  await kim.page.getByLabel('Also localhost').check();
  await kim.press('Make the site');
  const secret = await kim.page.locator('#secret').textContent() ?? '';
  const snippet = await kim.page.getByLabel('Two lines of HTML').textContent() ?? '';
  const sitekey = /data-sitekey="(mj_\w+)"/.exec(snippet)?.[1] ?? '';
  assert.match(snippet, new RegExp(`${stage.edge}/v1/api.js`));
  await kim.page.getByRole('link', { name: /on to the site/ }).click();
  await kim.page.getByText('Waiting for your first challenge').waitFor();
  const place = new URL(kim.page.url()).pathname;
  const site = { sitekey, secret };
  await until('the edge to have it', async () => {
    await kim.page.goto(place);
    return kim.page.getByText('On the edge').isVisible();
  });
  await until('the edge to serve it', async () => (await fetch(`${stage.edge}/v1/frame/${sitekey}`)).ok);

  // A visitor of a customer's shop, whose browser runs scripts.
  const shop = await openShop(t, stage, site);
  const visitor = await browser.newPage();
  t.after(() => visitor.close());
  await visitor.goto(`${shop}/?lang=en`);
  await visitor.locator('iframe').waitFor();
  await visitor.locator('[name=name]').fill('Lee');
  await visitor.locator('[name=email]').fill('lee@home.example');
  await until('a token', () => visitor.locator('[name="munjigi-response"]').first().inputValue(), 90_000);
  await visitor.locator('form button').click();
  await visitor.locator('#welcome').waitFor();
  for (const id of ['#first-challenge .good', '#first-token .good']) {
    await until(id, async () => {
      await kim.page.goto(place);
      return kim.page.locator(id).isVisible();
    }, 90_000);
  }

  // A rotation without a gap.
  await kim.press('Rotate: add a second secret');
  const newer = await kim.page.locator('#secret').textContent() ?? '';
  assert.notEqual(newer, secret);
  const works = (/** @type {string} */ which) => async () => (await verdict(site, which)).success;
  await until('the newer one', works(newer), 60_000);
  assert.equal(await works(secret)(), true);
  await kim.page.goto(place);
  await kim.press('Make the older void');
  await kim.page.getByText('The older secret is void').waitFor();
  await until('the older one to be void', async () => {
    const { success, 'error-codes': why } = await verdict(site, secret);
    return !success && why.includes('invalid-input-secret');
  }, 60_000);
  assert.equal(await works(newer)(), true);

  // A colleague who may only look.
  await kim.open(`${base}/team`);
  await kim.fill('E-mail address', 'park@shop.example');
  await kim.press('Send the invitation');
  await kim.page.getByText('A letter with a link is on its way').waitFor();
  const park = await person(t);
  await follow(park, /join|invite/i, 'park@shop.example');
  await park.fill('Name', 'Park');
  await park.fill('Password', PASSWORD);
  await park.press('Make the account and join');
  await park.page.getByRole('heading', { name: 'Overview' }).waitFor();
  await park.open(place);
  for (const name of ['Pause', 'Delete', 'Rotate: add a second secret']) {
    assert.equal(await park.page.getByRole('button', { name }).count(), 0, name);
  }
  const formKey = await park.page.locator('[name=form_key]').first().inputValue();
  for (const [path, form] of /** @type {[string, Record<string, string>][]} */ ([
    [`${place}/change`, { change: 'delete' }],
    [`${place}/change`, { change: 'pause' }],
    [`${place}/secrets`, { change: 'add' }],
    [`${base}/new-site`, { name: 'Mine', hosts: 'mine.example', sitekey }],
    [`${base}/team/invite`, { email: 'a@b.example', role: 'owner' }],
    [`${base}/team/change`, { account: '0123456789abcdef', role: 'owner' }],
  ])) {
    const answer = await park.context.request.post(path, { form: { ...form, form_key: formKey } });
    assert.equal(answer.status(), 403, path);
    assert.match(await answer.text(), /Your role does not allow this/);
  }
  assert.equal(await works(newer)(), true, 'nothing was changed');
});

test('the home page tries out the widget and shows what siteverify answers', async (t) => {
  const context = await browser.newContext({ baseURL: stage.origin });
  t.after(() => context.close());
  const page = await context.newPage();
  /** @type {string[]} */
  const violated = [];
  page.on('console', (message) => {
    if (/Content.Security.Policy/i.test(message.text())) violated.push(message.text());
  });
  await page.goto('/');
  await page.locator('iframe').waitFor();
  await page.getByLabel('A comment').fill('Hello');
  await until('a token', () => page.locator('[name="munjigi-response"]').first().inputValue(), 90_000);
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('pre', { hasText: '"success": true' }).waitFor();
  const { violations } = await new AxeBuilder({ page }).analyze();
  assert.deepEqual(violations.map(({ id }) => id), []);
  await page.getByRole('button', { name: 'Send the same token again' }).click();
  await page.locator('pre', { hasText: 'timeout-or-duplicate' }).waitFor();
  assert.deepEqual(violated, []);
});

test('every page is clean by axe, in both themes and widths', async (t) => {
  const lee = await person(t);
  await signUp(lee, 'Lee <b>Jun</b>', 'lee@shop.example');
  const base = new URL(lee.page.url()).pathname;
  await lee.open(`${base}/new-site`);
  await lee.fill('Name', 'A shop with a name that is long enough to need more than one line on a telephone');
  await lee.fill('Host names', 'shop.example\n*.a-rather-long-name-of-a-subdomain.shop.example');
  await lee.press('Make the site');
  await lee.page.getByRole('link', { name: /on to the site/ }).click();
  const place = new URL(lee.page.url()).pathname;
  for (const role of ROLES.slice(1)) {
    await lee.open(`${base}/team`);
    await lee.fill('E-mail address', `${role}@shop.example`);
    await lee.page.getByRole('radio', { name: new RegExp(`^${role}`) }).check();
    await lee.press('Send the invitation');
  }
  // The last ones choose a language, which is kept.
  const guest = ['/', '/privacy/data', '/api', '/log-in', '/sign-up', '/recover', '/mailbox', '/nowhere-at-all', '/status', '/docs',
    '/docs/integration', '/docs/protocol', '/?lang=ko', '/status?lang=ko', '/sign-up?lang=ko'];
  const own = [base, `${base}/statistics`, `${base}/sites`, `${base}/new-site`, place, `${place}/settings`, `${place}/rules`,
    `${base}/anomalies`, `${base}/notifications`,
    `${base}/team`, `${base}/keys`, `${base}/record`, '/console/account',
    '/console/account/factor', '/console/account/data', '/console/0000000000000000'];
  const state = await lee.context.storageState();
  for (const [storageState, paths] of /** @type {const} */ ([[undefined, guest], [state, own]])) {
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      for (const width of [360, 1280]) {
        const viewport = { width, height: 900 };
        const context = await browser.newContext({ storageState, colorScheme, viewport, baseURL: stage.origin });
        const page = await context.newPage();
        for (const path of paths) {
          await page.goto(path);
          const { violations } = await new AxeBuilder({ page }).analyze();
          const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
          assert.deepEqual(found, [], `${path} ${colorScheme} ${width}`);
          const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          assert.ok(wider <= 0, `${path} scrolls sideways by ${wider} at ${width}`);
          const name = path.replace(base, 'own').replace(/mj_\w+/, 'site').replaceAll(/[/?=]/g, '-').replace(/^-/, '') || 'home';
          await page.screenshot({ path: join(PICTURES, `console-${name}-${colorScheme}-${width}.png`), fullPage: true });
        }
        await context.close();
      }
    }
  }
});
