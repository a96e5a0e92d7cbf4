// Spellings of protected paths, methods and hosts, through each proxy and over both versions of
// HTTP, before applications that each read a path in a way of their own. None of them is answered
// without clearance. MUNJIGI_SPELLINGS says how many there are for each proxy.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Missing } from '../support/browsers.mjs';
import { freePort, until } from '../support/stage.mjs';
import { NAMES } from './proxies.mjs';
import { HOST, openAll, openShopGate } from './protect.mjs';

const SPELLINGS = Number(process.env.MUNJIGI_SPELLINGS ?? 100);
const ASKERS = 16;
const REQUIRED = (process.env.MUNJIGI_REQUIRE ?? '').split(',');
const PYTHON = process.env.MUNJIGI_PYTHON;

const RULES = `
[[protect]]
path = "/open/*"

[[protect]]
path = "/account/*"
level = "worked"
no_exemptions = true

[[protect]]
path = "/account"
methods = ["GET"]
host = "${HOST}"
level = "worked"
`;

/** @type {(() => unknown)[]} */
const closing = [];
const context = { after: (/** @type {() => unknown} */ close) => closing.push(close) };
/** @type {Map<string, import('./protect.mjs').Proxy | Missing>} */
let opened;

/** An application that routes as handlers for the web do. @returns {Promise<number>} */
function openRouter() {
  const server = createHttp((request, response) => {
    const url = URL.parse(request.url ?? '', `http://${HOST}`);
    const [, found] = /^\/(account|open)(?:\/|$)/i.exec(url?.pathname ?? '') ?? [];
    response.writeHead(found ? 200 : 404).end(found && (/^open$/i.test(found) ? 'OPEN of router' : 'PAGE of router'));
  });
  closing.push(() => server.closeAllConnections(), () => server.close());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(/** @type {any} */ (server.address()).port));
  });
}

/** Starts a program that listens. @param {string[]} words @param {string} folder */
async function openProgram([program, ...words], folder) {
  const port = await freePort();
  const child = spawn(program, [...words, String(port)], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-2_000)));
  closing.push(() => child.kill('SIGKILL'));
  await until(words.join(' '), async () => {
    if (child.exitCode !== null) throw new Error(said);
    return (await passOn(port, Buffer.from(`GET / HTTP/1.1\r\nhost: ${HOST}\r\nconnection: close\r\n\r\n`))) !== '';
  }, 20_000);
  return port;
}

/** What a server on this machine answers to these bytes, as far as it says that it is a page. */
function passOn(/** @type {number} */ port, /** @type {Buffer} */ bytes) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    const done = () => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(5_000, done);
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk;
      if (/(PAGE|OPEN) of /.test(text)) done();
    });
    socket.on('error', done).on('close', done);
  });
}

/**
 * One application in the place of all: each gets the line of the request as the proxy sent it, and
 * the answer names those that had a page for it.
 * @param {number[]} ports
 * @returns {Promise<number>}
 */
