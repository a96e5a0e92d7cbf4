// Pages from the three vendors' documentation, changed only in the script's host, in Chromium; then
// what their scripts' functions promise.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test, { after, before } from 'node:test';
import { theatre } from '../support/people.mjs';
import { LITTLE_WORK, munjigi } from '../support/stage.mjs';
import { openVendorPage } from './vendor-page.mjs';

const own = theatre('shims', { edge: 'workerd', stack: LITTLE_WORK });
before(own.open);
after(own.close);

/** @typedef {import('./vendor-page.mjs').VendorName} VendorName */

/** @param {import('node:test').TestContext} t @param {VendorName} vendor @param {string} html */
const open = (t, vendor, html) => openVendorPage(t, own, vendor, html);

const FORM = '<label>Name <input name="who"></label>';

/** Pages: name, vendor, HTML, what has to be done, and where the token is. */
const PAGES = /** @type {[string, VendorName, string, 'confirm' | 'press' | 'nothing', string][]} */ ([
  ['Turnstile, implicit', 'turnstile', `
    <script src="{edge}/turnstile/v0/api.js" async defer></script>
    <form>${FORM}<div class="cf-turnstile" data-sitekey="{sitekey}" data-callback="passed"></div><button>Send</button></form>
    <script>function passed(token) { window.token = token; }</script>`, 'nothing', 'cf-turnstile-response'],
  ['Turnstile, explicit', 'turnstile', `
    <script src="{edge}/turnstile/v0/api.js?render=explicit&onload=onloadTurnstileCallback" defer></script>
    <form>${FORM}<div id="example-container"></div></form>
    <script>window.onloadTurnstileCallback = function () {
      turnstile.render('#example-container', { sitekey: '{sitekey}', callback: function (token) { window.token = token; } });
    };</script>`, 'nothing', 'cf-turnstile-response'],
  ['Turnstile, a button that waits', 'turnstile', `
    <script src="{edge}/turnstile/v0/api.js" async defer></script>
    <form id="contact-form">${FORM}<div class="cf-turnstile" data-sitekey="{sitekey}" data-theme="auto" data-size="flexible"
      data-callback="onTurnstileSuccess" data-error-callback="onTurnstileError" data-expired-callback="onTurnstileExpired"></div>
    <button type="submit" id="submit-btn" disabled>Send Message</button></form>
    <script>
      function onTurnstileSuccess(token) { document.getElementById('submit-btn').disabled = false; window.token = token; }
      function onTurnstileError() { document.getElementById('submit-btn').disabled = true; }
      function onTurnstileExpired() { document.getElementById('submit-btn').disabled = true; }
    </script>`, 'nothing', 'cf-turnstile-response'],
  ['Turnstile, execute', 'turnstile', `
    <script src="{edge}/turnstile/v0/api.js?render=explicit"></script>
    <form>${FORM}<div id="example-container"></div><button type="button" id="go">Go</button></form>
    <script>turnstile.ready(function () {
      turnstile.render('#example-container', { sitekey: '{sitekey}', execution: 'execute', appearance: 'execute',
        callback: function (token) { window.token = token; } });
      document.getElementById('go').onclick = function () { turnstile.execute('#example-container'); };
    });</script>`, 'press', 'cf-turnstile-response'],
  ['hCaptcha, automatic', 'hcaptcha', `
    <script src="{edge}/1/api.js" async defer></script>
    <form>${FORM}<div class="h-captcha" data-sitekey="{sitekey}" data-callback="passed"></div><button>Send</button></form>
    <script>function passed(token) { window.token = token; }</script>`, 'confirm', 'h-captcha-response'],
  ['hCaptcha, explicit', 'hcaptcha', `
    <script>var onloadCallback = function () {
      window.widget = hcaptcha.render('captcha-1', { sitekey: '{sitekey}', theme: 'dark', callback: function (token) { window.token = token; } });
    };</script>
    <form>${FORM}<div id="captcha-1"></div></form>
    <script src="{edge}/1/api.js?onload=onloadCallback&render=explicit" async defer></script>`, 'confirm', 'h-captcha-response'],
  ['hCaptcha, invisible', 'hcaptcha', `
    <script src="{edge}/1/api.js" async defer></script>
    <form>${FORM}<div id="c" class="h-captcha" data-sitekey="{sitekey}" data-callback="passed" data-size="invisible"></div>
    <button type="button" id="go" onclick="hcaptcha.execute()">Go</button></form>
    <script>function passed(token) { window.token = token; }</script>`, 'press', 'h-captcha-response'],
  ['reCAPTCHA v2, automatic', 'recaptcha', `
    <script src="{edge}/recaptcha/api.js" async defer></script>
    <form>${FORM}<div class="g-recaptcha" data-sitekey="{sitekey}" data-callback="passed"></div><button>Send</button></form>
    <script>function passed(token) { window.token = token; }</script>`, 'confirm', 'g-recaptcha-response'],
  ['reCAPTCHA v2, explicit', 'recaptcha', `
    <script>var onloadCallback = function () {
      window.widget = String(grecaptcha.render('html_element', { sitekey: '{sitekey}', callback: function (token) { window.token = token; } }));
    };</script>
    <form>${FORM}<div id="html_element"></div></form>
    <script src="{edge}/recaptcha/api.js?onload=onloadCallback&render=explicit" async defer></script>`, 'confirm', 'g-recaptcha-response'],
  ['reCAPTCHA v2, invisible button', 'recaptcha', `
    <script src="{edge}/recaptcha/api.js" async defer></script>
    <form>${FORM}<button id="go" class="g-recaptcha" data-sitekey="{sitekey}" data-callback="onSubmit">Send</button></form>
    <script>function onSubmit(token) { window.token = token; }</script>`, 'press', 'g-recaptcha-response'],
]);

