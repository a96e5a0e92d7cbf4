// An application behind a proxy that asks the gate about each request, with the files of
// `deploy/proxy/protect` that operators copy.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { freePort } from '../support/stage.mjs';
import { Missing } from '../support/browsers.mjs';
import { openGate } from './alone.mjs';
import { KINDS, NAMES, start } from './proxies.mjs';

/** The protected host. */
export const HOST = 'shop.example';
/** Where the files have its certificate. */
const CERTIFICATES = `/etc/ssl/${HOST}/`;
/** What a download has. */
export const DOWNLOAD_BYTES = 5_000_000;

/**
 * @typedef {{folder: string, certificates: string, port: number, other: number, gate: number, check?: number,
 *   app: number, sitekey?: string}} Place
 *   `check` is another gate that is asked about requests, `sitekey` is for a gate with several sites
 */

const path = (/** @type {Place} */ { folder }, /** @type {string} */ name) => join(folder, name);

/** @type {(place: Place) => import('./proxies.mjs').Change[]} */
const addresses = ({ gate, app }) => [
  ['127.0.0.1:8786', `127.0.0.1:${gate}`],
  ['127.0.0.1:3000', `127.0.0.1:${app}`],
];

/** As the comment of each file says. @type {(place: Place) => import('./proxies.mjs').Change[]} */
const named = ({ sitekey }) => (sitekey ? [['/v1/clearance/check?', `/v1/clearance/check?sitekey=${sitekey}&`]] : []);
/** @type {(place: Place) => import('./proxies.mjs').Change[]} */
const common = (place) => [...addresses(place), ...named(place)];

/** @type {Record<import('./proxies.mjs').Name, (place: Place) => Record<string, import('./proxies.mjs').Change[]>>} */
const FILES = {
  nginx: (place) => ({
    'nginx.conf': [
      ...(place.check ? [/** @type {[string, string]} */ (['munjigi_gate/v1/clearance/check', `127.0.0.1:${place.check}/v1/clearance/check`])] : []),
      ...common(place),
      [CERTIFICATES, `${place.certificates}/`],
      ['listen 443 ', `listen 127.0.0.1:${place.port} `],
      ['listen [::]:443 ', `listen 127.0.0.1:${place.other} `],
    ],
  }),
  caddy: (place) => ({
    Caddyfile: [
      ...common(place),
      [
        `\n${HOST} {\n`,
        `\n{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\thttp_port ${place.other}\n\thttps_port ${place.port}\n}\n${HOST} {
\ttls ${place.certificates}/fullchain.pem ${place.certificates}/privkey.pem\n`,
      ],
    ],
  }),
  haproxy: (place) => ({
    'haproxy.cfg': [
      ...addresses(place),
      [CERTIFICATES, `${place.certificates}/`],
      [':443,[::]:443 v6only ', `127.0.0.1:${place.port} `],
      ['per-thread /etc/haproxy/', `per-thread ${place.folder}/`],
    ],
    'munjigi.lua': [addresses(place)[0], ...named(place)],
  }),
  traefik: (place) => ({
    'traefik.yaml': [
      [':443', `127.0.0.1:${place.port}`],
      ['127.0.0.1:8787', `127.0.0.1:${place.other}`],
      ['filename: /etc/traefik/traefik-routes.yaml', `filename: ${path(place, 'traefik-routes.yaml')}`],
    ],
    'traefik-routes.yaml': [...common(place), ['127.0.0.1:8787', `127.0.0.1:${place.other}`], [CERTIFICATES, `${place.certificates}/`]],
  }),
  envoy: (place) => ({
    'envoy.yaml': [
      ['address: "::", ipv4_compat: true, port_value: 443 ', `address: 127.0.0.1, port_value: ${place.port} `],
      ['http://127.0.0.1:8786', `http://127.0.0.1:${place.gate}`],
      ['port_value: 8786 ', `port_value: ${place.gate} `],
      ['port_value: 3000 ', `port_value: ${place.app} `],
      ...named(place),
      [CERTIFICATES, `${place.certificates}/`],
    ],
  }),
};

/** The site's rules about paths, as its operator writes them. */
export const RULES = `
[[protect]]
path = "/account/*"
level = "worked"

[[protect]]
path = "/read/*"
level = "waited"
`;

