// A restored store must not accept what was spent since, and no one is sent away for it.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { freePort, openEngine, openPage, until } from '../support/stage.mjs';
import { openGate, passForm, sitekeyOf } from './alone.mjs';

/** @param {import('./alone.mjs').Gate} gate */
async function verifierOf(gate) {
  const secret = readFileSync(join(gate.folder, 'keys/localhost'), 'utf8').trim();
  return async (/** @type {string} */ response) => {
    const body = new URLSearchParams({ secret, response });
    return (await fetch(`${gate.url}/siteverify`, { method: 'POST', body })).json();
  };
}

/** A way to the gate on which solutions wait. */
async function openWay(/** @type {import('node:test').TestContext} */ t, /** @type {string} */ gate) {
  let held = 0;
  let open = () => {};
  const isOpen = new Promise((resolve) => (open = () => resolve(true)));
  const server = createServer(async (request, response) => {
    if (request.url === '/v1/solutions') {
      held += 1;
      await isOpen;
    }
    const { method, headers, url } = request;
    const there = ask(gate + url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    there.on('error', () => response.writeHead(502).end());
    request.pipe(there);
  });
  const port = await freePort();
  await new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(undefined)));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}`, open, held: () => held };
}

const DUPLICATE = { success: false, 'error-codes': ['timeout-or-duplicate'] };

test('a restored file accepts no token of before, and who is in the middle passes', async (t) => {
  const gate = await openGate(t);
  const [sitekey, verify] = [await sitekeyOf(gate), await verifierOf(gate)];
  const spent = await passForm(t, gate.url, sitekey, []);
  if (!spent) return;
  await gate.stop();
  const [file, copy] = ['munjigi.db', 'copy.db'].map((name) => join(gate.folder, name));
  copyFileSync(file, copy);
  await gate.start();
  assert.equal((await verify(spent)).success, true);

  // A visitor whose solution is on its way while the store is restored.
  const way = await openWay(t, gate.url);
  const browser = await openEngine(t, 'chromium');
  assert.ok(browser);
  const form = `<form><input name="email"><div class="munjigi" data-sitekey="${sitekey}"></div></form>`;
  await browser.goto((await openPage(t, { edge: way.url }, form)).url);
  await until('the widget', () => browser.evaluate(`document.querySelector('iframe') !== null`));
  await browser.evaluate(`(document.querySelector('[name=email]').focus(), true)`);
  await until('a solution', async () => way.held() > 0, 90_000);

  await gate.stop();
  copyFileSync(copy, file);
  await gate.start();
  assert.match(gate.log(), /the store was offline or was restored/);
  assert.deepEqual(await verify(spent), DUPLICATE);
  way.open();
  const token = await until('a token', () => browser.evaluate(`document.querySelector('[name=munjigi-response]')?.value`), 90_000);
  assert.ok(way.held() > 1, 'the widget began again');
  assert.equal((await verify(token)).success, true);
  assert.deepEqual(await verify(token), DUPLICATE);
});

test('after a restore by hand, one command refuses what was spent', async (t) => {
  const gate = await openGate(t);
  const [sitekey, verify] = [await sitekeyOf(gate), await verifierOf(gate)];
  const token = await passForm(t, gate.url, sitekey, []);
  if (!token) return;
  assert.match(await gate.refused('store', 'new-generation'), /is in use by another munjigi-gate/);
  await gate.stop();
  assert.match(await gate.run('store', 'new-generation'), /begins generation \d+: tokens of before are refused/);
  await gate.start();
  assert.deepEqual(await verify(token), DUPLICATE);
});
