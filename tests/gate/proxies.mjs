// Reverse proxies in front of a gate, with the files of `deploy/proxy` that operators copy. Only ports,
// addresses and paths of this machine are put into them.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:tls';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { Missing } from '../support/browsers.mjs';
import { ROOT } from '../support/stack.mjs';
import { freePort, until } from '../support/stage.mjs';
import { makeCertificate } from './alone.mjs';

/** The host that the files serve. */
export const HOST = 'captcha.example';
/** Where they have its certificate. */
const CERTIFICATES = `/etc/ssl/${HOST}`;
/** Where set-up puts Debian's packages, and the programs of the package index. */
const DEBIAN = join(ROOT, '.munjigi', 'proxies-debian');
const INDEX = join(ROOT, '.munjigi', 'proxies');

/**
 * What a proxy is started with.
 * @typedef {{folder: string, certificates: string, port: number, other: number, gate: number}} Place
 *   `port` is where it serves, `other` is a free one
 * @typedef {[from: string, to: string]} Change
 * @typedef {object} Kind
 * @property {string} main the file whose comment has the gate's settings
 * @property {(place: Place) => Record<string, Change[]>} files those of `deploy/proxy`, and what is put into them
 * @property {(place: Place) => string[]} words arguments of its command line
 * @property {(place: Place) => void} [prepare] what its package would have brought
 */

const path = (/** @type {Place} */ { folder }, /** @type {string} */ name) => join(folder, name);
const gateOf = (/** @type {Place} */ { gate }) => /** @type {Change} */ (['127.0.0.1:8786', `127.0.0.1:${gate}`]);
const certificatesOf = (/** @type {Place} */ { certificates }) => /** @type {Change} */ ([`${CERTIFICATES}/`, `${certificates}/`]);

/** @type {Record<'nginx' | 'caddy' | 'haproxy' | 'traefik' | 'envoy', Kind>} */
export const KINDS = {
  nginx: {
    main: 'nginx.conf',
    files: (place) => ({
      'nginx.conf': [
        gateOf(place),
        certificatesOf(place),
        ['listen 443 ', `listen 127.0.0.1:${place.port} `],
        ['listen [::]:443 ', `listen 127.0.0.1:${place.other} `],
      ],
    }),
    // The file is one of those that the package's own includes.
    prepare: (place) => {
      const kept = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
      const temporary = kept.map((name) => `${name}_temp_path ${path(place, name)};`).join(' ');
      writeFileSync(path(place, 'main.conf'), `daemon off; user ${userInfo().username}; pid ${path(place, 'pid')}; events {}
http { access_log off; ${temporary} include ${path(place, 'nginx.conf')}; }\n`);
    },
    words: (place) => ['-e', 'stderr', '-c', path(place, 'main.conf')],
  },
  caddy: {
    main: 'Caddyfile',
    files: (place) => ({
      Caddyfile: [
        gateOf(place),
        [
          `\n${HOST} {\n`,
          `\n{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\thttp_port ${place.other}\n\thttps_port ${place.port}\n}\n${HOST} {
\ttls ${place.certificates}/fullchain.pem ${place.certificates}/privkey.pem\n`,
        ],
      ],
    }),
    words: (place) => ['run', '--adapter', 'caddyfile', '--config', path(place, 'Caddyfile')],
  },
  haproxy: {
    main: 'haproxy.cfg',
    files: (place) => ({
      'haproxy.cfg': [
        gateOf(place),
        certificatesOf(place),
        [':443,[::]:443 v6only ', `127.0.0.1:${place.port} `],
      ],
    }),
    words: (place) => ['-f', path(place, 'haproxy.cfg')],
  },
  traefik: {
    main: 'traefik.yaml',
    files: (place) => ({
      'traefik.yaml': [[':443', `127.0.0.1:${place.port}`], ['/etc/traefik/traefik-routes.yaml\n\n', `${path(place, 'traefik-routes.yaml')}\n\n`]],
      'traefik-routes.yaml': [gateOf(place), certificatesOf(place)],
    }),
    words: (place) => [`--configFile=${path(place, 'traefik.yaml')}`],
  },
  envoy: {
    main: 'envoy.yaml',
    files: (place) => ({
      'envoy.yaml': [
        ['address: "::", ipv4_compat: true, port_value: 443 ', `address: 127.0.0.1, port_value: ${place.port} `],
        ['port_value: 8786 ', `port_value: ${place.gate} `],
        certificatesOf(place),
      ],
    }),
    words: (place) => ['-c', path(place, 'envoy.yaml'), '--concurrency', '1', '--log-level', 'warning', '--base-id', String(place.port)],
  },
};

/**
 * What is needed to start one.
 * @template P
 * @typedef {{files: (place: P) => Record<string, Change[]>, words: (place: P) => string[], prepare?: (place: P) => void}} Started
 */

/** Where a protected host has the routes of the gate. */
export const PROTECTED = '/.well-known/munjigi';

/** @typedef {keyof typeof KINDS} Name */
export const NAMES = /** @type {Name[]} */ (Object.keys(KINDS));

/**
 * The program, of PATH or of set-up.
 * @param {Name} name
 */
function find(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', join(DEBIAN, 'usr/sbin'), join(INDEX, 'bin')];
  const found = folders.map((folder) => join(folder, name)).find(existsSync);
  if (!found) throw new Missing(`there is no ${name}: run scripts/test, or install it`);
  return found;
}

/**
 * A text with changes, each of which must find its place.
 * @param {string} name of the file
 * @param {string} text
 * @param {Change[]} changes
 */
export function changed(name, text, changes) {
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`${name} does not say ${JSON.stringify(from)}`);
    text = text.replaceAll(from, () => to);
  }
  return text;
}

