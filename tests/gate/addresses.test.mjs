// Who the gate takes for its client: behind a socket, behind the PROXY protocol, and of strangers.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { openGate, sitekeyOf, visit } from './alone.mjs';

/** Challenges a minute of one client. */
const LIMIT = 3;
const variables = { MUNJIGI_GATE_CLIENT_LIMIT: String(LIMIT) };

/** The settings of an operator with proxies. */
const settings = (/** @type {string} */ more) => (/** @type {string} */ text) => `${more}\n${text}`;

/** A version 2 header for a client of an IPv4 address; `command` 0 is the proxy's own. */
function header(/** @type {string} */ client, command = 1) {
  const addresses = [...client.split('.').map(Number), 10, 0, 0, 1, 0x12, 0x67, 1, 0xbb];
  return Buffer.from([...Buffer.from('\r\n\r\n\0\r\nQUIT\n'), 0x20 | command, 0x11, 0, 12, ...addresses]);
}

/** Sends bytes and reads until the gate closes the connection. @returns {Promise<string>} */
function exchange(/** @type {number} */ port, /** @type {Buffer} */ bytes, localAddress = '127.0.0.1') {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    let text = '';
    socket.on('data', (chunk) => (text += chunk));
    socket.on('close', () => resolve(text));
    socket.on('error', (error) => (/** @type {any} */ (error).code === 'ECONNRESET' ? resolve(text) : reject(error)));
    socket.write(bytes);
  });
}

/** A request for a challenge, after which the connection ends. */
function challenge(/** @type {string} */ sitekey, more = '') {
  const body = visit(sitekey);
  const head = `POST /v1/challenges HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${more}`;
  return Buffer.from(`${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
}

const statusOf = (/** @type {string} */ answer) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);

/** A metric's value. */
async function metric(/** @type {import('./alone.mjs').Gate} */ gate, /** @type {string} */ line) {
  const text = await (await fetch(`${gate.operators}/metrics`)).text();
  const found = text.split('\n').find((other) => other.startsWith(`${line} `));
  return Number(found?.split(' ')[1] ?? 0);
}

test('on a socket the client is whom the proxy names, and the socket goes with the gate', async (t) => {
  const proxies = 'client_header = "X-Forwarded-For"\ntrusted_proxies = ["127.0.0.1"]';
  const listen = { MUNJIGI_GATE_LISTEN: 'unix:gate.sock' };
  const gate = await openGate(t, [], { ...variables, ...listen }, settings(proxies));
  const socketPath = join(gate.folder, 'gate.sock');
  const sitekey = await sitekeyOf(gate);
  const ask = (/** @type {string} */ client) =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', host: 'localhost', 'x-forwarded-for': client };
      const sent = request({ socketPath, path: '/v1/challenges', method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.on('error', reject);
      sent.end(visit(sitekey));
    });
  for (let call = 0; call < LIMIT; call++) assert.equal(await ask('203.0.113.7'), 200);
  assert.equal(await ask('203.0.113.7'), 429);
  assert.equal(await ask('198.51.100.1, 203.0.113.7'), 429, 'what the client sent itself');
  assert.equal(await ask('203.0.113.8'), 200);
  await gate.stop();
  assert.equal(existsSync(socketPath), false);
});

test('with the PROXY protocol the client is whom the first bytes name', async (t) => {
  const proxies = 'proxy_protocol = true\ntrusted_proxies = ["127.0.0.1"]';
  const gate = await openGate(t, [], variables, settings(proxies));
  const sitekey = await sitekeyOf(gate);
  const ask = async (/** @type {string} */ client, more = '', command = 1) =>
    statusOf(await exchange(gate.port, Buffer.concat([header(client, command), challenge(sitekey, more)])));
  for (let call = 0; call < LIMIT; call++) assert.equal(await ask('203.0.113.7'), 200);
  assert.equal(await ask('203.0.113.7'), 429);
  assert.equal(await ask('203.0.113.7', 'X-Forwarded-For: 198.51.100.1\r\n'), 429, 'a header says nothing');
  assert.equal(await ask('203.0.113.8'), 200);
  assert.equal(await ask('203.0.113.7', '', 0), 200, 'a look of the proxy itself');

  // Whatever else comes is closed without an answer, and counted.
  const right = header('203.0.113.9');
  for (const [bytes, reason, from] of /** @type {[Buffer, string, string][]} */ ([
    [Buffer.concat([right, challenge(sitekey)]), 'stranger', '127.0.0.2'],
    [challenge(sitekey), 'stranger', '127.0.0.2'],
    [challenge(sitekey), 'missing', '127.0.0.1'],
    [Buffer.from('PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n'), 'missing', '127.0.0.1'],
    [Buffer.concat([right.fill(0x31, 12, 13), challenge(sitekey)]), 'malformed', '127.0.0.1'],
  ])) {
    const name = `munjigi_edge_proxy_headers_refused_total{reason="${reason}"}`;
    const before = await metric(gate, name);
    assert.equal(await exchange(gate.port, bytes, from), '', reason);
    assert.equal(await metric(gate, name), before + 1, reason);
  }
  assert.match(gate.log(), /"reason":"stranger"[^\n]*MUNJIGI_TRUSTED_PROXIES|MUNJIGI_TRUSTED_PROXIES/);
  assert.equal(gate.log().match(/was closed/g)?.length, 1, 'told once a minute');
});

test('a proxy that is not listed is reported, and not believed', async (t) => {
  const gate = await openGate(t, [], variables);
  const sitekey = await sitekeyOf(gate);
  const ask = async (/** @type {string} */ client) =>
    statusOf(await exchange(gate.port, challenge(sitekey, `X-Forwarded-For: ${client}\r\n`)));
  for (let call = 0; call < LIMIT; call++) assert.equal(await ask(`203.0.113.${call}`), 200);
  assert.equal(await ask('203.0.113.99'), 429);
  assert.equal(gate.log().match(/everybody behind it counts as one visitor/g)?.length, 1);
});

test('a header without networks, or networks without a header, do not start', async (t) => {
  const gate = await openGate(t);
  const text = readFileSync(join(gate.folder, 'gate.toml'), 'utf8');
  for (const [line, told] of [
    ['client_header = "X-Forwarded-For"', 'MUNJIGI_TRUSTED_PROXIES is not set'],
    ['trusted_proxies = ["10.0.0.1"]', 'MUNJIGI_CLIENT_HEADER is invalid: must be set where there are trusted proxies'],
    ['proxy_protocol = true', 'MUNJIGI_TRUSTED_PROXIES is not set'],
    ['proxy_protocol = true\ntrusted_proxies = ["0.0.0.0/0"]', 'not of everybody'],
  ]) {
    gate.write(`${line}\n${text}`);
    const said = await gate.refused('check');
    assert.ok(said.includes(/** @type {string} */ (told)), said);
  }
});
