// What a site's owner sees and decides about visits, in Chromium and in each language of the
// console: lists with their mistakes, rules by list, score, every reason and software, weights, a
// dry run; then, once, a program's visit and a fleet's, their outcomes, and the pages that show them
// with what they paid.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { ROOT } from '../support/stack.mjs';
import { person, signUp, theatre } from '../support/people.mjs';
import { look, walk } from './looks.mjs';
import { munjigi, sendFleet, siteverify, until } from '../support/stage.mjs';

const own = theatre('defence');
before(own.open);
after(own.close);

const LOCALES = join(ROOT, 'origin', 'i18n', 'locales');

/** What `ScoreReason` says on the protocol's page. */
const REASONS = ['automation', 'inconsistent-client', 'replayed-trace', 'fleet', 'solved-elsewhere', 'network-load',
  'site-under-attack', 'work-alone', 'outcomes', 'too-little-data'];

/**
 * The console's texts of one line, by their keys.
 * @param {string} lang
 */
function textsOf(lang) {
  const files = readdirSync(join(LOCALES, lang)).map((file) => readFileSync(join(LOCALES, lang, file), 'utf8'));
  const lines = files.flatMap((file) => file.split('\n').map((line) => /^([\w-]+) = (.+)$/.exec(line)));
  /** @type {Record<string, string>} */
  const texts = Object.fromEntries(lines.flatMap((line) => line ? [[line[1], line[2]]] : []));
  return (/** @type {string} */ key, /** @type {Record<string, string>} */ values = {}) => {
    assert.ok(texts[key], `${lang} has no ${key}`);
    return texts[key].replaceAll(/\{ \$(\w+) \}/g, (_, name) => values[name]);
  };
}

