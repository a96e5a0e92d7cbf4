// What a newcomer does: two commands, and a form in a browser. No Postgres, no Worker, no Node.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { openEngine, until } from '../support/stage.mjs';
import { commandsOf, openGate } from './alone.mjs';
import { visitForm } from './visitor.mjs';

/** @type {import('./alone.mjs').Gate} */
let gate;
/** @type {string} */
let form;
/** @type {(() => unknown)[]} */
const closing = [];
before(async () => {
  gate = await openGate({ after: (close) => closing.push(close) }, ['--host', 'shop.example']);
  form = (await gate.form()).replace('127.0.0.1', 'localhost');
});
after(async () => {
  for (const close of closing.reverse()) await close();
});

for (const engine of /** @type {const} */ (['chromium', 'firefox', 'webkit'])) {
  test(`a form is sent in ${engine}, and its token is good once`, async (t) => {
    const browser = await openEngine(t, engine);
    if (!browser) return;
    await visitForm(browser, form);
    await browser.goto(`${gate.operators}/`);
    const shown = await until('the figures', async () => {
      // The page loads itself again every few seconds.
      const text = await browser.evaluate('document.body.innerText').catch(() => '');
      // Issued, solved and redeemed: this visit at least.
      return /\d{4}-\d\d-\d\d\s+[1-9]\d*\s+[1-9]\d*\s+[1-9]\d*\s/.test(text) ? text : null;
    }, 40_000);
    assert.match(shown, /shop\.example[\s\S]*Nothing happened|Nothing happened[\s\S]*shop\.example/);
    assert.match(shown, /Price now: \d+ ×/);
  });
}

test('what init prints is what a page and a back end need', async () => {
  const [, sitekey] = /sitekey +(mj_\w+)/.exec(gate.told) ?? [];
  const [, secret] = /secret +(mjs_\w+)/.exec(gate.told) ?? [];
  assert.ok(sitekey && secret, gate.told);
  assert.match(gate.told, /\n {2}munjigi-gate serve\n {2}munjigi-gate try {2}/);
  assert.ok(gate.told.includes(`<div class="munjigi" data-sitekey="${sitekey}"></div>`));
  assert.ok(gate.told.includes(`/siteverify -d secret=${secret} -d response=TOKEN`));
  const reply = await fetch(`${gate.url}/siteverify`, {
    method: 'POST',
    body: new URLSearchParams({ secret, response: 'TOKEN' }),
  });
  assert.deepEqual(await reply.json(), { success: false, 'error-codes': ['invalid-input-response'] });
  assert.match(await gate.run('site', 'list'), new RegExp(`${sitekey}  1 secret  shop.example`));
  assert.match(await gate.run('stats'), /^day \(UTC\) +issued +solved +redeemed/);
});

test('both READMEs start a gate by the same commands', () => {
  assert.deepEqual(commandsOf('README.ko.md'), commandsOf('README.md'));
});

test('the form speaks Korean to those who ask for it', async () => {
  const page = await (await fetch(form, { headers: { 'accept-language': 'ko-KR,ko;q=0.9' } })).text();
  assert.match(page, /<html lang="ko">[\s\S]*게이트가 지키는 폼/);
  const without = await fetch(form, { method: 'POST', body: new URLSearchParams({ email: 'a' }) });
  assert.match(await without.text(), /Refused: the form came without a token/);
});
