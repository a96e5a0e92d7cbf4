// The life of a page around a token: forms that are sent too early, twice, again, or reset; a page
// that is left and comes back; containers that a script empties; a clock that jumps.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { after, before } from 'node:test';
import { AS_PERSON, launchChromium } from '../support/browsers.mjs';
import { LITTLE_WORK, munjigi, openEngine, openStage, siteverify, until } from '../support/stage.mjs';

/** @type {any} */
let stage;
/** @type {Record<string, import('playwright-core').Browser>} with and without the back/forward cache */
let browsers;
/** @type {(() => unknown)[]} */
const closing = [];
before(async () => {
  const context = { name: 'life', after: (/** @type {() => unknown} */ close) => closing.push(close) };
  stage = await openStage(/** @type {any} */ (context), 'workerd', LITTLE_WORK);
  const args = [AS_PERSON, '--host-resolver-rules=MAP partner.example 127.0.0.1'];
  const launch = (/** @type {string[]} */ without) => launchChromium(args, without);
  browsers = { kept: await launch(['--disable-back-forward-cache']), loaded: await launch([]) };
});
after(async () => {
  for (const browser of Object.values(browsers ?? {})) await browser.close();
  for (const close of closing) await close();
});

/**
 * A customer whose back end refuses the first form that it gets, because of another field, and says
 * what siteverify said of each.
 * @param {import('node:test').TestContext} t
 * @param {string} form
 * @param {{script?: string, query?: string, headers?: Record<string, string>, field?: string,
 *   ask?: (token: string) => Promise<any>}} [options]
 */
