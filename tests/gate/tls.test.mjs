// The gate's own TLS: what browsers get, and a certificate that is replaced while they come.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { get as getPlain } from 'node:http';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { freePort, until } from '../support/stage.mjs';
import { makeCertificate, openGate, passForm, sitekeyOf, steadily, visit } from './alone.mjs';

/** The settings of a gate with TLS; its certificate is in its own folder. */
const SETTINGS = 'tls_certificate = "gate.pem"\ntls_key = "gate.key"';

/**
 * A gate with a certificate.
 * @param {import('node:test').TestContext} t
 * @param {(text: string) => string} [edit]
 */
async function openTlsGate(t, edit = (text) => text) {
  const port = await freePort();
  const listen = { MUNJIGI_GATE_LISTEN: `127.0.0.1:${port}`, MUNJIGI_GATE_URL: `https://localhost:${port}` };
  const begin = async (/** @type {string} */ folder) => void (await makeCertificate(folder, 'gate'));
  const gate = await openGate(t, [], listen, (text) => edit(`${SETTINGS}\n${text}`), begin);
  return { ...gate, port, url: `https://localhost:${port}` };
}

const ANY = { host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false };

/** The name in the certificate that a new connection gets. @param {number} port @returns {Promise<string>} */
function certificateOf(port) {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ ...ANY, port }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

test('a form passes over HTTP/2 and TLS of the gate itself', async (t) => {
  const gate = await openTlsGate(t, (text) => text.replaceAll('hosts =', 'work = { floor = 500, ceiling = 2_000 }, hosts ='));
  const sitekey = await sitekeyOf(gate);
  const token = await passForm(t, gate.url, sitekey, ['--ignore-certificate-errors']);
  if (!token) return;
  const secret = readFileSync(join(gate.folder, 'keys', 'localhost'), 'utf8').trim();
  const session = connect(gate.url, { rejectUnauthorized: false });
  t.after(() => session.destroy());
  assert.equal(session.alpnProtocol ?? 'h2', 'h2');
  const ask = (/** @type {string} */ path, /** @type {string} */ body) =>
    new Promise((/** @type {(answer: {text: string, headers: any}) => void} */ resolve, reject) => {
      const stream = session.request({ ':path': path, ...(body && { ':method': 'POST', 'content-type': 'application/x-www-form-urlencoded' }) });
      let [text, headers] = ['', {}];
      stream.on('response', (found) => (headers = found));
      stream.on('data', (chunk) => (text += chunk)).on('end', () => resolve({ text, headers })).on('error', reject);
      if (body) stream.end(body);
    });
  const verify = async () => JSON.parse((await ask('/siteverify', String(new URLSearchParams({ secret, response: token })))).text);
  assert.equal((await verify()).success, true);
  assert.deepEqual(await verify(), { success: false, 'error-codes': ['timeout-or-duplicate'] });
  const { headers } = await ask('/v1/api.js', '');
  assert.equal(headers[':status'], 200);
  assert.equal(headers['strict-transport-security'], 'max-age=31536000');
  assert.match(JSON.parse((await ask('/nothing', '')).text).type, /^https:\/\/localhost:\d+\/errors\/not-found$/);
});

