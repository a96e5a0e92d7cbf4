// Every page as people see it, in Chromium: checked by axe in both themes and widths, including
// pages that only a form leads to, and traversed with the Tab key alone. Screenshots are kept.

import test, { after, before } from 'node:test';
import { look, MOST_TABS, walk } from './looks.mjs';
import { person, PASSWORD, signUp, theatre } from '../support/people.mjs';
import { ROLES } from './roles.mjs';
import { LITTLE_WORK, until } from '../support/stage.mjs';

const own = theatre('pages', { stack: LITTLE_WORK });
before(own.open);
after(own.close);

test('pages for everybody', async (t) => {
  const { page } = await person(t, own, { javaScriptEnabled: true });
  // The last ones choose a language, which is remembered.
  for (const path of ['/', '/privacy/data', '/api', '/log-in', '/sign-up', '/recover', '/mailbox', '/nowhere-at-all', '/status',
    '/docs', '/docs/integration', '/docs/protocol', '/docs/verify', '/docs/migrate-turnstile', '/?lang=ko', '/status?lang=ko',
    '/sign-up?lang=ko']) {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto(path);
    const name = path.replaceAll(/[/?=]/g, '-').replace(/^-/, '') || 'home';
    await walk(page, name);
    await look(page, name);
  }
});

test('pages for users who are logged in', async (t) => {
  const without = await person(t, own);
  await signUp(without, 'Lee <b>Jun</b>', 'lee@shop.example');
  const base = new URL(without.page.url()).pathname;
  const lee = await person(t, own, { javaScriptEnabled: true });
  await lee.context.addCookies(await without.context.cookies());
  await lee.open(`${base}/new-site`);
  await lee.fill('Name', 'A shop with a name that is long enough to need more than one line on a telephone');
  await lee.fill('Host names', 'shop.example\n*.a-rather-long-name-of-a-subdomain.shop.example');
  await lee.submit('Create site');
  await look(lee.page, 'own-site-made');
  await lee.arrive(() => lee.page.getByRole('link', { name: /continue to the site/ }).click());
  const place = new URL(lee.page.url()).pathname;
  await lee.open(`${base}/new-site`);
  await lee.fill('Name', 'Written for another vendor');
  await lee.page.getByLabel('Also localhost').check();
  await lee.page.getByLabel('Key format').selectOption('Turnstile');
  await lee.submit('Create site');
  await look(lee.page, 'own-site-moving-made');
  await lee.arrive(() => lee.page.getByRole('link', { name: /continue to the site/ }).click());
  await look(lee.page, 'own-site-moving');
  for (const role of ROLES.slice(0, -1)) {
    await lee.open(`${base}/team`);
    await lee.fill('Email address', `${role}@shop.example`);
    await lee.page.getByRole('radio', { name: new RegExp(`^${role}`) }).check();
    await lee.press('Send invitation');
  }

  // Pages that only a form leads to.
  await lee.open(`${place}/rules`);
  await lee.fill('Country', 'KR');
  await lee.page.getByRole('radio', { name: /^block/ }).check();
  await lee.submit('Dry run on the last 24 hours');
  await look(lee.page, 'own-rule-tried');
  await lee.submit('Add rule');
  await look(lee.page, 'own-rule-added');
  await lee.open(`${place}/settings`);
  for (const row of [1, 2]) await lee.page.getByText('New row').nth(row - 1).click();
  await lee.fill('Path (Row 1)', '/account/*');
  await lee.fill('Path (Row 2)', 'shop');
  await lee.fill('Only above (requests per second) (Row 2)', 'many');
  await lee.submit('Save');
  await look(lee.page, 'own-paths-refused');
  await lee.page.getByText('it is not a whole number').first().waitFor();
  await lee.fill('Path (Row 2)', '');
  await lee.submit('Save');
  await look(lee.page, 'own-paths-set');
  await lee.open(`${base}/keys`);
  await lee.fill('Name', 'Deployment');
  await lee.fill('Expires after (days)', 'soon');
  await lee.submit('Create key');
  await look(lee.page, 'own-key-refused');
  await lee.page.getByText('The key was not created').waitFor();
  await lee.fill('Expires after (days)', '30');
  await lee.submit('Create key');
  await look(lee.page, 'own-key-made');
  await lee.open(`${base}/notifications`);
  await lee.fill('URL of the new webhook', 'https://hooks.shop.example/a-rather-long-path-to-what-takes-messages');
  await lee.submit('Add');
  await look(lee.page, 'own-webhook-made');
  await lee.open(place);
  await lee.submit('Rotate: add a second secret');
  await look(lee.page, 'own-secret-made');

  const { page } = lee;
  for (const path of [base, `${base}/statistics`, `${base}/sites`, `${base}/new-site`, place, `${place}/settings`,
    `${place}/rules`, `${place}/scores`, `${base}/anomalies`, `${base}/notifications`, `${base}/team`, `${base}/keys`, `${base}/audit`,
    '/console/account', '/console/account/factor', '/console/account/data', '/console/0000000000000000']) {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto(path);
    const name = path.replace(base, 'own').replace(/mj_\w+/, 'site').replaceAll('/', '-').replace(/^-/, '');
    await walk(page, name);
    await look(page, name);
  }
});

