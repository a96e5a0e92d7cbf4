// A site's owner from sign-up to a served site, in Chromium: emails through the local mailbox, a
// second factor, the snippet in a customer's shop, a visitor who passes, a rotation of the secret,
// and a colleague with read access who tries everything else, on pages and over the API. With
// scripts off: the console needs none.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { accessible } from './axe.mjs';
import { code, join, PASSWORD, person, signUp, theatre } from '../support/people.mjs';
import { ROLES, tryAll } from './roles.mjs';
import { SCHEMES, sendDay, shown } from './screenshots.mjs';
import { LITTLE_WORK, munjigi, openShop, siteverify, until } from '../support/stage.mjs';
import { openVendorPage } from './vendor-page.mjs';

const own = theatre('console', { stack: LITTLE_WORK });
before(own.open);
after(own.close);

/** A token of a visitor. @param {any} site */
const token = async (site) =>
  (await munjigi(own.stage, ['solve', '--edge', own.stage.edge, '--sitekey', site.sitekey])).trim();

/** @param {any} site @param {string} secret */
const verdict = async (site, secret) => siteverify(own.stage, await token(site), { secret });

test('from sign-up to a visitor who passes, a rotation, and a colleague who may only look', async (t) => {
  const kim = await person(t, own);
  await signUp(kim, 'Kim Minseo', 'kim@shop.example');
  const base = new URL(kim.page.url()).pathname;

  // An authenticator app; then log out, and log in again with it.
  await kim.open('/console/account');
  await kim.page.getByRole('link', { name: 'Set up an authenticator app' }).click();
  const key = await kim.page.locator('#key').textContent() ?? '';
  const spent = code(key);
  await kim.fill('Code', spent);
  await kim.press('Use this app');
  const codes = await kim.page.locator('.codes code').allTextContents();
  assert.equal(codes.length, 10);
  await kim.press('Log out');
  await kim.open('/log-in');
  await kim.fill('Email address', 'KIM@shop.example');
  await kim.fill('Password', PASSWORD);
  await kim.press('Log in');
  await kim.sees('Second factor');
  await kim.page.goto(base);
  await kim.sees('Log in');
  await kim.page.goto('/log-in/code');
  // The code that enabled it is spent.
  await kim.fill('Code', spent);
  await kim.press('Log in');
  await kim.page.getByText('This code is incorrect or was already used').waitFor();
  await kim.fill('Code', codes[0].toUpperCase());
  await kim.press('Log in');
  await kim.sees('Overview');

  // A site.
  await kim.page.getByRole('link', { name: 'Create your first site' }).click();
  await kim.fill('Name', 'Shop');
  await kim.page.getByLabel('Also localhost').check();
  await kim.press('Create site');
  const secret = await kim.page.locator('#secret').textContent() ?? '';
  const snippet = await kim.page.getByLabel('Two lines of HTML').textContent() ?? '';
  const sitekey = /data-sitekey="(mj_\w+)"/.exec(snippet)?.[1] ?? '';
  assert.match(snippet, new RegExp(`${own.stage.edge}/v1/api.js`));
  await kim.page.getByRole('link', { name: /continue to the site/ }).click();
  await kim.page.getByText('Waiting for your first challenge').waitFor();
  const place = new URL(kim.page.url()).pathname;
  const site = { sitekey, secret };
  await until('the edge to have it', async () => {
    await kim.page.goto(place);
    return kim.page.getByText('Delivered to the edge', { exact: true }).isVisible();
  });
  await until('the edge to serve it', async () => (await fetch(`${own.stage.edge}/v1/frame/${sitekey}`)).ok);

  // With scripts there is no need to reload: the page turns green by itself.
  const storageState = await kim.context.storageState();
  const watching = await own.browser.newContext({ storageState, baseURL: own.stage.origin });
  t.after(() => watching.close());
  const watched = await watching.newPage();
  await watched.goto(place);
  await watched.getByText('Waiting for your first challenge').waitFor();

  // A visitor of a customer's shop, whose browser runs scripts.
  const shop = await openShop(t, own.stage, site);
  const visitor = await own.browser.newPage();
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
    await watched.locator(id).waitFor();
  }
  await watched.getByRole('status').getByText('First token: Redeemed').waitFor({ state: 'attached' });

  // A rotation without a gap.
  await kim.press('Rotate: add a second secret');
  const newer = await kim.page.locator('#secret').textContent() ?? '';
  assert.notEqual(newer, secret);
  const works = (/** @type {string} */ which) => async () => (await verdict(site, which)).success;
  await until('the newer one', works(newer), 60_000);
  assert.equal(await works(secret)(), true);
  await kim.page.goto(place);
  await kim.press('Revoke old secret');
  await kim.page.getByText('The old secret has been revoked').waitFor();
  await until('the older one to be void', async () => {
    const { success, 'error-codes': why } = await verdict(site, secret);
    return !success && why.includes('invalid-input-secret');
  }, 60_000);
  assert.equal(await works(newer)(), true);

  // A colleague with read access only.
  await kim.open(`${base}/team`);
  await kim.fill('Email address', 'park@shop.example');
  await kim.press('Send invitation');
  await kim.page.getByText('We sent an email with a link').waitFor();
  const park = await person(t, own);
  await join(park, 'Park', 'park@shop.example');
  await park.open(place);
  for (const name of ['Pause', 'Delete', 'Rotate: add a second secret']) {
    assert.equal(await park.page.getByRole('button', { name }).count(), 0, name);
  }
  const csrfToken = await park.page.locator('[name=csrf_token]').first().inputValue();
  for (const [path, form] of /** @type {[string, Record<string, string>][]} */ ([
    [`${place}/change`, { change: 'delete' }],
    [`${place}/change`, { change: 'pause' }],
    [`${place}/secrets`, { change: 'add' }],
    [`${base}/new-site`, { name: 'Mine', hosts: 'mine.example', sitekey }],
    [`${base}/team/invite`, { email: 'a@b.example', role: 'owner' }],
    [`${base}/team/change`, { account: '0123456789abcdef', role: 'owner' }],
  ])) {
    const answer = await park.context.request.post(path, { form: { ...form, csrf_token: csrfToken } });
    assert.equal(answer.status(), 403, path);
    assert.match(await answer.text(), /Your role does not allow this/);
  }

  await kim.open(`${base}/lists`);
  await kim.fill('Name', 'office');
  await kim.fill('Entries', '192.0.2.0/24');
  await kim.press('Create list');
  const list = await kim.page.locator('main td code').first().innerText();

  // The same over the API, and in every other role.
  const organisation = base.split('/').at(-1) ?? '';
  const record = async () => (await kim.page.goto(`${base}/audit`), kim.page.locator('tbody tr').count());
  const before = await record();
  await kim.open(`${base}/team`);
  const account = (/** @type {string} */ name) =>
    kim.page.locator('tr', { hasText: name }).locator('[name=account]').first().inputValue();
  const [kims, parks] = [await account('Kim'), await account('Park')];
  for (const [index, role] of ROLES.entries()) {
    if (index > 0) {
      await kim.open(`${base}/team`);
      await kim.page.getByLabel('Role of Park', { exact: true }).selectOption(role);
      await kim.press('Change the role of Park');
      await kim.page.getByRole('status').waitFor();
    }
    const names = { organisation, sitekey, list, which: 'older', account: kims, invitation: parks, key: parks, job: parks };
    for (const line of await tryAll(own.stage.origin, 'park@shop.example', role, names)) t.diagnostic(line);
  }
  assert.equal(await record(), before + ROLES.length - 1, 'only the roles were changed');
  assert.equal(await works(newer)(), true, 'nothing was changed');
});

