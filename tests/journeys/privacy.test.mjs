// What docs/privacy.md promises, in three engines: a visit's requests hold the fields that the page
// lists, within their ranges, and nothing else; nothing is kept in the browser; and the checks
// accuse these browsers only of what is true of them.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test, { after, before } from 'node:test';
import { isListed, table } from './listed.mjs';
import { LITTLE_WORK, openEngine, openPage, openStage, until } from '../support/stage.mjs';

/** @type {any} */
let stage;
/** @type {(() => unknown)[]} */
const closing = [];
before(async () => {
  const context = { name: 'privacy', after: (/** @type {() => unknown} */ close) => closing.push(close) };
  stage = await openStage(/** @type {any} */ (context), 'gate', LITTLE_WORK);
});
after(async () => {
  for (const close of closing) await close();
});

/**
 * Stands between the browsers and the edge, and keeps what passes.
 * @param {import('node:test').TestContext} t
 */
async function openRecorder(t) {
  /** @type {{path: string, sent: string, answered: any, cookies: string[]}[]} */
  const records = [];
  const server = createServer(async (request, response) => {
    const sent = Buffer.concat(await request.toArray());
    const headers = Object.entries(request.headers).filter(([name]) => !['host', 'connection', 'content-length'].includes(name));
    const answer = await fetch(new URL(request.url ?? '/', stage.edge), {
      method: request.method,
      headers: /** @type {[string, string][]} */ (headers),
      ...(request.method === 'POST' && { body: sent }),
    });
    const body = Buffer.from(await answer.arrayBuffer());
    const json = answer.headers.get('content-type')?.includes('json');
    const answered = json ? JSON.parse(String(body)) : null;
    records.push({ path: request.url ?? '', sent: String(sent), answered, cookies: answer.headers.getSetCookie() });
    const kept = [...answer.headers].filter(([name]) => !['content-encoding', 'content-length', 'transfer-encoding'].includes(name));
    response.writeHead(answer.status, Object.fromEntries(kept)).end(body);
  });
  const port = await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port));
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { edge: `http://localhost:${port}`, records };
}

/** The checks that were made and those that found something. @param {number} agreement @param {string} id */
function opened(agreement, id) {
  const bits = (agreement ^ Buffer.from(id, 'base64url').readUInt32LE()) >>> 0;
  const names = table('The checks').map(([name]) => name);
  const at = (/** @type {number} */ first) => names.filter((_, number) => (bits >>> (first + number)) & 1);
  const known = names.reduce((all, _, number) => all | (1 << number) | (1 << (12 + number)), 0);
  return { made: at(0), found: at(12), others: bits & ~known };
}

/** What each engine is found to be: all three are driven, one has no window and tells that it is
 * watched. */
const FOUND = /** @type {const} */ ([
  ['chromium', ['webdriver', 'headless', 'runtime']],
  ['firefox', ['webdriver']],
  ['webkit', ['webdriver']],
]);

/** What the browser keeps for a page's origin. */
const KEPT = `[document.cookie, localStorage.length, sessionStorage.length].join('|')`;

/**
 * A visit that ends with a token, and what was sent for it.
 * @param {import('node:test').TestContext} t
 * @param {import('../support/browsers.mjs').Browser} browser
 */
async function visit(t, browser) {
  const { edge, records } = await openRecorder(t);
  const body = `<form><input name="name"><div class="munjigi" data-sitekey="${stage.site.sitekey}"></div></form>`;
  const served = await openPage(t, { ...stage, edge }, body);
  await browser.goto(served.url);
  await until('the widget', () => browser.evaluate(`document.querySelector('iframe') !== null`));
  await browser.evaluate(`(document.querySelector('[name=name]').focus(), true)`);
  await until('a token', () => browser.evaluate(`document.querySelector('[name=munjigi-response]')?.value`), 90_000);

  assert.deepEqual(records.filter(({ path }) => path.includes('?')), [], 'nothing is sent in addresses');
  assert.deepEqual(records.filter(({ cookies }) => cookies.length), [], 'no cookie is set');
  // Nor does the frame, or the script in the page, keep anything.
  assert.equal(await browser.evaluate(KEPT), '|0|0');
  await browser.goto(`${edge}/errors/not-found`);
  assert.equal(await browser.evaluate(KEPT), '|0|0');
  const posts = records.filter(({ sent }) => sent).map(({ path, sent }) => ({ path, sent: JSON.parse(sent) }));
  assert.deepEqual([...new Set(posts.map(({ path }) => path))], ['/v1/challenges', '/v1/solutions']);
  return { posts, id: records.find(({ answered }) => answered?.step?.id)?.answered.step.id };
}

for (const [engine, found] of FOUND) {
  test(`a visit in ${engine} sends what is listed and nothing else`, async (t) => {
    const browser = await openEngine(t, engine);
    if (!browser) return;
    const { posts, id } = await visit(t, browser);
    posts.forEach(isListed);
    for (const { path, sent: { signals: { agreement } } } of posts) {
      assert.equal(agreement === undefined, path === '/v1/challenges', path);
      if (agreement === undefined) continue;
      const made = table('The checks').map(([name]) => name);
      assert.deepEqual(opened(agreement, id), { made, found, others: 0 });
    }
    console.log(`${browser.version}: ${posts.length} requests, found ${found.join(', ')}`);
  });
}

test('visitors who ask not to be tracked are described no further', async (t) => {
  const asks = ['privacy.globalprivacycontrol.enabled', 'privacy.globalprivacycontrol.functionality.enabled'];
  const browser = await openEngine(t, 'firefox', Object.fromEntries(asks.map((name) => [name, true])));
  if (!browser) return;
  const { posts } = await visit(t, browser);
  assert.equal(await browser.evaluate('navigator.globalPrivacyControl'), true);
  for (const { path, sent: { signals } } of posts) {
    const always = ['webdriver', 'whole'];
    const expected = path === '/v1/challenges' ? always : [...always, 'agreement', 'solve_ms'];
    assert.deepEqual(Object.keys(signals), expected, path);
  }
});
