// A person with a passkey, in Chromium with a virtual device: adds one, logs in with it alone and
// after the password, logs in another way without scripts, has a copy refused, and removes it. Then
// axe checks the pages.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { accessible } from './axe.mjs';
import { PASSWORD, theatre } from '../support/people.mjs';
import { LITTLE_WORK, until } from '../support/stage.mjs';

const EMAIL = 'han@shop.example';
const own = theatre('passkeys', { asProgram: true, stack: LITTLE_WORK });
before(own.open);
after(own.close);

/**
 * A tab of a browser whose virtual device confirms everything.
 * @param {import('node:test').TestContext} t
 * @param {{javaScriptEnabled?: boolean, without?: string[]}} [options]
 */
async function tab(t, { javaScriptEnabled = true, without = [] } = {}) {
  const context = await own.browser.newContext({ baseURL: own.stage.origin, javaScriptEnabled });
  t.after(() => context.close());
  // Simulates browsers that cannot read and write the JSON of WebAuthn themselves.
  if (without.length > 0) {
    await context.addInitScript((names) => {
      for (const name of names) {
        Reflect.deleteProperty(PublicKeyCredential, name);
        Reflect.deleteProperty(PublicKeyCredential.prototype, name);
      }
    }, without);
  }
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true,
    },
  });
  const keys = async () => (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
  /** @param {any} credential */
  const put = (credential) => devtools.send('WebAuthn.addCredential', { authenticatorId, credential });
  /** @param {boolean} isUserVerified */
  const verifies = (isUserVerified) =>
    devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
  /** @param {string} label @param {string} text */
  const fill = (label, text) => page.getByLabel(label, { exact: true }).fill(text);
  /** @param {string} name */
  const press = (name) => page.getByRole('button', { name, exact: true }).click();
  /** @param {string} name */
  const sees = (name) => page.getByRole('heading', { name, exact: true }).waitFor();
  const password = async () => {
    await page.goto('/log-in');
    await fill('Email address', EMAIL);
    await fill('Password', PASSWORD);
    await press('Log in');
  };
  return { context, page, keys, put, verifies, fill, press, sees, password };
}

/** @param {Awaited<ReturnType<typeof tab>>} han */
async function signUp(han) {
  await han.page.goto('/sign-up');
  await han.fill('Name', 'Han');
  await han.fill('Email address', EMAIL);
  await han.fill('Password', PASSWORD);
  await han.press('Sign up');
  await han.sees('Check your email');
  const letter = han.page.locator('article', { hasText: EMAIL }).first();
  await until('an email', async () => {
    await han.page.goto('/mailbox');
    return letter.isVisible();
  });
  await letter.getByRole('link').first().click();
  await han.fill('Password', PASSWORD);
  await han.press('Confirm and log in');
  await han.sees('Overview');
}

test('a passkey is added, opens the account alone and after the password, and goes', async (t) => {
  const han = await tab(t);
  await signUp(han);
  const { page } = han;
  await page.goto('/console/account');
  await page.getByRole('link', { name: 'Add a passkey' }).click();
  // A device that does not verify its user creates none.
  await han.verifies(false);
  await han.press('Add a passkey');
  await page.getByText('That did not work').waitFor();
  await han.verifies(true);
  await han.fill('Name', 'Telephone');
  await han.press('Add a passkey');
  await han.sees('Your recovery codes');
  const codes = await page.locator('.codes code').allTextContents();
  assert.equal(codes.length, 10);
  const [first] = await han.keys();
  assert.equal(first.isResidentCredential, true);

  // Once more on the same device: the browser refuses.
  await page.goto('/console/account/passkeys');
  await han.press('Add a passkey');
  await page.getByText('That did not work').waitFor();
  assert.equal((await han.keys()).length, 1);

  // The passkey alone.
  await han.press('Log out');
  await page.goto('/console/account');
  await han.press('Log in with a passkey');
  await han.sees('Account');

  // The passkey after the password.
  await han.press('Log out');
  await han.password();
  await han.sees('Second factor');
  await han.press('Use a passkey');
  await han.sees('Overview');

  // A browser that leaves the JSON to the page.
  const old = await tab(t, {
    without: ['parseCreationOptionsFromJSON', 'parseRequestOptionsFromJSON', 'toJSON'],
  });
  const [key] = await han.keys();
  await old.put(key);
  await old.page.goto('/log-in');
  await old.press('Log in with a passkey');
  await old.sees('Overview');
  await old.page.goto('/console/account/passkeys');

  // Both count on from the same number: one of them is a copy and is detected.
  await han.press('Log out');
  await page.goto('/log-in');
  await han.press('Log in with a passkey');
  await page.getByText('may have been copied and is no longer accepted').waitFor();

  // Without scripts: password and recovery code, nothing more.
  const plain = await tab(t, { javaScriptEnabled: false });
  await plain.page.goto('/log-in');
  assert.equal(await plain.page.getByRole('button', { name: 'Log in with a passkey' }).isVisible(), false);
  await plain.password();
  await plain.sees('Second factor');
  await plain.fill('Code', codes[0]);
  await plain.press('Log in');
  await plain.sees('Overview');
  await plain.page.goto('/console/account/passkeys');
  await plain.page.getByText('Not accepted: this passkey may have been copied').waitFor();
  await plain.page.getByRole('link', { name: 'Telephone' }).click();
  await plain.fill('Password', PASSWORD);
  await plain.press('Remove passkey');
  await plain.page.getByText('The passkey has been removed').waitFor();
  await plain.press('Log out');
  await plain.password();
  await plain.sees('Overview');
  await plain.page.goto('/mailbox');
  for (const subject of ['Your account has a new passkey', 'A passkey may have been copied',
    'A passkey was removed from your account']) {
    await until(subject, async () => {
      await plain.page.goto('/mailbox');
      return plain.page.getByRole('heading', { name: subject }).first().isVisible();
    });
  }
});

test('the pages of passkeys are clean by axe, in both themes and widths', async (t) => {
  const han = await tab(t);
  await han.password();
  await han.sees('Overview');
  await han.page.goto('/console/account/passkeys');
  await han.fill('Name', 'A key with a name that is long enough for two lines on a telephone');
  await han.press('Add a passkey');
  await han.sees('Your recovery codes');
  await han.page.goto('/console/account/passkeys');
  const one = await han.page.getByRole('link', { name: /long enough/ }).getAttribute('href') ?? '';
  const half = await tab(t);
  await half.password();
  await half.sees('Second factor');
  const [inside, waiting] = [await han.context.storageState(), await half.context.storageState()];
  for (const [storageState, paths] of /** @type {const} */ ([
    [undefined, ['/log-in']],
    [waiting, ['/log-in/code']],
    [inside, ['/console/account', '/console/account/passkeys', one, '/console/account/proof']],
  ])) {
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      for (const width of [360, 1280]) {
        const viewport = { width, height: 900 };
        const context = await own.browser.newContext({ storageState, colorScheme, viewport, baseURL: own.stage.origin });
        const page = await context.newPage();
        for (const path of paths) {
          const answer = await page.goto(path);
          assert.equal(answer?.status(), 200, path);
          await accessible(page, { where: `${path} ${colorScheme} ${width}` });
          const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          assert.ok(wider <= 0, `${path} scrolls sideways by ${wider} at ${width}`);
        }
        await context.close();
      }
    }
  }
});
