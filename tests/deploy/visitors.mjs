// What comes from outside to a machine that runs the compose file: a person with a browser, or many
// requests a second. Runs in the visitors' network, and prints one line of JSON.
//
//   node tests/deploy/visitors.mjs '{"call": "pass" | "load", …}'

import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { percentile } from '../bench/report.mjs';
import { openEngine, openPage, until } from '../support/stage.mjs';
import { VISITORS } from './containers.mjs';

/**
 * @typedef {object} Given
 * @property {'pass' | 'load'} call
 * @property {string} door the proxy's address
 * @property {string} captcha the gate's host
 * @property {string} console the console's
 * @property {string} authority file of the authority whose certificates are trusted
 * @property {{sitekey: string, secret: string}} site
 * @property {number} seconds
 * @property {number} rate requests a second
 */

/** @type {Given} */
const given = JSON.parse(process.argv[2] ?? '{}');
const agent = new Agent({ keepAlive: true, ca: readFileSync(given.authority) });

/**
 * One request from a visitor's address, and how long it took until its end.
 * @returns {Promise<{status: number, body: string, ms: number}>}
 */
function ask(/** @type {string} */ host, /** @type {string} */ method, /** @type {string} */ path, body = '', type = 'application/json', from = VISITORS[0]) {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const headers = { host, 'content-type': type, 'content-length': Buffer.byteLength(body) };
    const sent = request({ host: given.door, servername: host, method, path, headers, agent, localAddress: from }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text, ms: performance.now() - begun }));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const FORM = 'application/x-www-form-urlencoded';
const verify = (/** @type {string} */ token) => ask(given.captcha, 'POST', '/siteverify', String(new URLSearchParams({ secret: given.site.secret, response: token })), FORM);

/** A person passes, and the form's back end verifies the token. */
async function pass() {
  /** @type {(() => unknown)[]} */
  const closing = [];
  const t = /** @type {any} */ ({ after: (/** @type {() => unknown} */ close) => closing.push(close), skip: (/** @type {string} */ why) => { throw new Error(why); } });
  try {
    const map = [given.captcha, given.console].map((host) => `MAP ${host} ${given.door}`).join(',');
    const browser = await openEngine(t, 'chromium', {}, [`--host-resolver-rules=${map}`, '--ignore-certificate-errors']);
    const page = await openPage(t, { edge: `https://${given.captcha}` }, `<form><input name="email"><div class="munjigi" data-sitekey="${given.site.sitekey}"></div></form>`);
    await browser?.goto(page.url);
    await until('the widget', () => browser?.evaluate(`document.querySelector('iframe') !== null`));
    await browser?.evaluate(`(document.querySelector('[name=email]').focus(), true)`);
    const token = await until('a token', () => browser?.evaluate(`document.querySelector('[name=munjigi-response]')?.value`), 90_000);
    const { success } = JSON.parse((await verify(token)).body);
    return { success };
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

const CHALLENGE = JSON.stringify({ sitekey: given.site?.sitekey, hostname: 'localhost', action: '', cdata: '', locale: 'en', widget: 'drill', algorithms: ['hashwx'], signals: {} });

/** Calls in turn: what is the same for everyone, and what is computed. @type {['static' | 'api', number, (from: string) => ReturnType<typeof ask>][]} */
const CALLS = [
  ['static', 200, (from) => ask(given.captcha, 'GET', '/v1/api.js', '', FORM, from)],
  ['api', 200, (from) => ask(given.captcha, 'POST', '/v1/challenges', CHALLENGE, 'application/json', from)],
  ['static', 200, (from) => ask(given.captcha, 'GET', `/v1/frame/${given.site.sitekey}`, '', FORM, from)],
  ['api', 200, () => verify('unknown')],
  ['static', 200, (from) => ask(given.captcha, 'GET', '/v1/api.js', '', FORM, from)],
  ['api', 200, (from) => ask(given.captcha, 'POST', '/v1/challenges', CHALLENGE, 'application/json', from)],
  ['static', 200, (from) => ask(given.captcha, 'GET', `/v1/frame/${given.site.sitekey}`, '', FORM, from)],
  ['api', 200, (from) => ask(given.console, 'GET', '/log-in', '', FORM, from)],
];

/** Begins a request at its time, however long the others take. */
async function load() {
  const took = { static: /** @type {number[]} */ ([]), api: /** @type {number[]} */ ([]) };
  /** @type {string[]} */
  const failures = [];
  const begun = performance.now();
  /** @type {Promise<void>[]} */
  const all = [];
  for (let number = 0; number < given.seconds * given.rate; number += 1) {
    const wait = begun + (number * 1000) / given.rate - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const [kind, wanted, call] = CALLS[number % CALLS.length] ?? CALLS[0];
    const answered = call(VISITORS[number % VISITORS.length] ?? '').then(
      ({ status, body, ms }) => {
        if (status === wanted) took[kind].push(ms);
        else failures.push(`${status} ${body.slice(0, 200)}`);
      },
      (error) => void failures.push(String(error)),
    );
    all.push(answered);
  }
  await Promise.all(all);
  const of = (/** @type {number[]} */ list) => ({ count: list.length, p95: percentile(list, 0.95), p99: percentile(list, 0.99) });
  return { static: of(took.static), api: of(took.api), failures: failures.length, first: failures[0] };
}

console.log(JSON.stringify(given.call === 'pass' ? await pass() : await load()));
agent.destroy();
process.exit(0);
