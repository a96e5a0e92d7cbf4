// A gate that is full of connections that want nothing but to be open still answers back ends, and
// soon has its places again. MUNJIGI_HELD=10000 tries as many of each sort for five minutes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import test, { describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, until } from '../support/stage.mjs';
import { makeCertificate, openGate } from './alone.mjs';
import { SORTS, addressIn } from './holding.mjs';

const HELD = Number(process.env.MUNJIGI_HELD ?? 0);

/** Connections of other addresses to a port that are open, by this machine's own count. @param {number} port */
function held(port) {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').map((row) => row.trim().split(/\s+/));
  return rows.filter(([, local, remote, state]) => local?.endsWith(suffix) && state === '01' && !remote?.startsWith('0100007F:')).length;
}

/**
 * A gate with TLS of its own, and a back end that asks it about a token over a new connection each time.
 * @param {import('node:test').TestContext} t
 * @param {string} limit a line of its settings
 */
async function openTlsGate(t, limit) {
  const port = await freePort();
  const listen = { MUNJIGI_GATE_LISTEN: `127.0.0.1:${port}`, MUNJIGI_GATE_URL: `https://localhost:${port}` };
  const settings = `tls_certificate = "gate.pem"\ntls_key = "gate.key"\n${limit}`;
  const gate = await openGate(t, [], listen, (text) => `${settings}\n${text}`, async (folder) => void (await makeCertificate(folder, 'gate')));
  const secret = readFileSync(join(gate.folder, 'keys', 'localhost'), 'utf8').trim();
  const headers = { host: 'localhost', 'content-type': 'application/x-www-form-urlencoded' };
  const options = { host: '127.0.0.1', port, servername: 'localhost', rejectUnauthorized: false, agent: false, method: 'POST', path: '/siteverify', headers };
  const verify = async () => {
    /** @type {string} */
    const told = await new Promise((resolve, reject) => {
      const asked = request(options, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part) => (text += part)).on('end', () => resolve(text));
      });
      asked.on('error', reject).end(new URLSearchParams({ secret, response: 'none' }).toString());
    });
    assert.match(told, /"error-codes":\["invalid-input-response"\]/);
  };
  await verify();
  return { port, verify };
}

describe('a gate full of connections answers back ends and has its places again', { concurrency: true }, () => {
  for (const [sort, hold] of Object.entries(SORTS)) {
    test(sort, async (t) => {
      const { port, verify } = await openTlsGate(t, 'connection_limit = 16');
      const sockets = Array.from({ length: 48 }, (_, index) => hold(port, addressIn(index % 24)));
      t.after(() => sockets.forEach((socket) => socket.destroy()));
      await until('a gate without places', async () => held(port) >= 12);
      for (let time = 0; time < 10; time += 1) {
        await verify();
        await sleep(100);
      }
      await until('places', async () => held(port) === 0, 90_000);
      await verify();
    });
  }
});

test('a visitor behind a load balancer has no more patience than any other', async (t) => {
  const settings = 'proxy_protocol = true\ntrusted_proxies = ["127.0.0.1"]\n';
  const gate = await openGate(t, [], {}, (text) => settings + text);
  const socket = connect(gate.port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write('PROXY TCP4 203.0.113.9 127.0.0.1 4000 443\r\nGET / HTTP/1.1\r\nx: ');
  let isOpen = true;
  socket.on('data', () => {}).once('close', () => (isOpen = false));
  await until('its end', async () => !isOpen, 60_000);
});

if (HELD > 0) test('thousands of each sort for five minutes', async (t) => {
  const { port, verify } = await openTlsGate(t, '');
  const program = join(import.meta.dirname, 'holding.mjs');
  // Elsewhere in the world: their work is not the gate's machine's.
  const words = (/** @type {string} */ sort) => ['-n', '19', process.execPath, program, sort, port, HELD, 64, 300].map(String);
  const holders = Object.keys(SORTS).map((sort) => spawn('nice', words(sort), { stdio: 'inherit' }));
  t.after(() => holders.forEach((holder) => holder.kill('SIGKILL')));
  const ended = Promise.all(holders.map((holder) => once(holder, 'exit')));
  /** @type {number[]} */
  const taken = [];
  let [most, areThere] = [0, true];
  void ended.then(() => (areThere = false));
  while (areThere) {
    const begun = performance.now();
    await verify();
    taken.push(performance.now() - begun);
    most = Math.max(most, held(port));
    await sleep(250);
  }
  const over = Date.now();
  await until('places', async () => held(port) === 0, 60_000);
  taken.sort((one, other) => one - other);
  const at = (/** @type {number} */ share) => Math.round(taken[Math.floor(taken.length * share)] ?? NaN);
  t.diagnostic(`${taken.length} calls of siteverify: median ${at(0.5)} ms, 99 % ${at(0.99)} ms, slowest ${Math.round(taken.at(-1) ?? NaN)} ms; at most ${most} held; free after ${Date.now() - over} ms`);
});