test('a certificate is replaced and settings are read again under load: no request fails', async (t) => {
  const edit = (/** @type {string} */ text) => `client_limit = 100_000\nchallenge_limit = 100_000\n${text}`;
  const gate = await openTlsGate(t, edit);
  const [sitekey, settings] = [await sitekeyOf(gate), readFileSync(join(gate.folder, 'gate.toml'), 'utf8')];
  const next = await makeCertificate(gate.folder, 'next');
  assert.equal(await certificateOf(gate.port), 'gate');
  // Connections that stay, and one for each fourth request.
  const kept = new Agent({ keepAlive: true, maxSockets: 4 });
  const session = connect(gate.url, { rejectUnauthorized: false });
  t.after(() => (kept.destroy(), session.destroy()));
  const body = visit(sitekey);
  const overOne = (/** @type {Agent | false} */ agent) =>
    new Promise((/** @type {(status: number) => void} */ resolve, reject) => {
      const headers = { host: 'localhost', 'content-type': 'application/json' };
      const options = { ...ANY, port: gate.port, method: 'POST', path: '/v1/challenges', headers, agent };
      const sent = request(options, (answer) => answer.resume().on('end', () => resolve(answer.statusCode ?? 0)));
      sent.on('error', reject).end(body);
    });
  const overTwo = () =>
    new Promise((/** @type {(status: number) => void} */ resolve, reject) => {
      const stream = session.request({ ':method': 'POST', ':path': '/v1/challenges', 'content-type': 'application/json' });
      let status = 0;
      stream.on('response', (headers) => (status = Number(headers[':status'])));
      stream.on('end', () => resolve(status)).on('error', reject).resume().end(body);
    });
  const stop = steadily((number) => (number % 4 === 0 ? overOne(false) : number % 4 === 1 ? overTwo() : overOne(kept)));
  await sleep(500);
  copyFileSync(next.certificate, join(gate.folder, 'gate.pem'));
  // As two files are written, never at the same moment; the gate may see the first alone.
  await sleep(200);
  copyFileSync(next.key, join(gate.folder, 'gate.key'));
  await until('the new certificate', async () => (await certificateOf(gate.port)) === 'next');
  for (let round = 1; round <= 3; round++) {
    gate.write(`log_requests = ${round % 2 === 0}\nhsts_seconds = ${round}\n${settings}`);
    gate.reload();
    const said = () => gate.log().match(/read the settings and their sites again/g)?.length;
    await until('the settings', async () => said() === round);
    await sleep(300);
  }
  const { answers, asked } = await stop();
  assert.deepEqual(answers, { 200: asked });
  assert.ok(asked > 300, `${asked} requests`);
  await gate.stop();
  const [, counted] = /\d{4}-\d\d-\d\d +(\d+)/.exec(await gate.run('stats')) ?? [];
  assert.equal(Number(counted), asked, 'counted before and after');
});

test('each mistake is told with its remedy, and while the gate runs the last certificate stays', async (t) => {
  const gate = await openTlsGate(t);
  const settings = readFileSync(join(gate.folder, 'gate.toml'), 'utf8');
  await makeCertificate(gate.folder, 'other');
  for (const [certificate, key, ...told] of /** @type {[string, string, ...string[]][]} */ ([
    ['none.pem', 'gate.key', 'none.pem: No such file', 'name the file in tls_certificate'],
    ['gate.pem', '', 'gate.toml:2: tls_key is invalid: must be set'],
    ['gate.pem', 'other.key', 'other.key is not the key of the first certificate', 'made together'],
    ['gate.key', 'gate.key', 'gate.key has no certificate'],
    ['gate.toml', 'gate.key', 'gate.toml has no certificate'],
  ])) {
    gate.write(settings.replace(SETTINGS, `tls_certificate = "${certificate}"\ntls_key = "${key}"`));
    const said = await gate.refused('check');
    for (const part of told) assert.ok(said.includes(part), said);
    const before = gate.log().length;
    gate.reload();
    await until('the log', async () => gate.log().slice(before).includes('kept the settings as they were'));
    assert.equal(await certificateOf(gate.port), 'gate', certificate);
  }
  copyFileSync(join(gate.folder, 'other.pem'), join(gate.folder, 'gate.pem'));
  await until('the log', async () => gate.log().includes('gate.key is not the key of the first certificate'));
  assert.equal(await certificateOf(gate.port), 'gate');
});

test('what is not TLS gets no answer, and disturbs no other connection', async (t) => {
  const gate = await openTlsGate(t);
  const plain = new Promise((resolve) => {
    getPlain({ host: '127.0.0.1', port: gate.port }, () => resolve('answered')).on('error', () => resolve('closed'));
  });
  assert.equal(await plain, 'closed');
  assert.equal(await certificateOf(gate.port), 'gate');
  const text = await (await fetch(`${gate.operators}/metrics`)).text();
  assert.match(text, /^munjigi_edge_tls_failed_total [1-9]\d*$/m);
  assert.match(text, /^munjigi_certificate_not_after_seconds \d+$/m);
});
