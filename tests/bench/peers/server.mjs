// What the peers' servers share: node:http with keep-alive, one process, JSON in and out, static
// files with brotli 11 if the client accepts it. No captcha logic lives here.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

/** @typedef {(body: string, url: URL) => unknown} Answer a handler; what it returns is sent as JSON */
/** @typedef {{type: string, body: Buffer | string}} Asset */

const TYPES = { js: 'text/javascript', wasm: 'application/wasm', css: 'text/css', html: 'text/html' };

/** @param {Buffer | string} body */
export function brotli(body) {
  const bytes = Buffer.from(body);
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

/**
 * A file of a peer's package.
 * @param {string} path below node_modules
 * @returns {Asset}
 */
export function packaged(path) {
  const extension = /** @type {keyof typeof TYPES} */ (path.slice(path.lastIndexOf('.') + 1));
  const file = fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));
  return { type: TYPES[extension], body: readFileSync(file) };
}

/** @param {import('node:http').IncomingMessage} request @returns {Promise<string>} */
function bodyOf(request) {
  return new Promise((resolve, reject) => {
    /** @type {Buffer[]} */
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks).toString()));
    request.on('error', reject);
  });
}

/**
 * Serves until standard input closes and prints its address as a line of JSON.
 * @param {Record<string, Answer>} routes by `METHOD /path`
 * @param {Record<string, Asset>} assets by path
 * @param {object} [facts] further fields of the line
 */
export function serve(routes, assets, facts = {}) {
  /** @type {Map<string, {type: string, plain: Buffer, packed: Buffer}>} */
  const files = new Map();
  for (const [path, { type, body }] of Object.entries(assets)) {
    files.set(path, { type, plain: Buffer.from(body), packed: brotli(body) });
  }
  const server = createServer({ keepAlive: true }, async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://peer');
    const file = files.get(url.pathname);
    if (request.method === 'GET' && file) {
      const packs = /\bbr\b/.test(request.headers['accept-encoding'] ?? '');
      const bytes = packs ? file.packed : file.plain;
      response.writeHead(200, {
        'content-type': file.type,
        'content-length': bytes.length,
        'cache-control': 'no-store',
        ...(packs && { 'content-encoding': 'br' }),
      });
      response.end(bytes);
      return;
    }
    const answer = routes[`${request.method} ${url.pathname}`];
    if (!answer) {
      response.writeHead(404).end();
      return;
    }
    try {
      const body = request.method === 'POST' ? await bodyOf(request) : '';
      const text = JSON.stringify(await answer(body, url));
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        'cache-control': 'no-store',
      });
      response.end(text);
    } catch (error) {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
    }
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => {
    const address = /** @type {import('node:net').AddressInfo} */ (server.address());
    console.log(JSON.stringify({ base: `http://127.0.0.1:${address.port}`, ...facts }));
  });
  process.stdin.resume();
  process.stdin.on('end', () => process.exit(0));
}

/**
 * A customer's page with one widget. `script` defines `bench.solve()`, which starts the widget and
 * resolves with `{token, hashes}`; the page measures around it.
 * @param {{head?: string, body: string, script: string, lang?: string}} parts
 */
export function page({ head = '', body, script, lang = 'en' }) {
  return `<!doctype html><html lang="${lang}"><meta charset="utf-8"><title>bench</title>
<link rel="icon" href="data:,">
<script>
window.bench = {
  async run() {
    const start = performance.now();
    const { token, hashes } = await bench.solve();
    return { ms: performance.now() - start, token, hashes: await hashes };
  },
};
</script>
${head}<body><form>${body}</form><script>${script}</script></body></html>`;
}