for (const [name, vendor, html, act, fieldName] of PAGES) {
  test(name, async (t) => {
    const { page, errors, noted, field, verify } = await open(t, vendor, html);
    await page.locator('iframe').waitFor({ state: 'attached' });
    if (act == 'confirm') await page.frameLocator('iframe').locator('#b').click();
    if (act == 'press') await page.locator('#go').click();
    const token = await noted('token');
    console.log(`${name} (${act}): ${await page.evaluate('Math.round(performance.now())')} ms after the navigation began`);
    assert.equal(await field(fieldName), token);
    assert.equal(await page.locator('button[disabled]').count(), 0);
    const said = await verify(token);
    assert.equal(said.success, true, JSON.stringify(said));
    assert.equal((await verify(token)).success, false);
    assert.deepEqual(errors, []);
  });
}

const THEIRS = {
  turnstile: 'https://challenges.cloudflare.com',
  hcaptcha: 'https://js.hcaptcha.com',
  recaptcha: 'https://www.google.com',
};

for (const [name, vendor, html] of PAGES) {
  test(`${name}: \`munjigi migrate check\` names the line to change`, async (t) => {
    const theirs = html.replaceAll('{edge}', THEIRS[vendor]);
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(theirs);
    });
    const port = await new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(/** @type {any} */ (server.address()).port));
    });
    t.after(() => server.close());
    const report = JSON.parse(await munjigi(own.stage, ['migrate', 'check', `http://127.0.0.1:${port}/`, '--edge', own.stage.edge, '--json']));
    assert.deepEqual(report.vendors.map((/** @type {any} */ found) => found.vendor), [vendor]);
    const [{ changes }] = report.vendors;
    const moved = changes.reduce((/** @type {string} */ text, /** @type {any} */ change) =>
      change.place === 'page' ? text.replace(change.from, change.to) : text, theirs);
    assert.equal(moved, html.replaceAll('{edge}', own.stage.edge));
  });
}

test('reCAPTCHA v3: a token for an action, with its score', async (t) => {
  const { page, noted, verify } = await open(t, 'recaptcha', `
    <script src="{edge}/recaptcha/api.js?render={sitekey}"></script>
    <button id="go">Go</button>
    <script>document.getElementById('go').onclick = function () {
      grecaptcha.ready(function () {
        grecaptcha.execute('{sitekey}', { action: 'submit' }).then(function (token) { window.token = token; });
      });
    };</script>`);
  await page.locator('#go').click();
  const { success, score, action } = await verify(await noted('token'));
  assert.deepEqual({ success, action }, { success: true, action: 'submit' });
  assert.ok(score >= 0 && score <= 1);
});