const MOVING = {
  turnstile: { shape: 'Turnstile', element: 'cf-turnstile', field: 'cf-turnstile-response' },
  hcaptcha: { shape: 'hCaptcha', element: 'h-captcha', field: 'h-captcha-response' },
  recaptcha: { shape: 'reCAPTCHA', element: 'g-recaptcha', field: 'g-recaptcha-response' },
};

test('a site that moves in changes what the console says, and its page and back end keep working', async (t) => {
  const lee = await person(t, own);
  await signUp(lee, 'Lee Jun', 'lee@moving.example');
  const base = new URL(lee.page.url()).pathname;
  for (const [vendor, { shape, element, field }] of Object.entries(MOVING)) {
    await lee.open(`${base}/new-site`);
    await lee.fill('Name', `Written for ${shape}`);
    await lee.page.getByLabel('Also localhost').check();
    await lee.page.getByLabel('Key format').selectOption(shape);
    await lee.press('Create site');
    const secret = await lee.page.locator('#secret').textContent() ?? '';
    const sitekey = await lee.page.locator('dd code').first().textContent() ?? '';
    const shown = async () => {
      const texts = await lee.page.getByRole('region', { name: 'Addresses to change' }).locator('td').allTextContents();
      assert.equal(texts.length, 4);
      return texts;
    };
    const told = await shown();
    await lee.page.getByRole('link', { name: /continue to the site/ }).click();
    assert.deepEqual(await shown(), told);
    assert.equal(await lee.page.getByText(sitekey, { exact: true }).count(), 1);
    const [, script, , siteverify] = told;
    await until('the edge to serve it', async () =>
      (await fetch(`${own.stage.edge}/v1/frame/${sitekey}`, { headers: { referer: 'http://localhost/' } })).ok);

    const html = `<form><label>Name <input name="who"></label><div class="${element}" data-sitekey="${sitekey}"></div></form>
      <script src="${script}" async defer></script>`;
    const visitor = await openVendorPage(t, own, /** @type {any} */ (vendor), html);
    await visitor.page.locator('iframe').waitFor({ state: 'attached' });
    await visitor.page.getByLabel('Name').pressSequentially('Park');
    if (vendor !== 'turnstile') await visitor.page.frameLocator('iframe').first().locator('#b').click();
    const body = new URLSearchParams({ secret, response: await visitor.field(field) });
    const answer = await fetch(siteverify, { method: 'POST', body });
    assert.equal((await answer.json()).success, true);
    await lee.page.getByRole('link', { name: 'What behaves differently' }).click();
    await lee.sees(`From ${shape}`);
  }
});

