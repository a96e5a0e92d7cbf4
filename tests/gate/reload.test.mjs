// Settings that are read again under load: no one notices, and nothing that was counted is forgotten.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/stage.mjs';
import { openGate, sitekeyOf, steadily, visit } from './alone.mjs';

test('settings are read again under load: no request fails, and limits and counts go on', async (t) => {
  const gate = await openGate(t, [], {}, (text) => `client_limit = 100_000\nchallenge_limit = 100_000\n${text}`);
  const [sitekey, settings] = [await sitekeyOf(gate), readFileSync(join(gate.folder, 'gate.toml'), 'utf8')];
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  t.after(() => agent.destroy());
  const ask = (/** @type {string} */ method, /** @type {string} */ path, body = '') =>
    new Promise((/** @type {(status: number) => void} */ resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': body.length };
      const sent = request({ host: '127.0.0.1', port: gate.port, agent, method, path, headers }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
      });
      sent.on('error', reject).end(body);
    });
  const stop = steadily((number) =>
    number % 2 ? ask('GET', '/v1/api.js') : ask('POST', '/v1/challenges', visit(sitekey)));
  for (let round = 1; round <= 6; round++) {
    await sleep(500);
    // What a request may notice changes with every round.
    gate.write(`log_requests = ${round % 2 === 0}\nurl = "http://127.0.0.1:${gate.port}"\n${settings}`);
    gate.reload();
    const said = () => (gate.log().match(/read the settings and their sites again/g) ?? []).length;
    await until('the settings', async () => said() === round);
  }
  const { answers, asked } = await stop();
  assert.deepEqual(answers, { 200: asked });
  assert.ok(asked > 300, `${asked} requests`);

  // A limit that is used up stays so, and mistakes change nothing.
  gate.write(settings.replace('client_limit = 100_000', 'client_limit = 2'));
  gate.reload();
  await until('the limit', async () => (await ask('POST', '/v1/challenges', visit(sitekey))) === 429);
  gate.write(settings.replace('client_limit = 100_000', 'client_limit = 2\nlog_requests = true'));
  gate.reload();
  await until('the settings', async () => gate.log().match(/their sites again/g)?.length === 8);
  assert.equal(await ask('POST', '/v1/challenges', visit(sitekey)), 429);
  gate.write(`nonsense = 1\n${settings}`);
  gate.reload();
  await until('the mistake', async () => gate.log().includes('nonsense is no setting'));
  assert.equal(await ask('POST', '/v1/challenges', visit(sitekey)), 429);
  gate.write(`connection_limit = 9\n${settings}`);
  gate.reload();
  await until('what waits', async () => /"settings":"connection_limit"/.test(gate.log()));

  // What was issued before the first of them is in the figures of the last.
  const issued = asked / 2;
  await gate.stop();
  const [, counted] = /\d{4}-\d\d-\d\d +(\d+)/.exec(await gate.run('stats')) ?? [];
  assert.ok(Number(counted) >= Math.floor(issued), `${counted} of ${issued}`);
});