async function openForm(t, form, { script = '', query = '', headers = {}, field = 'munjigi-response', ask = (token) => siteverify(stage, token) } = {}) {
  /** @type {{path: string, fields: Record<string, string>, answer: any}[]} */
  const got = [];
  const server = createServer(async (request, response) => {
    const respond = (/** @type {string} */ body) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>A form</title>${body}`);
    if (request.method !== 'POST') {
      const widget = `<div class="munjigi" data-sitekey="${stage.site.sitekey}"></div>`;
      return respond(`<form method="post" action="/send">${form.replaceAll('{widget}', widget)}</form><script>${script}</script>
        <script src="${stage.edge}/v1/api.js${query}" async defer></script>`);
    }
    const body = await text(request);
    if (request.url === '/slow') return got.push({ path: '/slow', fields: Object.fromEntries(new URLSearchParams(body)), answer: {} });
    const parts = /multipart/.test(String(request.headers['content-type']));
    const fields = parts ? Object.fromEntries([...body.matchAll(/name="([^"]+)"(?:; filename="([^"]*)")?[^]*?\r\n\r\n([^]*?)\r\n--/g)].map(([, name, file, value]) => [name, file ?? value])) : Object.fromEntries(new URLSearchParams(body));
    const answer = await ask(fields[field] ?? '');
    got.push({ path: String(request.url), fields, answer });
    return respond(got.length === 1 ? '<p id="done">No such email address.' : '<p id="done">Thank you.');
  });
  const port = await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(/** @type {any} */ (server.address()).port));
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://localhost:${port}/`, got };
}

/**
 * Opens the page and waits until its widget says this.
 * @param {import('node:test').TestContext} t @param {string} url @param {'kept' | 'loaded'} [which] @param {string} [hasText]
 */
async function visit(t, url, which = 'loaded', hasText = 'Confirm you are human') {
  const context = await browsers[which].newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(url);
  await page.frameLocator('iframe').locator('#t', { hasText }).waitFor();
  return page;
}

const INPUT = '<input name="email" value="kim@example">';
const SEND = `event.preventDefault(); fetch('/send', { method: 'POST', body: new URLSearchParams(new FormData(event.target)) }).then(() => { window.sent = (window.sent ?? 0) + 1; })`;
const passed = (/** @type {{answer: any}[]} */ got) => got.map(({ answer }) => answer.success);

test('a form that is sent before its token waits for it, and is sent once', async (t) => {
  const rows = /** @type {const} */ ([
    ['<button name="do" value="order">Send</button>', { do: 'order' }, '/send'],
    ['<button name="do" value="draft" formaction="/draft" formnovalidate>Draft</button><input required name="empty">', { do: 'draft', empty: '' }, '/draft'],
    ['<button formenctype="multipart/form-data">Send</button><input type="file" name="file">', { file: 'note.txt' }, '/send'],
  ]);
  for (const [more, fields, path] of rows) {
    const { url, got } = await openForm(t, `${INPUT}{widget}${more}`);
    const page = await visit(t, url);
    if ('file' in fields) await page.setInputFiles('[type=file]', { name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('a') });
    await page.locator('button').dblclick();
    await page.locator('#done').waitFor();
    assert.deepEqual([passed(got), got[0]?.path], [[true], path]);
    for (const [name, value] of Object.entries(fields)) assert.equal(got[0]?.fields[name], value);
  }
});

test('a form with two widgets is sent once, when both have passed', async (t) => {
  const { url, got } = await openForm(t, `${INPUT}{widget}{widget}<button>Send</button>`);
  const page = await browsers.loaded.newPage();
  t.after(() => page.close());
  await page.goto(url);
  await page.frameLocator('iframe').last().locator('#t', { hasText: 'Confirm you are human' }).waitFor();
  await page.locator('form button').dblclick();
  await page.locator('#done').waitFor();
  assert.deepEqual(passed(got), [true]);
});

test('a held form reaches the page’s own handler once, with its token', async (t) => {
  const script = `document.querySelector('form').addEventListener('submit', (event) => { ${SEND} })`;
  const { url, got } = await openForm(t, `${INPUT}{widget}<button>Send</button>`, { script });
  const page = await visit(t, url);
  await page.locator('button').dblclick();
  await page.waitForFunction('window.sent');
  await page.waitForTimeout(500);
  assert.deepEqual(passed(got), [true]);
});

test('a held form is sent once, whatever else reads it', async (t) => {
  const rows = {
    // Saves a draft while the form waits.
    draft: `document.querySelector('form').addEventListener('click', () => { const saves = setInterval(() => new FormData(document.forms[0]), 20); setTimeout(() => clearInterval(saves), 5_000); });
      document.addEventListener('change', () => new FormData(document.forms[0]))`,
    // Sends the form itself.
    callback: `window.passed = () => document.forms[0].submit();`,
  };
  for (const script of Object.values(rows)) {
    const widget = `<div class="munjigi" data-sitekey="${stage.site.sitekey}" ${script === rows.callback ? 'data-callback="passed"' : ''}></div>`;
    const { url, got } = await openForm(t, `${INPUT}${widget}<button>Send</button>`, { script });
    const page = await visit(t, url);
    await page.locator('button').click();
    await page.locator('#done').waitFor();
    await page.waitForTimeout(300);
    assert.deepEqual(passed(got), [true]);
  }
});

test('a form is not held where the page does not want that, or runs the check itself', async (t) => {
  for (const option of ['data-hold="never"', 'data-execution="execute"']) {
    const widget = `<div class="munjigi" data-sitekey="${stage.site.sitekey}" ${option}></div>`;
    const { url, got } = await openForm(t, `${INPUT}${widget}<button>Send</button>`);
    const page = await visit(t, url);
    await page.evaluate(`document.querySelector('button').click()`);
    await page.locator('#done').waitFor();
    assert.deepEqual(got.map(({ fields }) => fields['munjigi-response']), ['']);
  }
});

test('a form that a script sends has a fresh token when the visitor sends it again', async (t) => {
  const ways = {
    submit: [`<button>Send</button>`, `document.querySelector('form').addEventListener('submit', (event) => { ${SEND} })`],
    click: [`<button type="button">Send</button>`, `document.querySelector('button').onclick = () => { const body = new URLSearchParams({ 'munjigi-response': munjigi.getResponse() ?? '' });
      fetch('/send', { method: 'POST', body }).then(() => { window.sent = (window.sent ?? 0) + 1; }); }`],
  };
  for (const [button, script] of Object.values(ways)) {
    const { url, got } = await openForm(t, `${INPUT}{widget}${button}`, { script });
    const page = await visit(t, url);
    await page.locator('[name=email]').click();
    const field = page.locator('[name=munjigi-response]');
    const first = await until('a token', () => field.inputValue());
    await page.locator('button').click();
    await page.waitForFunction('window.sent === 1');
    await page.waitForTimeout(1_100);
    await page.locator('[name=email]').fill('kim@example.com');
    await page.locator('[name=email]').click();
    await until('another token', async () => ![first, ''].includes(await field.inputValue()));
    await page.locator('button').click();
    await page.waitForFunction('window.sent === 2');
    assert.deepEqual(passed(got), [true, true]);
  }
});

for (const target of ['', '_top', '_PARENT']) test(`clicks in impatience send the same token, so that one order is one ${target}`, async (t) => {
  const { url, got } = await openForm(t, `${INPUT}{widget}<button formaction="/slow" formtarget="${target}">Send</button>`);
  const page = await visit(t, url);
  await page.locator('[name=email]').click();
  await until('a token', () => page.locator('[name=munjigi-response]').inputValue());
  const { x, y } = /** @type {{x: number, y: number}} */ (await page.locator('button').boundingBox());
  for (let clicks = 1; clicks <= 3; clicks++) {
    // Not by a locator, which waits for the next page.
    await page.mouse.click(x + 5, y + 5);
    await until('the form', async () => got.length === clicks);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
  assert.equal(new Set(got.map(({ fields }) => fields['munjigi-response'])).size, 1);
  assert.match(got[0]?.fields['munjigi-response'] ?? '', /^mj1/);
});

test('a form whose answer comes elsewhere has a token for each time it is sent', async (t) => {
  const { url, got } = await openForm(t, `${INPUT}{widget}<button formtarget="there">Export</button>`);
  const page = await visit(t, url);
  await page.evaluate(`document.body.append(Object.assign(document.createElement('iframe'), { name: 'there' }))`);
  const field = page.locator('[name=munjigi-response]');
  await page.locator('[name=email]').click();
  let last = '';
  for (let times = 1; times <= 3; times++) {
    await until('a token', async () => {
      await page.locator('[name=email]').click();
      return ![last, ''].includes(await field.inputValue());
    });
    last = await field.inputValue();
    await page.locator('button').click();
    await until('the form', async () => got.length === times);
  }
  assert.deepEqual(passed(got), [true, true, true]);
});

test('a form that waits is not sent once its visitor or its page goes on', async (t) => {
  const ways = {
    edited: (/** @type {import('playwright-core').Page} */ page) => page.locator('[name=email]').pressSequentially('m'),
    reset: (/** @type {import('playwright-core').Page} */ page) => page.evaluate(`document.forms[0].reset()`),
    'reset by the page': (/** @type {import('playwright-core').Page} */ page) => page.evaluate(`munjigi.reset()`),
    removed: (/** @type {import('playwright-core').Page} */ page) => page.evaluate(`(window.was = document.forms[0], was.replaceWith(was.cloneNode(true)))`),
    'without its button': (/** @type {import('playwright-core').Page} */ page) => page.evaluate(`document.querySelector('button').type = 'button'`),
  };
  for (const [name, goOn] of Object.entries(ways)) {
    const { url, got } = await openForm(t, `${INPUT}{widget}<button>Send</button>`);
    const page = await visit(t, url);
    /** @type {() => void} */
    let release = () => {};
    const released = new Promise((resolve) => (release = () => resolve(undefined)));
    await page.context().route('**/v1/challenges', async (route) => {
      await released;
      await route.continue();
    });
    await page.locator('button').click();
    await goOn(page);
    release();
    await page.waitForTimeout(1_000);
    assert.deepEqual(got, [], name);
    // Nor is the next one sent too early.
    await page.evaluate(`(munjigi.reset(), document.querySelector('button').type = 'submit')`);
    await page.locator('button').click();
    await page.locator('#done').waitFor();
    assert.deepEqual(passed(got), [true], name);
  }
});

test('a page that reads its form at each click costs little', async (t) => {
  const script = `document.addEventListener('click', () => new FormData(document.forms[0]))`;
  const { url } = await openForm(t, `${INPUT}{widget}<button type="button">More</button>`, { script });
  const page = await visit(t, url);
  let challenges = 0;
  page.on('request', (request) => void (challenges += Number(request.url().endsWith('/v1/challenges'))));
  for (let clicks = 0; clicks < 30; clicks++) {
    await page.locator('button').click();
    await page.waitForTimeout(250);
  }
  // Without a limit there are seven.
  assert.ok(challenges >= 2 && challenges <= 5, `${challenges}`);
});

for (const which of /** @type {const} */ (['kept', 'loaded']))
  test(`after Back, a refused form is accepted at the second try (${which})`, async (t) => {
    const { url, got } = await openForm(t, `${INPUT}{widget}<button>Send</button>`);
    const page = await visit(t, url, which);
    await page.evaluate('window.mark = 1');
    await page.locator('[name=email]').click();
    await until('a token', () => page.locator('[name=munjigi-response]').inputValue());
    await page.locator('button').click();
    await page.locator('#done').waitFor();
    // A page that was kept is not loaded.
    await page.goBack({ waitUntil: 'commit' });
    assert.equal(await page.evaluate('window.mark === 1'), which === 'kept');
    await page.locator('[name=email]').fill('kim@example.com');
    await page.locator('button').click();
    await page.locator('#done', { hasText: 'Thank you' }).waitFor();
    assert.deepEqual(passed(got), [true, true]);
  });

for (const name of /** @type {const} */ (['chromium', 'firefox', 'webkit']))
  test(`field and widget agree whatever a page does (${name})`, async (t) => {
    const browser = await openEngine(t, name);
    if (!browser) return;
    const script = `setTimeout(() => { window.late = () => { window.called = (window.called ?? 0) + 1; }; }, 700);`;
    const { url, got } = await openForm(t, `${INPUT}{widget}<button>Send</button>`, { script, query: '?onload=late' });
    await browser.goto(url);
    const FIELD = `document.querySelector('[name=munjigi-response]')?.value`;
    const said = (/** @type {string} */ what, /** @type {string} */ script) => until(what, () => browser.evaluate(script), 60_000);
    await said('the callback that came late', 'window.called === 1');

    // Values that a password manager sets are a visitor's.
    await browser.evaluate(`(document.querySelector('[name=email]').value = 'kim@example.com', document.querySelector('[name=email]').dispatchEvent(new Event('input', { bubbles: true })))`);
    await said('a token', FIELD);
    await browser.evaluate(`(document.querySelector('form').reset(), true)`);
    await said('field and widget alike', `${FIELD} !== '' && ${FIELD} === munjigi.getResponse()`);

    // A clock that jumps ends what it has.
    await browser.evaluate(`(window.now = Date.now, Date.now = () => now() + 864e5, true)`);
    assert.equal(await browser.evaluate(`munjigi.getResponse() === undefined && ${FIELD} === ''`), true);
    await browser.evaluate(`(Date.now = now, true)`);

    // A framework replaces what is in the container, or the page does and renders again.
    await browser.evaluate(`(document.querySelector('.munjigi').innerHTML = '', true)`);
    await said('the widget again', `document.querySelectorAll('iframe').length === 1 && document.querySelectorAll('[name=munjigi-response]').length === 1`);
    assert.equal(await browser.evaluate(`(document.querySelector('.munjigi').innerHTML = '', typeof munjigi.render('.munjigi', {}) === 'string' && document.querySelectorAll('iframe').length === 1)`), true);

    // A page clones its form, or shows it as it kept it.
    const SOUND = `[...document.forms].every((form) => form.querySelectorAll('iframe').length === 1 && form.querySelectorAll('[name=munjigi-response]').length === 1)`;
    await browser.evaluate(`(document.body.append(document.forms[0].cloneNode(true)), true)`);
    await said('one widget for each', `document.querySelectorAll('iframe').length === 2 && ${SOUND}`);
    await browser.evaluate(`(document.forms[1].remove(), window.kept = document.forms[0].innerHTML, document.forms[0].innerHTML = kept, true)`);
    await said('one widget', `document.querySelectorAll('iframe').length === 1 && ${SOUND}`);

    // A further script asks for something of its own.
    await browser.evaluate(`(window.more = () => { window.heard = (window.heard ?? 0) + 1; }, document.head.append(Object.assign(document.createElement('script'), { src: '${stage.edge}/v1/api.js?onload=more' })), true)`);
    await said('the second callback', `window.heard === 1 && document.querySelectorAll('iframe').length === 1`);

    // Sent before there is a token.
    await browser.evaluate(`(setTimeout(() => document.querySelector('form button').click(), 200), true)`);
    await until('the answer', () => browser.evaluate(`!!document.querySelector('#done')`).catch(() => false), 60_000);
    assert.deepEqual(passed(got), [true]);
  });

// Memory shared between threads, as games and editors of pictures need it.
for (const name of /** @type {const} */ (['chromium', 'firefox', 'webkit']))
  test(`a page that isolates itself has a widget (${name})`, async (t) => {
    const browser = await openEngine(t, name);
    if (!browser) return;
    for (const policy of name === 'webkit' ? ['require-corp'] : ['require-corp', 'credentialless']) {
      const headers = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': policy };
      const { url, got } = await openForm(t, `${INPUT}{widget}<button>Send</button>`, { headers });
      await browser.goto(url);
      assert.equal(await browser.evaluate('crossOriginIsolated'), true);
      await until('the widget', () => browser.evaluate(`document.querySelector('iframe') !== null`));
      await browser.evaluate(`(setTimeout(() => document.querySelector('form button').click(), 200), true)`);
      await until('the answer', () => browser.evaluate(`!!document.querySelector('#done')`).catch(() => false), 60_000);
      assert.deepEqual(passed(got), [true]);
    }
  });

/** @param {import('node:test').TestContext} t @param {string} html of a page of another site */
async function openPortal(t, html) {
  const server = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html>${html}`));
  const port = await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(/** @type {any} */ (server.address()).port)));
  t.after(() => server.close());
  return `http://partner.example:${port}/`;
}

test('pages in frames of an embedder have a widget, and its own pages have none', async (t) => {
  const site = JSON.parse(await munjigi(stage, ['site', 'add', 'In a portal', '--json', '--allow-loopback', '--host', 'embedder:Partner.example']));
  await until('the site', async () => (await fetch(`${stage.edge}/v1/frame/${site.sitekey}`, { headers: { referer: 'http://localhost/' } })).ok);
  const widget = `<div class="munjigi" data-sitekey="${site.sitekey}"></div>`;
  const { url, got } = await openForm(t, `${INPUT}${widget}<button>Send</button>`, { ask: (token) => siteverify(stage, token, site) });
  const page = await browsers.loaded.newPage({ locale: 'en' });
  await page.goto(await openPortal(t, `<iframe name="shop" src="${url}"></iframe>`));
  const shop = page.frameLocator('iframe');
  await shop.frameLocator('iframe').locator('#t', { hasText: 'Confirm you are human' }).waitFor();
  await shop.locator('form button').click();
  await shop.locator('#done').waitFor();
  assert.deepEqual(got.map(({ answer }) => [answer.success, answer.hostname]), [[true, 'localhost']]);

  await page.goto(await openPortal(t, `${widget}<script src="${stage.edge}/v1/api.js"></script>`));
  await page.frameLocator('iframe').locator('#t', { hasText: 'Not set up correctly on this site' }).waitFor();
});

test('a frame that the browser refuses says why, and what the visitor can do', async (t) => {
  const script = `window.failed = (code) => { window.code = code; }`;
  const widget = `<div class="munjigi" data-sitekey="${stage.site.sitekey}" data-error-callback="failed"></div>`;
  const form = `${INPUT}${widget}<button>Send</button>`;
  const context = await browsers.loaded.newContext({ locale: 'en' });
  t.after(() => context.close());
  /** @type {string[]} */
  const logged = [];
  const open = async () => {
    const page = await context.newPage();
    page.on('console', (message) => void logged.push(message.text()));
    return page;
  };
  /** @param {import('playwright-core').Page | import('playwright-core').FrameLocator} at @param {string} says */
  const told = (at, says) => at.locator('.munjigi [role=alert] button', { hasText: says }).waitFor();

  // In a frame of a page that is none of the site's.
  const { url } = await openForm(t, form, { script });
  const portal = await openPortal(t, `<iframe name="shop" src="${url}"></iframe>`);
  const partner = await open();
  await partner.goto(portal);
  const shop = partner.frameLocator('iframe');
  await told(shop, 'This form does not work inside another site. Open it on its own ↗');
  assert.equal(await partner.frame('shop')?.evaluate('code'), 'hostname-not-allowed');
  const [alone] = await Promise.all([context.waitForEvent('page'), shop.locator('.munjigi [role=alert] button').click()]);
  await alone.frameLocator('iframe').locator('#t', { hasText: 'Confirm you are human' }).waitFor();
  assert.equal(alone.url(), url);

  // In a sandbox, or from a file, a page has no host.
  const { url: sandboxed } = await openForm(t, form, { script, headers: { 'content-security-policy': 'sandbox allow-scripts allow-forms' } });
  const file = join(mkdtempSync(join(tmpdir(), 'munjigi-life-')), 'form.html');
  writeFileSync(file, `<!doctype html><form>${form}</form><script>${script}</script><script src="${stage.edge}/v1/api.js"></script>`);
  t.after(() => rmSync(dirname(file), { recursive: true }));
  for (const address of [sandboxed, `file://${file}`]) {
    const page = await open();
    await page.goto(address);
    // The frame itself may be shown, and says it too.
    const frame = page.frameLocator('iframe').locator('#t', { hasText: 'Not set up correctly on this site' });
    await Promise.any([told(page, 'Not set up correctly on this site. Its owner can fix this.'), frame.waitFor()]);
    await until('the code', () => page.evaluate('window.code === "hostname-not-allowed"'));
  }
  assert.ok(logged.some((text) => text.includes(`in a frame of ${new URL(portal).origin}, which is no host or embedder of the site`)), logged.join('\n'));

  // Where the edge is away, that is what it says, in a frame as well.
  await context.route(`${stage.edge}/**`, (route) => (route.request().url().endsWith('/v1/api.js') ? route.fallback() : route.abort()));
  await partner.reload();
  await told(shop, 'No connection');
});

const VENDORS = /** @type {const} */ ({
  turnstile: { script: '/turnstile/v0/api.js', api: 'turnstile', element: 'cf-turnstile', field: 'cf-turnstile-response', siteverify: '/turnstile/v0/siteverify', starts: 'true' },
  hcaptcha: { script: '/1/api.js', api: 'hcaptcha', element: 'h-captcha', field: 'h-captcha-response', siteverify: '/hcaptcha/siteverify', starts: 'void hcaptcha.execute()' },
  recaptcha: { script: '/recaptcha/api.js', api: 'grecaptcha', element: 'g-recaptcha', field: 'g-recaptcha-response', siteverify: '/recaptcha/api/siteverify', starts: 'void grecaptcha.execute()' },
});

/** What a vendor's siteverify says of a token. @param {keyof typeof VENDORS} vendor @param {string} token */
async function verdict(vendor, token) {
  const body = new URLSearchParams({ secret: stage.dialects[vendor].secret, response: token });
  return (await fetch(stage.edge + VENDORS[vendor].siteverify, { method: 'POST', body })).json();
}

for (const which of /** @type {const} */ (['kept', 'loaded']))
  test(`after Back, refused forms of other vendors' pages are accepted at the second try (${which})`, async (t) => {
    for (const vendor of /** @type {(keyof typeof VENDORS)[]} */ (Object.keys(VENDORS))) {
      const { script, element, field } = VENDORS[vendor];
      const form = `${INPUT}<div class="${element}" data-sitekey="${stage.dialects[vendor].sitekey}"></div><button>Send</button>`;
      const head = `</script><script src="${stage.edge}${script}" async defer></script><script>`;
      const { url, got } = await openForm(t, form, { script: head, field, ask: (token) => verdict(vendor, token) });
      const page = await visit(t, url, which, '');
      const send = async (/** @type {string} */ answer) => {
        // The other two wait for the visitor's click. It is made from outside: Playwright no longer
        // reaches into a frame that the cache has kept, and that one is ready.
        const isKept = which === 'kept' && answer === 'Thank you';
        if (!isKept) await page.frameLocator('iframe').locator('html[data-state]').waitFor({ state: 'attached' });
        if (vendor !== 'turnstile') await page.locator('iframe').click({ position: { x: 30, y: 35 } });
        await until('a token', () => page.locator(`[name=${field}]`).inputValue());
        await page.locator('button').click();
        await page.locator('#done', { hasText: answer }).waitFor();
      };
      await page.evaluate('window.mark = 1');
      await send('No such');
      await page.goBack({ waitUntil: 'commit' });
      assert.equal(await page.evaluate('window.mark === 1'), which === 'kept', vendor);
      await page.locator('[name=email]').fill('kim@example.com');
      await send('Thank you');
      assert.deepEqual(passed(got), [true, true], vendor);
    }
  });

for (const name of /** @type {const} */ (['chromium', 'firefox', 'webkit']))
  test(`pages of other vendors have the same life (${name})`, async (t) => {
    const browser = await openEngine(t, name);
    if (!browser) return;
    for (const vendor of /** @type {(keyof typeof VENDORS)[]} */ (Object.keys(VENDORS))) {
      const { script, api, element, field, starts } = VENDORS[vendor];
      const { sitekey } = stage.dialects[vendor];
      // An element has the name of the script's own object, and the page's style shows every field.
      const form = `<style>textarea { display: block !important }</style><i id="${api}"></i><div class="${element}" data-sitekey="${sitekey}"></div><button>Send</button>`;
      const head = `const loaded = [];</script><script src="${stage.edge}${script}?onload=late" async defer></script><script>setTimeout(() => { window.late = () => loaded.push('late'); window.more = () => loaded.push('more'); }, 500);`;
      const { url } = await openForm(t, form, { script: head });
      await browser.goto(url);
      const said = (/** @type {string} */ what, /** @type {string} */ expression) => until(`${vendor}: ${what}`, () => browser.evaluate(expression), 60_000);
      const act = (/** @type {string} */ statement) => browser.evaluate(`(${statement}, true)`);
      const SOUND = `[...document.forms].every((form) => form.querySelectorAll('iframe').length === 1 && form.querySelectorAll('[name="${field}"]').length === 1)`;
      const FIELD = `document.querySelector('[name="${field}"]').value`;
      const token = async () => {
        await said('the widget', `!!document.querySelector('iframe')`);
        await act(`${starts}, 0`);
        return String(await said('a token', FIELD));
      };
      await said('the callback that came late', `loaded.join() === 'late'`);
      await act(`document.head.append(Object.assign(document.createElement('script'), { src: '${stage.edge}${script}?onload=more' }))`);
      await said('the second script’s callback', `loaded.join() === 'late,more' && document.querySelectorAll('iframe').length === 1`);
      const first = await token();
      assert.equal(await browser.evaluate(`[...document.querySelectorAll('textarea')].every((area) => area.getClientRects().length === 0)`), true, vendor);

      await act(`document.forms[0].reset()`);
      await said('field and widget alike', `${FIELD} !== '' && ${FIELD} === ${api}.getResponse()`);
      await act(`dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`);
      await said('no token that may have been used', `${FIELD} !== '${first}'`);
      const second = await token();
      const answer = await verdict(vendor, second);
      assert.equal(answer.success, true, JSON.stringify(answer));

      await act(`window.now = Date.now, Date.now = () => now() + 864e5`);
      assert.equal(await browser.evaluate(`!${api}.getResponse() && ${FIELD} === ''`), true, vendor);
      await act(`Date.now = now`);
      await act(`document.body.append(document.forms[0].cloneNode(true))`);
      await said('one widget for each', `document.querySelectorAll('iframe').length === 2 && ${SOUND}`);
      // WebKitGTK 2.50 may crash where a frame goes while its workers compile or end; Turnstile's start by themselves.
      await said('rest', `${starts !== 'true'} || [...document.querySelectorAll('[name="${field}"]')].every(({ value }) => value)`);
      await new Promise((then) => setTimeout(then, 1_500));
      await act(`document.forms[1].remove(), window.kept = document.forms[0].innerHTML, document.forms[0].innerHTML = kept`);
      await said('one widget', `document.querySelectorAll('iframe').length === 1 && ${SOUND}`);
      await act(vendor === 'recaptcha' ? 'void grecaptcha.execute(2)' : `${starts}, 0`);
      await said('a token', FIELD);
    }
  });
