// Three vendors' siteverify, row by row of their tables, against the real edge; and malformed
// bodies.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as send } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { after, before } from 'node:test';
import { parse } from 'smol-toml';
import { ROOT } from '../support/stack.mjs';
import { LITTLE_WORK, munjigi, openStage, siteverify, until } from '../support/stage.mjs';

const VENDORS = ['recaptcha', 'hcaptcha', 'turnstile'];
const FUZZED = 10_000;
const AT_ONCE = 16;
const BRIEF_SECONDS = 30;

/**
 * @typedef {object} Case
 * @property {string} id
 * @property {string} request
 * @property {string} [type]
 * @property {[string, string][]} [fields]
 * @property {string} [raw]
 * @property {boolean} [query]
 * @property {boolean} [bare] no header is sent but those that tell of the body
 * @property {number} [status]
 * @property {string} json
 */

/** @type {any} */
let stage;
/** @type {Record<string, Awaited<ReturnType<typeof soonOver>>>} */
const brief = {};
/** @type {(() => unknown)[]} */
const closing = [];
before(async () => {
  const context = { name: 'dialects', after: (/** @type {() => unknown} */ close) => closing.push(close) };
  stage = await openStage(/** @type {any} */ (context), 'workerd', LITTLE_WORK);
  for (const vendor of VENDORS) brief[vendor] = await soonOver(vendor);
});
after(async () => {
  for (const close of closing) await close();
});

/**
 * An expired token, after the shortest lifetime that a site may set, and the site's secret.
 * @param {string} vendor
 */
async function soonOver(vendor) {
  const words = ['site', 'add', 'Soon over', '--allow-loopback', '--vendor', vendor, '--token-lifetime', String(BRIEF_SECONDS)];
  const { sitekey, secret } = JSON.parse(await munjigi(stage, [...words, '--json']));
  const shown = () => fetch(`${stage.edge}/v1/frame/${sitekey}`, { headers: { referer: 'http://localhost/' } });
  await until('the site', async () => (await shown()).ok);
  return { token: await token(sitekey), secret, made: Date.now() };
}

/** A fresh token. @param {string} sitekey */
const token = async (sitekey) =>
  (await munjigi(stage, ['solve', '--edge', stage.edge, '--sitekey', sitekey])).trim();

/**
 * The values that a row names.
 * @param {string} vendor
 * @param {string} row
 */
async function values(vendor, row) {
  const { sitekey, secret } = stage.dialects[vendor];
  /** @type {Record<string, string>} */
  const all = { sitekey, secret, long: 'x'.repeat(3_000) };
  if (row.includes('{{token}}')) all.token = await token(sitekey);
  if (row.includes('{{other}}')) all.other = await token(stage.site.sitekey);
  if (row.includes('{{spent}}')) {
    all.spent = await token(sitekey);
    assert.equal((await siteverify(stage, all.spent, { secret })).success, true);
  }
  if (row.includes('{{expired}}')) {
    const { made, secret: own, token: expired } = brief[vendor];
    Object.assign(all, { expired, secret_of_the_expired: own });
    await new Promise((resolve) => setTimeout(resolve, made + (BRIEF_SECONDS + 1) * 1_000 - Date.now()));
  }
  return all;
}

/** @param {Case} row @returns {[string, RequestInit]} */
function call({ request, type = 'form', fields = [], raw, query }) {
  const [method, path] = request.split(' ');
  const address = new URL(path, stage.edge);
  if (query) {
    address.search = String(new URLSearchParams(fields));
    return [address.href, { method }];
  }
  const json = JSON.stringify(Object.fromEntries(fields));
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  /** @type {Record<string, RequestInit>} */
  const kinds = {
    form: { body: raw ?? new URLSearchParams(fields) },
    json: { body: raw ?? json, headers: { 'content-type': 'application/json' } },
    multipart: { body: form },
  };
  const other = { body: raw ?? (type.includes('json') ? json : String(new URLSearchParams(fields))), headers: { 'content-type': type } };
  return [address.href, { method, ...kinds[type] ?? other }];
}

/**
 * Like `fetch`, without the headers that it adds by itself.
 * @param {string} address
 * @param {RequestInit} init
 * @returns {Promise<Response>}
 */
async function bare(address, init) {
  const filled = new Request(address, init);
  const body = Buffer.from(await filled.arrayBuffer());
  const headers = { 'content-type': filled.headers.get('content-type') ?? '', 'content-length': body.length };
  return new Promise((resolve, reject) => {
    send(address, { method: filled.method, headers }, async (answer) => {
      resolve(new Response(await text(answer), { status: answer.statusCode, headers: /** @type {any} */ (answer.headers) }));
    }).on('error', reject).end(body);
  });
}

/** What `ScoreReason` says on the protocol's page. */
const REASONS = ['automation', 'inconsistent-client', 'replayed-trace', 'fleet', 'solved-elsewhere', 'network-load',
  'site-under-attack', 'work-alone', 'outcomes', 'too-little-data'];

/**
 * At most five reasons, strongest first.
 * @param {unknown} given
 */
const isReasons = (given) => Array.isArray(given) && given.length <= 5
  && given.every((word, place) => REASONS.indexOf(word) > REASONS.indexOf(given[place - 1]));

/**
 * Checks placeholders for values that change.
 * @param {any} given
 * @param {any} wanted
 * @returns {any}
 */