test('the home page tries out the widget and shows what siteverify answers', async (t) => {
  const context = await own.browser.newContext({ baseURL: own.stage.origin });
  t.after(() => context.close());
  const page = await context.newPage();
  /** @type {string[]} */
  const violated = [];
  page.on('console', (message) => {
    if (/Content.Security.Policy/i.test(message.text())) violated.push(message.text());
  });
  await page.goto('/');
  await page.locator('iframe').waitFor();
  await page.getByLabel('Comment').fill('Hello');
  await until('a token', () => page.locator('[name="munjigi-response"]').first().inputValue(), 90_000);
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('pre', { hasText: '"success": true' }).waitFor();
  await accessible(page);
  await page.getByRole('button', { name: 'Send the same token again' }).click();
  await page.locator('pre', { hasText: 'timeout-or-duplicate' }).waitFor();
  assert.deepEqual(violated, []);
});

test('a day of visitors stands in the overview, as the README shows it', async (t) => {
  const han = await person(t, own);
  await signUp(han, 'Han Jiwoo', 'han@shop.example');
  const base = new URL(han.page.url()).pathname;
  await han.open(`${base}/new-site`);
  await han.fill('Name', 'Shop');
  await han.fill('Host names', 'shop.example');
  await han.press('Create site');
  const sitekey = await han.page.locator('dd code').first().textContent() ?? '';
  const sent = await sendDay(own.stage, sitekey);
  // An origin sums up what is due when it starts, else every few minutes.
  await own.stage.order('kill origin');
  await own.stage.order('start origin');
  const told = async (/** @type {string} */ name) => {
    // Of the day; the last ten minutes stand before it.
    const numbers = await han.page.locator('dt', { hasText: name }).locator('xpath=following-sibling::dd[1]/b').allTextContents();
    return Number(numbers.at(-1)?.replaceAll(/\D/g, ''));
  };
  await until('the sums', async () => {
    await han.page.goto(base);
    return await told('Tokens redeemed') === sent.redeemed && await told('Challenges') === sent.issued;
  });
  const storageState = await han.context.storageState();
  for (const colorScheme of SCHEMES) {
    const context = await own.browser.newContext({
      storageState, colorScheme, baseURL: own.stage.origin, viewport: { width: 1280, height: 1110 },
    });
    t.after(() => context.close());
    const page = await context.newPage();
    await page.goto(base);
    await page.getByText('Live, as of').waitFor();
    await page.screenshot({ path: shown('console', colorScheme) });
  }
});