function openAllOfThem(ports) {
  const server = createServer((socket) => {
    let head = '';
    socket.on('error', () => {});
    socket.setEncoding('latin1').on('data', async (chunk) => {
      head += chunk;
      if (!head.includes('\r\n\r\n')) return;
      const [line] = head.split('\r\n');
      head = '';
      const asked = Buffer.from(`${line}\r\nhost: ${HOST}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, 'latin1');
      const answers = await Promise.all(ports.map((port) => passOn(port, asked)));
      const body = answers.flatMap((answer) => /(?:PAGE|OPEN) of \w+/.exec(answer)?.[0] ?? []).join(', ');
      socket.end(`HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`);
    });
  });
  closing.push(() => server.close());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(/** @type {any} */ (server.address()).port));
  });
}

before(async () => {
  if (!PYTHON) {
    if (REQUIRED.includes('python')) throw new Error('MUNJIGI_PYTHON names no Python');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-spellings-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  for (const below of ['account', 'open']) {
    mkdirSync(join(folder, below));
    const page = below === 'open' ? 'OPEN of files' : 'PAGE of files';
    for (const name of ['orders', 'x', 'index.html']) writeFileSync(join(folder, below, name), page);
  }
  const python = fileURLToPath(new URL('spellings.py', import.meta.url));
  const ports = [
    await openRouter(),
    await openProgram([PYTHON, python, 'flask'], folder),
    await openProgram([PYTHON, python, 'django'], folder),
    await openProgram([PYTHON, '-m', 'http.server', '--bind', '127.0.0.1'], folder),
  ];
  const app = await openAllOfThem(ports);
  const { gate } = await openShopGate(context, RULES);
  opened = await openAll(context, { gate: gate.port, app });
});
after(async () => {
  for (const close of closing.reverse()) await close();
});

/** Numbers that are the same each time. @param {number} seed */
function numbers(seed) {
  return (/** @type {number} */ below) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
}

const PIECES = ['/', '/', '/', '/account', '/account', '/orders', '/x', '/.', '/..', '/..', '//', '/;', ';v=1', '\\', '/%2e', '/%2e%2e', '/.%2E',
  '%2f', '%5c', '%25', '%61ccount', '/%41CCOUNT', '/ACCOUNT', '%2faccount', '%3b', '%3f', '%23', '#', '?', '%00', '%252e', '/%252e%252e', '%252f',
  '/open', '/robots.txt', '/.well-known', '/feed', '%c0%af', '%ef%bc%8f', '*', '|', '%', '/%u0061ccount', '/index.html', '%20', '%09', '+', '&path=/open/x', '@'];
const ENDS = ['', '/', '/orders', '/orders?a=1', '/x', '/index.html', '/orders/.', '/x/..', '//orders', '/orders;a'];
const METHODS = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'FOO', 'get', 'PROPFIND', 'GET#', 'GET?', 'GET/', 'G%45T', 'GET&path=/open/x', 'TRACE'];
const HOSTS = [HOST, HOST, HOST, HOST, `${HOST}.`, HOST.toUpperCase(), `${HOST}:443`, 'other.example', `x@${HOST}`, '127.0.0.1', `${HOST}/open`, ''];

/** @param {number} seed @returns {{method: string, path: string, host: string}} */
function spelling(seed) {
  const next = numbers(seed * 7_919 + 1);
  const one = (/** @type {string[]} */ of) => of[next(of.length)];
  // As anyone would begin: what a path is, is in it somewhere.
  const before = Array.from({ length: next(5) }, () => one(PIECES)).join('');
  const path = `${before}${one(['/account', '/account', '/%61ccount', '/accoun%74', '%2faccount', '/x/../account', '//account'])}${one(PIECES)}${one(ENDS)}`;
  return { method: one(METHODS), path: path.startsWith('/') ? path : `/${path}`, host: one(HOSTS) };
}

/** Over HTTP/2, in one connection for many. @param {number} port */
function openHttp2(port) {
  const session = connectHttp2(`https://${HOST}:${port}`, { rejectUnauthorized: false, servername: HOST, createConnection: undefined, lookup: (_name, options, back) => (options.all ? back(null, [{ address: '127.0.0.1', family: 4 }]) : /** @type {any} */ (back)(null, '127.0.0.1', 4)) });
  session.on('error', () => {});
  const ask = (/** @type {ReturnType<typeof spelling>} */ { method, path, host }) => new Promise((resolve) => {
    let text = '';
    try {
      const stream = session.request({ ':method': method, ':path': path, ':authority': host });
      stream.setTimeout(10_000, () => stream.close());
      stream.setEncoding('latin1').on('data', (chunk) => (text += chunk));
      stream.on('error', () => resolve(text)).on('close', () => resolve(text));
      stream.end();
    } catch {
      resolve(text); // Not even this client sends it.
    }
  });
  return { ask, session };
}

for (const name of NAMES) {
  test(`no spelling passes ${name}`, async (t) => {
    if (!PYTHON) return t.skip('there is no Python');
    const proxy = opened.get(name);
    if (!proxy || proxy instanceof Missing) {
      if (REQUIRED.includes('proxies')) throw proxy;
      return t.skip(String(proxy?.message));
    }
    const raw = async (/** @type {ReturnType<typeof spelling>} */ { method, path, host }) => {
      const head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\naccept: text/html\r\nx-forwarded-uri: /open/x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;
      return (await proxy.exchange(Buffer.from(head, 'latin1'))).toString();
    };
    // They would be seen: all four have a page below what is open.
    const all = 'OPEN of router, OPEN of flask, OPEN of django, OPEN of files';
    assert.match(await raw({ method: 'GET', path: '/open/x', host: HOST }), new RegExp(all));
    /** @type {unknown[]} */
    const passed = [];
    let number = 0;
    // Several askers, each with a connection of its own: a proxy closes one whose request is broken.
    await Promise.all(Array.from({ length: ASKERS }, async () => {
      let { ask, session } = openHttp2(proxy.port);
      assert.match(await ask({ method: 'GET', path: '/open/x', host: HOST }), new RegExp(all));
      while (number < SPELLINGS) {
        const asked = spelling(number++);
        if (session.destroyed || session.closed) {
          session.destroy();
          ({ ask, session } = openHttp2(proxy.port));
        }
        const answers = await Promise.all([raw(asked), ask(asked)]);
        for (const answer of answers) if (answer.includes('PAGE of ')) passed.push([asked, answer.split('\r\n\r\n').at(-1)]);
      }
      session.destroy();
    }));
    assert.deepEqual(passed.slice(0, 20), [], `${passed.length} of ${SPELLINGS}`);
  });
}
