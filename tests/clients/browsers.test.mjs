// Unmodified client libraries for pages, in Chromium against the real edge: a token that siteverify
// accepts once, and what each tells its page about an unknown sitekey and an edge that is away.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { build } from 'esbuild';
import { ROOT } from '../support/stack.mjs';
import { theatre } from '../support/people.mjs';
import { LITTLE_WORK, freePort, until } from '../support/stage.mjs';
import { openFront } from './front.mjs';
import { pinned } from './pins.mjs';

const SITEVERIFY = {
  recaptcha: '/recaptcha/api/siteverify',
  hcaptcha: '/siteverify',
  turnstile: '/turnstile/v0/siteverify',
};

/**
 * Client, vendor, what its visitor does, and what the page is told about an unknown sitekey and
 * when no one answers.
 */
const CLIENTS = /** @type {[string, keyof typeof SITEVERIFY, 'confirm' | 'nothing' | 'press', string, string][]} */ ([
  ['react-google-recaptcha', 'recaptcha', 'confirm', 'onErrored', 'script'],
  ['react-google-recaptcha-v3', 'recaptcha', 'press', 'rejected', 'not yet available'],
  ['vue3-recaptcha2', 'recaptcha', 'confirm', 'fail', 'error'],
  ['recaptcha-v3', 'recaptcha', 'press', 'rejected', 'script'],
  ['@hcaptcha/react-hcaptcha', 'hcaptcha', 'confirm', 'invalid-data', 'script-error'],
  ['@hcaptcha/vue3-hcaptcha', 'hcaptcha', 'confirm', 'invalid-data', 'Failed to load api.js'],
  ['@hcaptcha/vanilla-hcaptcha', 'hcaptcha', 'confirm', 'invalid-data', 'Failed to load hCaptcha JS API'],
  ['@marsidev/react-turnstile', 'turnstile', 'nothing', '110100', 'script'],
  ['react-turnstile', 'turnstile', 'nothing', '110100', 'Failed to load Turnstile.'],
  ['vue-turnstile', 'turnstile', 'nothing', '110100', 'Failed to load Turnstile.'],
]);

const own = theatre('clients-in-pages', { stack: LITTLE_WORK });
/** @type {Awaited<ReturnType<typeof openFront>>} */
let front;
before(async () => {
  await own.open();
  front = await openFront(own.stage.edge);
});
after(async () => {
  front?.close();
  await own.close();
});

/** A client's page as one script. @param {string} name */
async function bundle(name) {
  const file = name.replace(/^@hcaptcha\//, '').replace('@', '').replace('/', '-');
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'tests/clients/browser', `${file}.mjs`)],
    bundle: true,
    write: false,
    format: 'iife',
    minify: true,
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return outputFiles[0]?.text ?? '';
}

/**
 * Serves the script in a form.
 * @param {import('node:test').TestContext} t
 * @param {string} script
 */
async function serve(t, script) {
  const server = createServer(({ url = '' }, response) => {
    const isScript = url.startsWith('/page.js');
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    response.end(isScript ? script : `<!doctype html><html lang="en"><meta charset="utf-8"><title>A form</title>
      <form><label>Name <input name="who"></label><div id="place"></div><button type="button" id="go">Go</button></form>
      <script src="/page.js"></script></html>`);
  });
  t.after(() => server.close());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(/** @type {any} */ (server.address()).port));
  });
}

/**
 * Visits the page.
 * @param {import('node:test').TestContext} t
 * @param {number} port of the page
 * @param {string} sitekey
 * @param {{edge: string, proxy: string}} where
 */
async function visit(t, port, sitekey, { edge, proxy }) {
  const context = await own.browser.newContext({
    proxy: { server: proxy, bypass: 'localhost,127.0.0.1' },
    ignoreHTTPSErrors: true,
  });
  t.after(() => context.close());
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(`http://localhost:${port}/?${new URLSearchParams({ sitekey, edge })}`);
  /** @param {'confirm' | 'nothing' | 'press'} how */
  const act = async (how) => {
    if (how === 'confirm') return page.frameLocator('iframe').first().locator('#b').click();
    if (how === 'nothing') return;
    await page.waitForLoadState('networkidle');
    return page.locator('#go').click();
  };
  /** What the page was told. @param {'token' | 'failed'} what @returns {Promise<string>} */
  const told = (what) => until(what, () => page.locator('body').getAttribute(`data-${what}`), 45_000);
  return { page, errors, act, told };
}

/** A key that belongs to no site. @param {string} sitekey */
const unknown = (sitekey) => sitekey.replace(/.$/, (last) => (last === '0' ? '1' : '0'));

for (const [name, vendor, act, refused, away] of CLIENTS) {
  test(`${vendor}: ${pinned('Node', name)} (browser)`, async (t) => {
    const { edge, dialects } = own.stage;
    const { sitekey, secret } = dialects[vendor];
    const here = { edge, proxy: front.proxy };
    const port = await serve(t, await bundle(name));
    const visitor = await visit(t, port, sitekey, here);
    await visitor.act(act);
    /** @param {string} response */
    const verify = async (response) => {
      const body = new URLSearchParams({ secret, response });
      return (await fetch(edge + SITEVERIFY[vendor], { method: 'POST', body })).json();
    };
    const token = await visitor.told('token');
    const { success, action } = await verify(token);
    assert.equal(success, true);
    if (act === 'press') assert.equal(action, 'signup');
    assert.equal((await verify(token)).success, false);
    if (act === 'press') {
      await visitor.act(act);
      const next = await until('another token', async () => (await visitor.told('token')).replace(token, ''));
      assert.equal((await verify(next)).success, true);
    }
    assert.deepEqual(visitor.errors, []);

    const stranger = await visit(t, port, unknown(sitekey), here);
    if (act === 'press') await stranger.act(act);
    assert.equal(await stranger.told('failed'), refused);

    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const lost = await visit(t, port, sitekey, { edge: nowhere, proxy: nowhere });
    if (act === 'press') await lost.act(act);
    assert.ok((await lost.told('failed')).includes(away));
    assert.equal(await lost.page.locator('iframe').count(), 0);
  });
}