const LANGUAGES = ['en', 'ko'];
for (const lang of LANGUAGES) {
  const visited = lang === LANGUAGES[0];
  test(`lists, rules that weigh${visited ? ', reasons and outcomes' : ''}, in ${lang}`, async (t) => {
    const says = textsOf(lang);
    const without = await person(t, own);
    await signUp(without, 'Choi Yuna', `choi-${lang}@shop.example`);
    const base = new URL(without.page.url()).pathname;
    const choi = await person(t, own, { javaScriptEnabled: true });
    await choi.context.addCookies(await without.context.cookies());
    const { page } = choi;
    await choi.open(`${base}/new-site`);
    await choi.fill('Name', 'Shop');
    await page.getByLabel('Also localhost').check();
    await choi.press('Create site');
    const secret = await page.locator('#secret').textContent() ?? '';
    await page.getByRole('link', { name: /continue to the site/ }).click();
    const place = new URL(page.url()).pathname;
    const sitekey = place.split('/').at(-1) ?? '';

    // Seven hundred visits of a fleet are too much work for a test.
    await choi.open(`${place}/settings?lang=${lang}`);
    await choi.fill(says('settings-work-floor'), '10');
    await choi.fill(says('settings-work-ceiling'), '1000');
    await choi.press(says('save'));
    await page.waitForURL((url) => url.pathname === place);

    // A list. A mistake is named by its line, and what was typed stays.
    await choi.open(`${base}/lists?lang=${lang}`);
    await choi.sees(says('lists-title'));
    await choi.fill(says('lists-name'), 'office');
    await choi.fill(says('lists-entries'), '127.0.0.0/8\ngarbage\n2001:db8::1');
    await choi.press(says('lists-create'));
    await page.getByText(says('lists-mistake-line', { line: '2', text: 'garbage', why: says('list-line-shape') })).waitFor();
    await page.getByText(says('lists-mistake-line', { line: '3', text: '2001:db8::1', why: says('list-line-length') })).waitFor();
    assert.equal(await page.getByLabel(says('lists-name'), { exact: true }).inputValue(), 'office');
    await look(page, `lists-refused-${lang}`);
    await choi.fill(says('lists-entries'), '127.0.0.0/8\n2001:db8::/64\nAS64500');
    await choi.press(says('lists-create'));
    await page.getByText(says('lists-done-created')).waitFor();
    await walk(page, `lists-${lang}`);
    await look(page, `lists-${lang}`);

    // Rules: what each says is in the table, in words.
    const row = (/** @type {string} */ sentence) => page.locator('tbody tr', { hasText: sentence });
    /** @param {{ fields?: Record<string, string>, chosen?: Record<string, string>, weight?: string }} rule */
    const write = async ({ fields = {}, chosen = {}, weight }) => {
      await choi.open(`${place}/rules`);
      for (const [label, value] of Object.entries(fields)) await choi.fill(says(label), value);
      for (const [label, option] of Object.entries(chosen)) {
        await page.getByLabel(says(label), { exact: true }).selectOption(option);
      }
      if (weight) await choi.fill(says('rules-weight'), weight);
      await page.getByRole('radio', { name: weight ? /^weigh/ : /^harder/ }).check();
    };
    await write({ chosen: { 'rules-column-list': 'office' }, weight: '35' });
    await choi.press(says('rules-try'));
    await page.getByText(says('dry-run-limit-list')).waitFor();
    await look(page, `rule-tried-${lang}`);
    await choi.press(says('rules-add'));
    const conditions = says('rule-when-list', { list: 'office' });
    const weighs = (/** @type {string} */ weight) => says('rule-weighs', { weight });
    await row(says('rule-visitor', { conditions, effect: weighs('+35') })).waitFor();
    await write({ fields: { 'rules-score': '40' }, weight: '-5' });
    await choi.press(says('rules-add'));
    await row(says('rule-visitor', { conditions: says('rule-when-score', { score: '0.4' }), effect: weighs('-5') })).waitFor();
    await write({ fields: { 'rules-software': '00c0ffee' } });
    await choi.press(says('rules-add'));
    const software = says('rule-when-software', { name: '00c0ffee' });
    await row(says('rule-visitor', { conditions: software, effect: says('verdict-harder') })).waitFor();
    for (const reason of REASONS) {
      await write({ chosen: { 'rules-reason': reason } });
      assert.match(await page.locator(`#reason option[value="${reason}"]`).innerText(), new RegExp(says(`reason-${reason}`)));
      await choi.press(says('rules-add'));
      const text = says('rule-visitor', { conditions: says('rule-when-reason', { reason }), effect: says('verdict-harder') });
      await row(text).waitFor();
    }
    // A weight without its number, and a score that no visit has.
    await write({ fields: { 'rules-score': '101' }, weight: '0' });
    await choi.press(says('rules-add'));
    await page.locator('#mistakes').waitFor();
    assert.equal(await page.locator('#mistakes li').count(), 2);
    assert.equal(await page.getByLabel(says('rules-score'), { exact: true }).inputValue(), '101');
    await choi.open(`${place}/rules`);
    await walk(page, `rules-${lang}`);
    await look(page, `rules-${lang}`);

    if (!visited) return;
    // A visit, what its back end is told, and what that reports.
    const { stage } = own;
    await until('the edge to serve it', async () =>
      (await fetch(`${stage.edge}/v1/frame/${sitekey}`, { headers: { referer: 'http://localhost/' } })).ok);
    const token = (await munjigi(stage, ['solve', '--edge', stage.edge, '--sitekey', sitekey])).trim();
    const verdict = await siteverify(stage, token, { secret });
    assert.equal(verdict.success, true);
    assert.ok(verdict.reasons.includes('too-little-data'), `${verdict.reasons}: a program that does nothing solved it`);
    // Before many have come it is none.
    const [first] = await sendFleet(stage, sitekey, 1);
    const early = await siteverify(stage, first, { secret });
    const last = (await sendFleet(stage, sitekey, 900)).at(-1) ?? '';
    const late = await siteverify(stage, last, { secret });
    assert.deepEqual([early.reasons.includes('fleet'), late.reasons.includes('fleet')], [false, true]);
    for (const [id, outcome, reason] of [
      [verdict.metadata.id, 'fraudulent', 'spam'],
      [late.metadata.id, 'fraudulent', 'other'],
      [early.metadata.id, 'legitimate', ''],
    ]) {
      const body = new URLSearchParams({ secret, id, outcome, ...(reason && { reason }) });
      const taken = await (await fetch(`${stage.edge}/v1/outcomes`, { method: 'POST', body })).json();
      assert.deepEqual(taken, { success: true, 'error-codes': [] });
    }

    // An origin sums up what is due when it starts, else every few minutes. While it is away the
    // edge waits longer from try to try.
    const fleet = page.getByRole('region', { name: says('defence-fleets'), exact: true });
    const shown = async () => {
      await page.goto(`${base}/defence?lang=${lang}`);
      const reported = ['fraudulent', 'legitimate'].map((outcome) =>
        page.getByRole('rowheader', { name: says(`outcome-${outcome}`), exact: true }).first().isVisible());
      return (await Promise.all([...reported, fleet.isVisible()])).every(Boolean);
    };
    await until('the page that shows them', async () => {
      await new Promise((resolve) => setTimeout(resolve, 20_000));
      await stage.order('kill origin');
      await stage.order('start origin');
      return until('the sums', shown, 5_000).catch(() => false);
    }, 240_000);
    for (const lang of LANGUAGES) await results(choi, { base, place, lang, reasons: [...verdict.reasons, ...late.reasons] });
  });
}

/**
 * Looks at what the page shows of the visits, and at the site's scores, in a language.
 * @param {Awaited<ReturnType<typeof person>>} owner
 * @param {{ base: string, place: string, lang: string, reasons: string[] }} of
 */
async function results(owner, { base, place, lang, reasons }) {
  const { page } = owner;
  const says = textsOf(lang);
  await owner.open(`${base}/defence?lang=${lang}`);
  const fleet = page.getByRole('region', { name: says('defence-fleets'), exact: true });
  assert.ok(Number((await fleet.locator('tbody td').nth(1).innerText()).replaceAll(/\D/g, '')) > 128);
  const [usual, most] = await page.getByRole('heading', { name: says('defence-prices'), exact: true })
    .locator('+ p').innerText().then((text) => text.match(/\d+×/g) ?? []);
  assert.ok(parseInt(most) > 1, `half pays ${usual}, 95 in a hundred ${most}`);
  await owner.sees(says('defence-scores'));
  for (const reason of reasons) {
    await page.locator('tbody th', { hasText: reason }).getByText(says(`reason-${reason}`)).waitFor();
  }
  await walk(page, `defence-${lang}`);
  await look(page, `defence-${lang}`);

  // Three outcomes teach nothing yet, and the page says so.
  await owner.open(`${place}/scores?lang=${lang}`);
  await owner.sees(says('scores-of', { name: 'Shop' }));
  await page.getByText(says('scores-fixed')).waitFor();
  await walk(page, `scores-${lang}`);
  await look(page, `scores-${lang}`);
}