/**
 * A gate with a site for the host, and these lines after its settings.
 * @param {{after: (close: () => unknown) => void}} t
 * @param {string} [rules]
 */
export async function openShopGate(t, rules = RULES) {
  const settings = 'client_header = "X-Forwarded-For"\ntrusted_proxies = ["127.0.0.1"]\n';
  const edit = (/** @type {string} */ file) =>
    `${settings}${file.replaceAll('hosts =', 'work = { floor = 500, ceiling = 2_000 }, hosts =')}${rules}`;
  const gate = await openGate(t, ['--host', HOST], {}, edit);
  const [, sitekey] = /(mj_\w+) +1 secret +shop/.exec(await gate.run('site', 'list')) ?? [];
  if (!sitekey) throw new Error('the gate has no such site');
  return { gate, sitekey };
}

/**
 * The application: it says what it was asked.
 * @param {{after: (close: () => unknown) => void}} t
 * @param {object[]} [kept] gets what it was asked on its pages, too
 */
export async function openShop(t, kept = []) {
  const page = (/** @type {string} */ body) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title>${body}`;
  const server = createServer((request, response) => {
    /** @type {Buffer[]} */
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url = '', headers } = request;
      const own = /^\/status\/(\d+)/.exec(url);
      if (own) return response.writeHead(Number(own[1]), { 'content-type': 'text/plain' }).end('of the shop');
      if (url === '/account/download') return response.writeHead(200, { 'content-length': DOWNLOAD_BYTES }).end(Buffer.alloc(DOWNLOAD_BYTES, 7));
      if (url === '/form')
        return response.writeHead(200, { 'content-type': 'text/html' }).end(page('<form method="post" action="/account/order"><input name="what" value="tea &amp; 김치"><button>Order</button></form>'));
      const body = Buffer.concat(chunks);
      const asked = { method, url, headers, bytes: body.length, digest: createHash('sha256').update(body).digest('hex'), body: body.length < 1_000 ? String(body) : '' };
      kept.push(asked);
      if (!String(headers.accept).includes('text/html')) return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(asked));
      const text = JSON.stringify(asked).replaceAll('<', '\\u003c');
      return response.writeHead(200, { 'content-type': 'text/html' }).end(page(`<h1>Shop</h1><script type="application/json" id="asked">${text}</script>`));
    });
  });
  server.on('upgrade', (request, socket) => {
    kept.push({ url: request.url, headers: request.headers });
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.on('error', () => {});
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    // One text: "hello".
    socket.write(Buffer.from([0x81, 5, ...Buffer.from('hello')]));
  });
  const port = await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(/** @type {any} */ (server.address()).port));
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return port;
}

/**
 * Starts a proxy that protects the application.
 * @param {{after: (close: () => unknown) => void}} t
 * @param {import('./proxies.mjs').Name} name
 * @param {{gate: number, check?: number, app: number, sitekey?: string}} where
 */
export async function openProtected(t, name, where) {
  /** @type {import('./proxies.mjs').Started<import('./proxies.mjs').Place & typeof where>} */
  const kind = { ...KINDS[name], files: FILES[name] };
  return start(t, name, kind, { ...where, port: await freePort(), host: HOST, from: 'deploy/proxy/protect' });
}

/** The lines of `gate.toml` that the comment of each file names. */
export function settingsNamedIn(/** @type {string} */ text) {
  return text.split('\n').filter((line) => /^# {3}\w+ = /.test(line)).map((line) => line.slice(4));
}

export const fileOf = (/** @type {string} */ name) => readFileSync(new URL(`../../deploy/proxy/protect/${name}`, import.meta.url), 'utf8');

/** @typedef {Awaited<ReturnType<typeof openProtected>>} Proxy */

/**
 * Starts all of them. Where one is not installed, that is in its place.
 * @param {{after: (close: () => unknown) => void}} t
 * @param {{gate: number, app: number}} where
 */
export async function openAll(t, where) {
  /** @type {Map<string, Proxy | Missing>} */
  const opened = new Map();
  for (const name of NAMES) {
    const proxy = await openProtected(t, name, where).catch((error) => error);
    if (proxy instanceof Error && !(proxy instanceof Missing)) throw proxy;
    opened.set(name, proxy);
  }
  return opened;
}
