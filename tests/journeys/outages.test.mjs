// Redis, the mail server and the edge are killed while someone works in the console: it says so,
// continues, and in the end does what it was told, once.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import test, { after, before } from 'node:test';
import { start } from '../support/processes.mjs';
import { join, PASSWORD, person, signUp, theatre } from '../support/people.mjs';
import { LITTLE_WORK, freePort, munjigi, siteverify, until } from '../support/stage.mjs';

const EMAIL = 'kim@shop.example';
const SERVER = fileURLToPath(new URL('mail-server.mjs', import.meta.url));
const port = await freePort();
const own = theatre('outages', {
  stack: [...LITTLE_WORK, '--redis', '--origin-var', `MUNJIGI_MAIL_URL=smtp://127.0.0.1:${port}`,
    '--origin-var', 'MUNJIGI_MAIL_FROM=Munjigi <no-reply@console.example>'],
});

const skip = process.env.MUNJIGI_MISSING === 'redis' && 'Redis is missing';

/** @type {{to: string, subject: string, messageId: string, text: string}[]} */
const emails = [];
/** @type {import('../support/processes.mjs').Running} */
let mail;
const startMail = async () => {
  mail = await start(process.execPath, [SERVER, String(port)], { onLine: (line) => emails.push(line) });
};
/** @type {import('../support/people.mjs').Post} */
const post = async (subject, to) => {
  const email = await until(`an email to ${to}`, async () =>
    emails.findLast((it) => it.to === to && subject.test(it.subject)), 90_000);
  return /https?:\/\/\S+/.exec(email.text)?.[0] ?? '';
};

before(async () => {
  if (skip) return;
  await startMail();
  await own.open();
});
after(async () => {
  await own.close();
  await mail?.stop();
});

test('with Redis, mail server and edge killed, the console says so and loses nothing', { skip }, async (t) => {
  const { stage } = own;
  const kim = await person(t, own, { post });
  await signUp(kim, 'Kim', EMAIL);
  const base = new URL(kim.page.url()).pathname;
  await kim.open(`${base}/new-site`);
  await kim.fill('Name', 'Shop');
  await kim.page.getByLabel('Also localhost').check();
  await kim.press('Create site');
  const secret = await kim.page.locator('#secret').textContent() ?? '';
  const sitekey = await kim.page.locator('dd code').first().textContent() ?? '';
  const place = `${base}/sites/${sitekey}`;
  await until('the edge to serve it', async () => (await fetch(`${stage.edge}/v1/frame/${sitekey}`)).ok);
  /** @param {string} of */
  const works = async (of) => {
    const token = (await munjigi(stage, ['solve', '--edge', stage.edge, '--sitekey', sitekey])).trim();
    return (await siteverify(stage, token, { secret: of })).success;
  };
  assert.equal(await works(secret), true);
  /** @param {string} notice @param {boolean} isThere */
  const says = (notice, isThere) => until(`${isThere ? '' : 'no '}"${notice}"`, async () => {
    await kim.open(base);
    return await kim.page.getByRole('status').filter({ hasText: notice }).isVisible() === isThere;
  }, 60_000);
  const notices = ['Email is currently unavailable', 'The edge is not responding', 'The cache is not responding'];
  for (const notice of notices) await says(notice, false);

  await stage.order('kill redis');
  process.kill(mail.pid, 'SIGKILL');
  await stage.order('kill edge');

  // They are still logged in and continue.
  await kim.open(`${base}/team`);
  await kim.fill('Email address', 'park@shop.example');
  await kim.press('Send invitation');
  await kim.page.getByText('We sent an email with a link').waitFor();
  await kim.open(place);
  await kim.press('Rotate: add a second secret');
  const newer = await kim.page.locator('#secret').textContent() ?? '';
  await kim.open(place);
  assert.equal(await kim.page.getByText('Delivered to the edge', { exact: true }).count(), 0);
  for (const notice of notices) await says(notice, true);
  await kim.page.goto('/status');
  for (const part of ['Edge', 'Email', 'Cache']) {
    const row = kim.page.locator('tr', { has: kim.page.getByText(part, { exact: true }) });
    assert.equal(await row.locator('.good').count(), 0, part);
  }
  // Log-in without our own widget, which is away.
  const again = await person(t, own, { javaScriptEnabled: true });
  await again.open('/log-in');
  await again.fill('Email address', EMAIL);
  await again.fill('Password', PASSWORD);
  await again.press('Log in');
  await again.sees('Overview');
  assert.deepEqual(emails.filter(({ to }) => to.startsWith('park')), []);

  await stage.order('start redis');
  await startMail();
  await stage.order('start edge');
  for (const notice of notices) await says(notice, false);
  const park = await person(t, own, { post });
  await join(park, 'Park', 'park@shop.example');
  await until('the newer secret', () => works(newer), 60_000);
  assert.equal(await works(secret), true);
  await until('the site to be on the edge', async () => {
    await kim.open(place);
    return kim.page.getByText('Delivered to the edge', { exact: true }).isVisible();
  });
  // Each exactly once.
  assert.equal(emails.filter(({ to }) => to.startsWith('park')).length, 1);
  await kim.open(`${base}/audit`);
  for (const change of ['team.invite', 'site.secret-add']) {
    assert.equal(await kim.page.locator('tbody').getByText(change, { exact: true }).count(), 1, change);
  }
});