function settle(given, wanted) {
  const kinds = {
    '{{time}}': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    '{{millis}}': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  };
  return Object.fromEntries(Object.entries(given).map(([name, value]) => {
    const pattern = /** @type {Record<string, RegExp>} */ (kinds)[wanted[name]];
    if (pattern?.test(value) && Math.abs(Date.parse(value) - Date.now()) < 60_000) return [name, wanted[name]];
    if (wanted[name] === '{{reasons}}' && isReasons(value)) return [name, wanted[name]];
    if (wanted[name] === '{{score}}' && value >= 0 && value <= 1) return [name, wanted[name]];
    return [name, value];
  }));
}

/** @param {string} vendor @param {Case} row */
const testRow = (vendor, row) => test(row.id, async () => {
  const raw = JSON.stringify(row);
  const known = await values(vendor, raw);
  const filled = JSON.parse(raw, (name, value) => typeof value === 'string' && name !== 'json'
    ? value.replaceAll(/\{\{(\w+)\}\}/g, (_, word) => known[word])
    : value);
  const answer = await (row.bare ? bare : fetch)(...call(filled));
  assert.equal(answer.status, row.status ?? 200);
  assert.equal(answer.headers.get('content-type'), 'application/json');
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  const wanted = JSON.parse(row.json);
  assert.deepEqual(settle(await answer.json(), wanted), wanted);
});

/** Rows of a token whose time is over, last: it is over by then, and nothing has waited for it. */
const late = /** @type {[string, Case][]} */ ([]);
for (const vendor of VENDORS) {
  const table = parse(readFileSync(join(ROOT, 'tests', 'contract', `${vendor}.toml`), 'utf8'));
  for (const row of /** @type {Case[]} */ (/** @type {unknown} */ (table.case))) {
    if (JSON.stringify(row).includes('{{expired}}')) late.push([vendor, row]);
    else testRow(vendor, row);
  }
}

for (const [vendor, shape] of Object.entries({ recaptcha: /^6L[\w-]{38}$/, hcaptcha: /^0x[0-9a-f]{40}$/, turnstile: /^0x4[\w-]{32}$/ })) {
  test(`${vendor}: a site is found by its sitekey, and its next secret has the shape of the first`, async () => {
    const { sitekey, secret } = stage.dialects[vendor];
    assert.match(secret, shape);
    const shown = JSON.parse(await munjigi(stage, ['site', 'show', sitekey, '--json']));
    assert.deepEqual(shown.aliases, [sitekey]);
    const second = JSON.parse(await munjigi(stage, ['site', 'rotate-secret', shown.sitekey, '--json'])).secret;
    assert.match(second, shape);
    const taken = await until('the new secret at the edge', async () => {
      const { success } = await siteverify(stage, await token(sitekey), { secret: second });
      return success;
    });
    assert.equal(taken, true);
    assert.equal((await siteverify(stage, await token(sitekey), { secret })).success, true);
    await munjigi(stage, ['site', 'rotate-secret', shown.sitekey, '--cancel', '--json']);
  });
}

/** Random numbers that are the same in every run. @param {string} seed */
function dice(seed) {
  let count = 0;
  return (/** @type {number} */ below) => {
    count += 1;
    return createHash('sha256').update(`${seed} ${count}`).digest().readUInt32BE() % below;
  };
}

/**
 * A form body that is broken somewhere.
 * @param {(below: number) => number} roll
 * @param {string} secret
 */
function spoilt(roll, secret) {
  const pieces = ['secret=', secret, '&', 'response=', 'mj1.k1.AAAA.BBBB', '=', '%', '%zz', '%00', '+', '\r\n', '{"', '":', '}',
    '[', 'null', '--x', 'Content-Disposition: form-data; name="secret"', '\u0000', '\u{1f600}', 'idempotency_key=', 'sitekey='];
  const bytes = Buffer.from(Array.from({ length: roll(12) }, () => pieces[roll(pieces.length)]).join(''));
  for (let spoil = roll(3); spoil > 0 && bytes.length > 0; spoil -= 1) bytes[roll(bytes.length)] = roll(256);
  return bytes;
}

for (const [vendor, path] of Object.entries({
  recaptcha: '/recaptcha/api/siteverify',
  hcaptcha: '/hcaptcha/siteverify',
  turnstile: '/turnstile/v0/siteverify',
})) {
  test(`${vendor}: ten thousand spoilt bodies get its JSON and never a 5xx`, async () => {
    const { secret } = stage.dialects[vendor];
    const types = ['application/x-www-form-urlencoded', 'application/json', 'multipart/form-data; boundary=x',
      'multipart/form-data', 'text/plain', ''];
    const roll = dice(vendor);
    let left = FUZZED;
    const worker = async () => {
      while (left > 0) {
        left -= 1;
        const body = spoilt(roll, secret);
        const type = types[roll(types.length)];
        const answer = await fetch(`${stage.edge}${path}`, { method: 'POST', body, headers: { 'content-type': type } });
        const said = await answer.text();
        const shown = `${answer.status} ${said} for ${type} ${body.toString('latin1')}`;
        assert.equal(answer.status, 200, shown);
        const { success, 'error-codes': codes, ...more } = JSON.parse(said);
        assert.equal(success, false, shown);
        assert.ok(Array.isArray(codes) && codes.length > 0 && Object.keys(more).length === 0, shown);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  });
}

for (const [vendor, row] of late) testRow(vendor, row);