/** The lines of `gate.toml` in the comment of a proxy's file. */
export function settingsFor(/** @type {Name} */ name) {
  const text = readFileSync(join(ROOT, 'deploy/proxy', KINDS[name].main), 'utf8');
  const lines = text.split('\n').filter((line) => /^# {3}\w+ = /.test(line)).map((line) => line.slice(4));
  const keys = lines.map((line) => line.split(' ')[0]);
  if (String(keys) !== 'url,client_header,trusted_proxies') throw new Error(`${name}: no three settings: ${lines}`);
  return lines.join('\n');
}

/** A self-signed certificate, in a folder as the files name it. */
export async function makeCertificates(/** @type {string} */ folder, /** @type {string} */ host = HOST) {
  mkdirSync(folder, { recursive: true });
  const { key, certificate } = await makeCertificate(folder, host);
  const [own, chain] = [join(folder, 'privkey.pem'), join(folder, 'fullchain.pem')];
  renameSync(key, own);
  renameSync(certificate, chain);
  writeFileSync(join(folder, 'haproxy.pem'), readFileSync(chain, 'utf8') + readFileSync(own, 'utf8'));
}

/** @typedef {Awaited<ReturnType<typeof openProxy>>} Proxy */

/**
 * Starts a proxy in front of a gate.
 * @param {{after: (close: () => unknown) => void}} t
 * @param {Name} name
 * @param {{port: number, gate: number}} ports where it serves, and where the gate does
 */
export async function openProxy(t, name, { port, gate }) {
  return start(t, name, KINDS[name], { port, gate, host: HOST, from: 'deploy/proxy' });
}

/**
 * Starts a proxy with files of a folder.
 * @template {object} P
 * @param {{after: (close: () => unknown) => void}} t
 * @param {Name} name
 * @param {Started<Place & P>} kind
 * @param {P & {port: number, gate: number, host: string, from: string}} where it serves which host, and
 *   the folder of its files
 */
export async function start(t, name, { files, words, prepare }, where) {
  const { port, host, from } = where;
  const program = find(name);
  const folder = mkdtempSync(join(tmpdir(), `munjigi-${name}-`));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const certificates = join(folder, 'certificates');
  await makeCertificates(certificates, host);
  const place = { ...where, folder, certificates, other: await freePort() };
  for (const [file, changes] of Object.entries(files(place)))
    writeFileSync(join(folder, file), changed(file, readFileSync(join(ROOT, from, file), 'utf8'), changes));
  prepare?.(place);
  const libraries = program.startsWith(DEBIAN) ? { LD_LIBRARY_PATH: join(DEBIAN, 'usr/lib/x86_64-linux-gnu') } : {};
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, ...libraries };
  const child = spawn(program, words(place), { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  t.after(async () => {
    // SIGTERM, so that its own processes end with it.
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 3_000);
    await ended;
    clearTimeout(timer);
  });
  const ask = (/** @type {string} */ where, /** @type {Asked} */ asked = {}) => call({ host, port }, where, asked);
  await until(name, async () => {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${said}`);
    return ask(from.endsWith('protect') ? `${PROTECTED}/health` : '/health').then(({ status }) => status === 200, () => false);
  }, 20_000).catch((error) => {
    throw new Error(`${error.message}: ${said}`);
  });
  const exchange = (/** @type {Buffer} */ bytes) => sent({ host, port }, bytes);
  const raw = (/** @type {Buffer} */ bytes) => exchange(bytes).then((text) => Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0));
  return { name, url: `https://${host}:${port}`, port, folder, ask, exchange, raw };
}

/**
 * Sends bytes as they are, over a new connection.
 * @param {{host: string, port: number}} proxy
 * @param {Buffer} bytes
 * @returns {Promise<string>} the answer, or all that comes until the connection ends
 */
function sent({ host, port }, bytes) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: host, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
    let text = '';
    const done = () => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(20_000, () => (text ? done() : reject(new Error(`no answer to ${bytes.toString('latin1')}`))));
    // Some proxies leave the connection open for a while after the answer.
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk;
      const [head, body = ''] = text.split('\r\n\r\n', 2);
      const ends = /^HTTP\/1\.1 101 /.test(head) || (/^transfer-encoding: chunked/im.test(head) && text.endsWith('\r\n0\r\n\r\n'));
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Infinity);
      if (text.length > head.length && (ends || body.length >= length)) done();
    });
    socket.on('error', done).on('close', done);
    socket.on('secureConnect', () => socket.write(bytes));
  });
}

/**
 * @typedef {{method?: string, body?: string, from?: string, headers?: Record<string, string>}} Asked
 *   `from` is the address of this machine that asks
 * @typedef {{status: number, headers: import('node:http').IncomingHttpHeaders, text: string}} Answer
 */

/**
 * Asks over a new connection.
 * @param {{host: string, port: number}} proxy
 * @param {string} where
 * @param {Asked} asked
 * @returns {Promise<Answer>}
 */
function call({ host, port }, where, { method = 'GET', body = '', from = '127.0.0.1', headers = {} }) {
  return new Promise((resolve, reject) => {
    const length = body ? { 'content-length': String(Buffer.byteLength(body)) } : {};
    const asking = request({
      host: '127.0.0.1',
      port,
      path: where,
      method,
      localAddress: from,
      servername: host,
      rejectUnauthorized: false,
      agent: false,
      headers: { host: `${host}:${port}`, ...length, ...headers },
    });
    asking.setTimeout(20_000, () => asking.destroy(new Error(`${method} ${where}: no answer`)));
    // An answer that comes before the end of the body may be followed by further errors.
    asking.on('error', reject);
    asking.once('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      answer.on('error', reject);
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    asking.end(body);
  });
}
