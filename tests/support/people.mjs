// People at a browser: the steps that the console's journeys repeat, and where their emails arrive.

import { createHmac } from 'node:crypto';
import { AS_PERSON, launchShell } from './browsers.mjs';
import { openStage, until } from './stage.mjs';

/** The password of everybody in these tests. */
export const PASSWORD = 'lantern orbit velvet';

/**
 * A stack and a Chromium for all tests of a file; called in its `before` and `after`.
 * @param {string} name of the folder of its logs
 * @param {{edge?: 'workerd' | 'gate', asProgram?: boolean, stack?: string[]}} [options] the edge, whether the
 * browser says that a program drives it, and further arguments of `munjigi-tools stack`
 */
export function theatre(name, { edge = 'gate', asProgram = false, stack = [] } = {}) {
  /** @type {(() => unknown)[]} */
  const closing = [];
  const own = {
    /** @type {any} */
    stage: null,
    browser: /** @type {import('playwright-core').Browser} */ (/** @type {unknown} */ (null)),
    open: async () => {
      const context = { name, after: (/** @type {() => unknown} */ close) => closing.push(close) };
      own.stage = await openStage(/** @type {any} */ (context), edge, stack);
      own.browser = await launchShell(asProgram ? [] : [AS_PERSON]);
    },
    close: async () => {
      await own.browser?.close();
      for (const close of closing) await close();
    },
  };
  return own;
}

/** @typedef {ReturnType<typeof theatre>} Theatre */

/**
 * The address in the newest email to someone.
 * @typedef {(subject: RegExp, to: string) => Promise<string>} Post
 */

/**
 * A person at a browser, which runs scripts only if requested.
 * @param {import('node:test').TestContext} t
 * @param {Theatre} theatre
 * @param {{javaScriptEnabled?: boolean, post?: Post}} [options]
 */
export async function person(t, { stage, browser }, { javaScriptEnabled = false, post } = {}) {
  const context = await browser.newContext({ javaScriptEnabled, baseURL: stage.origin });
  t.after(() => context.close());
  const page = await context.newPage();
  /** @param {string} path */
  const open = async (path) => {
    const answer = await page.goto(path);
    if (answer?.status() !== 200) {
      throw new Error(`${path}: ${answer?.status()} ${await page.locator('main').textContent()}`);
    }
  };
  /** @param {string} name */
  const press = (name) => page.getByRole('button', { name, exact: true }).click();
  /** Waits for the page that something leads to. @param {() => Promise<void>} act */
  const arrive = async (act) => void (await Promise.all([page.waitForEvent('load'), act()]));
  /** Presses a button that leads to a page, and waits for it. @param {string} name */
  const submit = (name) => arrive(() => press(name));
  /** @param {string} label @param {string} text */
  const fill = (label, text) => page.getByLabel(label, { exact: true }).fill(text);
  /** @param {string} name */
  const sees = (name) => page.getByRole('heading', { name, exact: true }).waitFor();
  /** @type {Post} */
  const mailbox = async (subject, to) => {
    const letter = page.locator('article', { has: page.getByRole('heading', { name: subject }), hasText: to }).first();
    await until(`an email to ${to}`, async () => {
      await page.goto('/mailbox');
      return letter.isVisible();
    });
    return await letter.getByRole('link').first().getAttribute('href') ?? '';
  };
  return { context, page, open, press, arrive, submit, fill, sees, letter: post ?? mailbox };
}

/** @typedef {Awaited<ReturnType<typeof person>>} Person */

/**
 * Creates an account.
 * @param {Person} someone
 * @param {string} name
 * @param {string} email
 */
export async function signUp(someone, name, email) {
  await someone.open('/sign-up');
  await someone.fill('Name', name);
  await someone.fill('Email address', email);
  await someone.fill('Password', PASSWORD);
  await someone.press('Sign up');
  await someone.sees('Check your email');
  await someone.page.goto(await someone.letter(/Confirm your address/, email));
  await someone.fill('Password', PASSWORD);
  await someone.press('Confirm and log in');
  await someone.sees('Overview');
}

/**
 * Follows an invitation for someone who has no account yet.
 * @param {Person} someone
 * @param {string} name
 * @param {string} email
 */
export async function join(someone, name, email) {
  await someone.page.goto(await someone.letter(/join|invite/i, email));
  await someone.fill('Name', name);
  await someone.fill('Password', PASSWORD);
  await someone.press('Create account and join');
  await someone.sees('Overview');
}

/**
 * What an authenticator app shows (RFC 6238).
 * @param {string} key
 * @param {number} [at]
 */
export function code(key, at = Date.now()) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...key.replaceAll(' ', '')].map((digit) => alphabet.indexOf(digit).toString(2).padStart(5, '0')).join('');
  const bytes = Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const digest = createHmac('sha1', bytes).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
