// A customer's form and everything between it and the edge, as the fleet meets them: the page, its
// back end, which calls siteverify, and a front that gives each visit a network of its own and
// notes what the edge asks of it. No visitor is told more than a real one. The page says where on
// the screen its fields are, for hands that know nothing but the screen.

import { createServer, request as ask } from 'node:http';
import { DEFAULT } from '../bench/ours.mjs';

/**
 * What became of a visit.
 * @typedef {object} Seen
 * @property {number} asked expected hashes of all puzzles that were dealt
 * @property {boolean} pictured whether a picture was dealt
 * @property {string | null} refused the code of the first refusal
 * @property {boolean} passed whether the edge handed out a token
 * @property {number | null} score what siteverify told the back end; `null` if no form arrived
 * @property {string[]} reasons what siteverify gave as reasons
 */

/**
 * What a visitor asked of the edge, its headers as they came.
 * @typedef {{path: string, headers: [string, string][], body: string}} Request
 *
 * The keys of the site that is visited.
 * @typedef {{sitekey: string, secret: string}} Keys
 *
 * A visit under way: `passed` ends with the token, a picture or a refusal, `sent` with the form.
 * `requests` are those for challenges and with solutions.
 * @typedef {{seen: Seen, requests: Request[], passed: Promise<void>, sent: Promise<void>}} Visit
 */

/** What a calm visitor is asked to do. */
export const FLOOR = DEFAULT.count * DEFAULT.work;

/** Most bytes of a body that the front reads: one of ours is far shorter. */
const MOST_BYTES = 1 << 20;

/** @param {import('node:stream').Readable} stream @returns {Promise<Buffer>} */
async function whole(stream) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error('a body is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @param {import('node:http').Server} server @returns {Promise<number>} its port */
const listen = (server) => new Promise((resolve) => {
  server.listen(0, '127.0.0.1', () => resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port));
});

/**
 * The address of a visit by its number: a /24 of its own, from blocks that are not on the internet.
 * @param {number} number
 */
export const address = (number) => `10.${(number >> 8) & 255}.${number & 255}.${1 + (number % 250)}`;

/** @param {string[]} raw names and values in turn @returns {[string, string][]} */
const pairs = (raw) => raw.flatMap((name, at) => (at % 2 ? [] : [[name, raw[at + 1]]]));

/** Tells the back end where on the screen things are, whenever the page's height changes. */
const WHERE = `
const sides = (outerWidth - innerWidth) / 2;
const leftEdge = () => window.mozInnerScreenX ?? screenX + sides;
const topEdge = () => window.mozInnerScreenY ?? screenY + outerHeight - innerHeight - sides;
new ResizeObserver(() => {
  const at = [...document.querySelectorAll('h1, [id]')].map((one) => {
    const { x, y, width, height } = one.getBoundingClientRect();
    return [one.id ? '#' + one.id : 'h1', [leftEdge() + x, topEdge() + y, width, height]];
  });
  fetch('/where', { method: 'POST', body: JSON.stringify(Object.fromEntries(at)) });
}).observe(document.body);`;

