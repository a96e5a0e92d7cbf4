// An edge below a path of a host that serves other things too.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { BASE, checkBelow, openSharedHost, passBelow } from './shared-host.mjs';
import { LITTLE_WORK, freePort, munjigi, openStage } from '../support/stage.mjs';

/** @type {any} */
let stage;
/** @type {import('./shared-host.mjs').SharedHost} */
let host;
/** @type {(() => unknown)[]} */
const closing = [];
before(async () => {
  const context = { name: 'base-path', after: (/** @type {() => unknown} */ close) => closing.push(close) };
  const port = await freePort();
  // A gate has one setting for its host and path.
  const isGate = process.env.MUNJIGI_TEST_EDGE === 'gate';
  const below = isGate ? `MUNJIGI_GATE_URL=http://localhost:${port}${BASE}` : `MUNJIGI_BASE_PATH=${BASE}`;
  stage = await openStage(/** @type {any} */ (context), 'workerd', ['--var', below, ...LITTLE_WORK]);
  const { sitekey } = stage.site;
  host = await openSharedHost(context, { edge: stage.edge, sitekey, port });
});
after(async () => {
  for (const close of closing.reverse()) await close();
});

for (const engine of /** @type {const} */ (['chromium', 'firefox', 'webkit']))
  test(`a form below ${BASE} passes in ${engine}`, (t) => passBelow(t, host, stage.site.secret, engine));

test('everything is answered below the path', () => checkBelow(host));

test('operators probe it there', async () => {
  const { sitekey, secret } = stage.site;
  const words = ['probe', '--edge', `${host.url}${BASE}`, '--sitekey', sitekey, '--secret', secret, '--json'];
  assert.ok(JSON.parse(await munjigi(stage, words)));
});