/**
 * The actions of a visitor with only a keyboard.
 * @param {import('playwright-core').Page} page
 */
function keyboard(page) {
  /** Presses Tab until the focused element has this name. @param {string} name */
  const to = async (name) => {
    for (let pressed = 0; pressed < MOST_TABS; pressed += 1) {
      await page.keyboard.press('Tab');
      const called = await page.evaluate(`(() => {
        const it = document.activeElement;
        return it?.getAttribute('aria-label') ?? it?.labels?.[0]?.textContent ?? it?.textContent ?? '';
      })()`);
      if (String(called).trim().startsWith(name)) return;
    }
    throw new Error(`Tab does not reach ${name} on ${page.url()}`);
  };
  /** @param {string} name @param {string} text */
  const type = async (name, text) => {
    await to(name);
    await page.keyboard.type(text);
  };
  /** @param {string} name @param {string} [key] */
  const press = async (name, key = 'Enter') => {
    await to(name);
    await page.keyboard.press(key);
  };
  /** @param {string} name */
  const sees = (name) => page.getByRole('heading', { name, exact: true }).waitFor();
  return { to, type, press, sees };
}

test('from log-in to a site with a rule by keyboard alone', async (t) => {
  const setUp = await person(t, own);
  await signUp(setUp, 'Han', 'han@shop.example');
  const han = await person(t, own, { javaScriptEnabled: true });
  const { page } = han;
  const { type, press, sees } = keyboard(page);
  await page.goto('/');
  await press('Log in');
  await sees('Log in');
  await page.locator('iframe').waitFor();
  await type('Email address', 'han@shop.example');
  await type('Password', PASSWORD);
  await until('a token', () => page.locator('[name="munjigi-response"]').first().inputValue(), 90_000);
  await page.keyboard.press('Enter');
  await sees('Overview');
  // The first link on every page skips the navigation.
  await press('Skip to content');
  await press('Create your first site');
  await sees('New site');
  await type('Name', 'By keyboard');
  await press('Also localhost', 'Space');
  await press('Create site');
  await page.locator('#secret').waitFor();
  await page.keyboard.press('Tab');
  await press('I have saved it');
  await sees('By keyboard');
  await press('Rules');
  await sees('Rules of By keyboard');
  await type('Country', 'KR');
  await press('allow', 'Space');
  await page.keyboard.press('ArrowDown');
  await press('Add rule');
  await page.getByRole('table', { name: '' }).first().waitFor();
  await press('Undo');
  await page.getByText('No rules: visitors').waitFor();
  await press('Log out');
  await page.waitForURL((url) => !url.pathname.startsWith('/console'));
});