test('reCAPTCHA Enterprise: the same under its own name', async (t) => {
  const { page, noted, verify } = await open(t, 'recaptcha', `
    <script src="{edge}/recaptcha/enterprise.js?render={sitekey}"></script>
    <button id="go">Go</button>
    <script>document.getElementById('go').onclick = function () {
      grecaptcha.enterprise.ready(async function () {
        window.token = await grecaptcha.enterprise.execute('{sitekey}', { action: 'LOGIN' });
      });
    };</script>`);
  await page.locator('#go').click();
  const { success, action } = await verify(await noted('token'));
  assert.deepEqual({ success, action }, { success: true, action: 'LOGIN' });
});

test('hCaptcha promises a token and its key, and says what is missing', async (t) => {
  const { page, noted, verify } = await open(t, 'hcaptcha', `
    <script src="{edge}/1/api.js?render=explicit"></script><div id="a"></div><button id="go">Go</button>
    <script>
      hcaptcha.execute(undefined, { async: true }).catch(function (why) { window.missing = why; });
      var id = hcaptcha.render('a', { sitekey: '{sitekey}', size: 'invisible' });
      hcaptcha.execute('nobody', { async: true }).catch(function (why) { window.unknown = why; });
      document.getElementById('go').onclick = async function () {
        var answer = await hcaptcha.execute(id, { async: true });
        window.same = String(answer.response === hcaptcha.getResponse(id) && answer.key === hcaptcha.getRespKey(id));
        window.token = answer.response;
        hcaptcha.reset(id);
        window.empty = 'was:' + hcaptcha.getResponse(id);
      };
    </script>`);
  assert.equal(await noted('missing'), 'missing-captcha');
  assert.equal(await noted('unknown'), 'invalid-captcha-id');
  await page.locator('#go').click();
  assert.equal((await verify(await noted('token'))).success, true);
  assert.equal(await noted('same'), 'true');
  assert.equal(await noted('empty'), 'was:');
});

test('Turnstile by the names of its functions, its fields and its errors', async (t) => {
  const { page, noted, field } = await open(t, 'turnstile', `
    <script src="{edge}/turnstile/v0/api.js?render=explicit&compat=recaptcha"></script>
    <form>${FORM}<div id="a"></div><div id="b"></div><div id="c"></div></form>
    <script>
      window.a = turnstile.render('#a', { sitekey: '{sitekey}', 'response-field-name': 'mine', cData: 'order-7', action: 'buy',
        callback: function (token) { window.token = token; } });
      window.again = String(turnstile.render('#a', { sitekey: '{sitekey}' }) === window.a);
      window.none = String(turnstile.render('#nothing', { sitekey: '{sitekey}' }));
      turnstile.render('#b', { 'error-callback': function (code) { window.unsited = code; } });
      turnstile.render('#b', { sitekey: '{sitekey}', action: 'no spaces', 'error-callback': function (code) { window.unfit = code; } });
      turnstile.render('#c', { sitekey: '0x4AAAAAAAAAAAAAAAAAAAAAA', 'error-callback': function (code) { window.unknown = code; return true; } });
    </script>`);
  for (const [name, said] of Object.entries({ again: 'true', none: 'undefined', unsited: '110100', unfit: '110420', unknown: '110100' })) {
    assert.equal(await noted(name), said, name);
  }
  const token = await noted('token');
  assert.equal(await field('mine'), token);
  assert.equal(await field('g-recaptcha-response'), token);
  assert.equal(await page.evaluate('turnstile.getResponse(a)'), token);
  assert.equal(await page.evaluate('turnstile.isExpired(a)'), false);
  assert.equal(await page.evaluate('grecaptcha === turnstile'), true);
  assert.equal(await page.evaluate('(turnstile.reset(a), turnstile.getResponse(a))'), undefined);
  await page.evaluate('turnstile.remove(a)');
  assert.equal(await page.locator('#a iframe').count(), 0);
});