/** @param {string} edge @param {string} sitekey */
const form = (edge, sitekey) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Write to us</title>
<script src="${edge}/v1/api.js" async defer></script>
<style>body{font:1rem/1.5 system-ui;max-width:30rem;margin:2rem auto;padding:0 1rem}input,textarea{display:block;width:100%;box-sizing:border-box;font:inherit;margin-bottom:1rem}</style>
</head>
<body>
<h1>Write to us</h1>
<form method="post" action="/sent">
<label for="name">Name</label><input id="name" name="name" autocomplete="name">
<label for="email">Email</label><input id="email" name="email" type="email" autocomplete="email">
<label for="text">Message</label><textarea id="text" name="text" rows="4"></textarea>
<div class="munjigi" data-sitekey="${sitekey}" data-action="fleet"></div>
<p><button id="send">Send</button></p>
</form>
<script>${WHERE}</script>
</body>
</html>`;

/** Notes what the edge's answer asks for. @param {Seen} seen @param {any} reply */
function note(seen, reply) {
  const { status, code, step, token } = reply;
  if (step?.kind === 'puzzle') seen.asked += step.count * step.work;
  if (step?.kind === 'picture') seen.pictured = true;
  if (token !== undefined || status === 'passed') seen.passed = true;
  if (code) seen.refused ??= code;
}

/** Whether nothing more is to be waited for. @param {Seen} seen */
const over = (seen) => seen.passed || seen.pictured || seen.refused !== null;

/**
 * Opens a form on a stack. Each visit says of which site it is.
 * @param {import('../support/stack.mjs').Stack} stack
 */
export async function openSite(stack) {
  const edge = new URL(stack.edge);
  let where = '{}';
  /** @type {Visit & {from: string, keys: Keys, settle: () => void, arrive: () => void} | null} */
  let visit = null;

  const front = createServer(async (asked, answer) => {
    const of = visit;
    const { method, url = '/' } = asked;
    const watched = /^\/v1\/(challenges|solutions)$/.test(url) && method === 'POST';
    const headers = { ...asked.headers, ...(of && { 'cf-connecting-ip': of.from }) };
    if (watched) delete headers['accept-encoding'];
    const onward = ask({ hostname: edge.hostname, port: edge.port, method, path: url, headers }, async (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      if (!watched || !of) return void answered.pipe(answer);
      const body = await whole(answered).catch(() => Buffer.alloc(0));
      answer.end(body);
      try {
        note(of.seen, JSON.parse(body.toString()));
      } catch {
        of.seen.refused ??= `status ${answered.statusCode}`;
      }
      if (over(of.seen)) of.settle();
    });
    onward.on('error', () => answer.destroy());
    if (!watched || !of) return void asked.pipe(onward);
    const body = await whole(asked).catch(() => null);
    if (!body) return void onward.destroy();
    of.requests.push({ path: url, headers: pairs(asked.rawHeaders), body: body.toString() });
    onward.end(body);
  });
  const frontPort = await listen(front);

  const shop = createServer(async (asked, answer) => {
    if (asked.method === 'GET' && asked.url === '/' && visit) {
      answer.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
      answer.end(form(`http://127.0.0.1:${frontPort}`, visit.keys.sitekey));
      return;
    }
    if (asked.url === '/where') {
      if (asked.method === 'POST') where = (await whole(asked)).toString();
      answer.end(where);
      return;
    }
    if (asked.method !== 'POST' || asked.url !== '/sent') {
      answer.writeHead(404).end();
      return;
    }
    const of = visit;
    const sent = new URLSearchParams((await whole(asked)).toString());
    const secret = of?.keys.secret ?? '';
    const body = new URLSearchParams({ secret, response: sent.get('munjigi-response') ?? '' });
    const verdict = await (await fetch(`${stack.edge}/siteverify`, { method: 'POST', body })).json();
    if (of && verdict.success) Object.assign(of.seen, { score: verdict.score, reasons: verdict.reasons });
    answer.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    answer.end(`<!doctype html><title>${verdict.success ? 'Thank you' : 'Not sent'}</title>`);
    of?.arrive();
  });
  const shopPort = await listen(shop);

  return {
    page: `http://localhost:${shopPort}/`,
    /** The edge's address for visitors. */
    front: `http://127.0.0.1:${frontPort}`,
    /** Begins a visit to a site from an address. @param {Keys} keys @param {string} from @returns {Visit} */
    begin(keys, from) {
      where = '{}';
      const passed = Promise.withResolvers();
      const sent = Promise.withResolvers();
      /** @type {Seen} */
      const seen = { asked: 0, pictured: false, refused: null, passed: false, score: null, reasons: [] };
      visit = {
        from,
        keys,
        seen,
        requests: [],
        passed: passed.promise,
        sent: sent.promise,
        settle: () => passed.resolve(undefined),
        arrive: () => sent.resolve(undefined),
      };
      return visit;
    },
    stop() {
      for (const server of [front, shop]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}
