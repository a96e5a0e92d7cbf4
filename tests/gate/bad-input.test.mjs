// Bytes that no browser sends: each gets an answer or a closed connection, and the gate serves on.

import assert from 'node:assert/strict';
import { get } from 'node:http';
import { connect } from 'node:net';
import test, { after, before } from 'node:test';
import { until } from '../support/stage.mjs';
import { openGate } from './alone.mjs';

/** Connections that the gate keeps open at once here, and those that are opened. */
const MOST = 2_000;
const IDLE = 10_000;

/** @type {import('./alone.mjs').Gate} */
let gate;
/** @type {(() => unknown)[]} */
const closing = [];
before(async () => {
  const variables = { MUNJIGI_GATE_URL: 'https://captcha.example', MUNJIGI_GATE_CONNECTION_LIMIT: String(MOST) };
  gate = await openGate({ after: (close) => closing.push(close) }, [], variables);
});
after(async () => {
  for (const close of closing.reverse()) await close();
});

/**
 * Sends bytes and reads until the other end closes.
 * @param {string | Buffer} bytes
 * @returns {Promise<string>}
 */
function exchange(bytes) {
  return new Promise((resolve, reject) => {
    const socket = connect(gate.port, '127.0.0.1');
    let text = '';
    socket.setTimeout(30_000, () => socket.destroy(new Error(`no end: ${text}`)));
    socket.on('data', (chunk) => (text += chunk));
    // An end that had not read everything resets the connection behind its answer.
    socket.on('error', (error) => (text ? resolve(text) : reject(error))).on('close', () => resolve(text));
    socket.write(bytes);
  });
}

const CLOSE = 'Connection: close\r\n';
const HOST = 'Host: captcha.example\r\n';

for (const [what, bytes, status, code] of /** @type {[string, string | Buffer, number, string?][]} */ ([
  ['a request', `GET /version HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 200],
  ['HTTP/1.0', 'GET /version HTTP/1.0\r\n\r\n', 200],
  ['an absolute URL', `GET http://captcha.example/version HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 200],
  ['an absolute URL of another host', `GET http://else.example/version HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 421, 'malformed-request'],
  ['another host', `GET /version HTTP/1.1\r\nHost: else.example\r\n${CLOSE}\r\n`, 421, 'malformed-request'],
  ['two hosts', `GET /version HTTP/1.1\r\n${HOST}${HOST}${CLOSE}\r\n`, 400, 'malformed-request'],
  ['no host', `GET /version HTTP/1.1\r\n${CLOSE}\r\n`, 400, 'malformed-request'],
  ['a host with a path', `GET /version HTTP/1.1\r\nHost: captcha.example/a\r\n${CLOSE}\r\n`, 400, 'malformed-request'],
  ['a path that begins with two slashes', `GET //else.example/version HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 404, 'not-found'],
  ['a path above the root', `GET /../../etc/passwd HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 404, 'not-found'],
  ['no method', `\r\n\r\n${HOST}\r\n`, 400],
  ['another protocol', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]), 400],
  ['a path that is no UTF-8', Buffer.concat([Buffer.from('GET /v1/'), Buffer.from([0xff, 0xfe]), Buffer.from(` HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)]), 400],
  ['a header that is no UTF-8', Buffer.concat([Buffer.from(`GET /version HTTP/1.1\r\n${HOST}${CLOSE}User-Agent: `), Buffer.from([0xff, 0xfe]), Buffer.from('\r\n\r\n')]), 200],
  ['a body over its cap', `POST /v1/challenges HTTP/1.1\r\n${HOST}${CLOSE}Content-Type: application/json\r\nContent-Length: 20000\r\n\r\n${'a'.repeat(20_000)}`, 413, 'payload-too-large'],
  ['a length that is none', `POST /v1/challenges HTTP/1.1\r\n${HOST}${CLOSE}Content-Length: many\r\n\r\n`, 400],
  ['a body that is no UTF-8', Buffer.concat([Buffer.from(`POST /v1/challenges HTTP/1.1\r\n${HOST}${CLOSE}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n`), Buffer.from([0xff, 0xfe])]), 400, 'malformed-request'],
  ['a route of the origin, unsigned', `GET /internal/state HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 404, 'not-found'],
])) {
  test(`${what}: ${status}${code ? ` ${code}` : ''}`, async () => {
    const answer = await exchange(bytes);
    assert.match(answer, new RegExp(`^HTTP/1\\.[01] ${status} `), answer.slice(0, 300));
    if (code) assert.equal(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))).code, code);
  });
}

test('headers without an end are given up', async () => {
  const answer = await exchange(`GET /version HTTP/1.1\r\n${HOST}A: ${'a'.repeat(8_000_000)}`).catch(() => 'reset');
  assert.match(answer, /^(reset|HTTP\/1\.1 431 )/);
});

test('a client that takes its time for the headers is sent away', async () => {
  const begin = performance.now();
  await exchange(`GET /version HTTP/1.1\r\n${HOST}`);
  assert.ok(performance.now() - begin > 5_000, 'it had a chance');
});

test('of ten thousand idle connections those beyond the limit get 503, and the gate serves on', async () => {
  const before = gate.memory();
  /** @type {import('node:net').Socket[]} */
  const sockets = [];
  let refused = '';
  const opened = () => new Promise((resolve) => {
    const socket = connect(gate.port, '127.0.0.1', () => resolve(undefined));
    // Some of them are reset: not everybody who is too many is told so.
    socket.on('error', () => resolve(undefined)).on('data', (chunk) => (refused ||= String(chunk)));
    sockets.push(socket);
  });
  try {
    while (sockets.length < IDLE) await Promise.all(Array.from({ length: 500 }, opened));
    await until('a refusal', async () => refused.includes('}'));
    assert.match(refused, /^HTTP\/1\.1 503 [\s\S]*Retry-After: 2\r\n/);
    assert.equal(JSON.parse(refused.slice(refused.indexOf('\r\n\r\n'))).code, 'unavailable');
    const grown = gate.memory() - before;
    assert.ok(grown < MOST * 32_768, `${grown} bytes for ${MOST} idle connections`);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  await until('a place', async () => (await exchange(`GET /version HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)).startsWith('HTTP/1.1 200'));
  assert.ok(gate.isRunning());
});

test('operators’ pages are not shown to a name that someone points at this machine', async () => {
  const { hostname, port } = new URL(gate.operators);
  const status = (/** @type {string} */ host) =>
    new Promise((resolve, reject) => {
      const options = { hostname, port, path: '/metrics', headers: { host } };
      get(options, (answer) => resolve(answer.resume().statusCode)).on('error', reject);
    });
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, '[::1]']) assert.equal(await status(host), 200, host);
  for (const host of ['else.example', `captcha.example:${port}`, '192.0.2.1']) assert.equal(await status(host), 421, host);
});
