// The gate below a path of a host that serves other things too.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { BASE, checkBelow, openSharedHost, passBelow } from '../journeys/shared-host.mjs';
import { freePort } from '../support/stage.mjs';
import { openGate } from './alone.mjs';

/** @type {import('../journeys/shared-host.mjs').SharedHost} */
let host;
/** @type {string} */
let secret;
/** @type {import('./alone.mjs').Gate} */
let gate;
/** @type {(() => unknown)[]} */
const closing = [];
before(async () => {
  const context = { after: (/** @type {() => unknown} */ close) => closing.push(close) };
  const port = await freePort();
  const variables = { MUNJIGI_GATE_URL: `http://localhost:${port}${BASE}` };
  // Three engines solve: what a puzzle costs is not the question here.
  const easy = (/** @type {string} */ settings) => settings.replaceAll('hosts =', 'work = { floor = 500, ceiling = 2_000 }, hosts =');
  gate = await openGate(context, [], variables, easy);
  secret = readFileSync(join(gate.folder, 'keys', 'localhost'), 'utf8').trim();
  const [, sitekey] = /(mj_\w+) +1 secret +localhost/.exec(await gate.run('site', 'list')) ?? [];
  assert.ok(sitekey, await gate.run('site', 'list'));
  host = await openSharedHost(context, { edge: gate.url, sitekey, port });
});
after(async () => {
  for (const close of closing.reverse()) await close();
});

for (const engine of /** @type {const} */ (['chromium', 'firefox', 'webkit']))
  test(`a form below ${BASE} passes in ${engine}`, (t) => passBelow(t, host, secret, engine));

test('everything is answered below the path, also behind a proxy that takes it away', async () => {
  await checkBelow(host);
  assert.equal((await fetch(`${gate.url}/v1/api.js`)).status, 200);
  assert.equal((await (await fetch(`${gate.url}/nothing`)).json()).type, `${host.url}${BASE}/errors/not-found`);
});
