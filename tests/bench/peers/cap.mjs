// @cap.js/server behind node:http with every default of its constructor and methods: 50 puzzles of
// 16 bits, challenges in memory, tokens in memory and, as its default storage does, written as one
// JSON file after every redemption and every validation (`noFSState: false`). Because of that file
// it gets slower the more tokens are valid; production set-ups bring hooks for a database of their
// own.
//
//   node tests/bench/peers/cap.mjs [--difficulty=N] [--memory]
//
// `--difficulty=1` (hex digits; default 4) makes preparing thousands of solutions cheap: checking
// costs the same 50 hashes. `--memory` omits the file, to show what it costs. `POST /fill` replaces
// the redeemed tokens by a number of new ones: redeeming thousands in the normal way takes the
// file's time for each.

import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, whole } from '../command.mjs';
import { packaged, page, serve } from './server.mjs';

const Cap = createRequire(import.meta.url)('@cap.js/server');

const { options } = parse(process.argv.slice(2));
// Its default path is relative: this run gets a folder of its own, so that no run reads another's
// tokens.
const folder = mkdtempSync(join(tmpdir(), 'munjigi-bench-cap-'));
process.chdir(folder);
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const cap = new Cap(options.memory ? { noFSState: true } : {});
const difficulty = options.difficulty && { challengeDifficulty: whole(options, 'difficulty', 4) };

/** In the form that `redeemChallenge` creates. @param {number} count */
function fill(count) {
  const expires = Date.now() + 20 * 60 * 1000;
  /** @type {Record<string, number>} */
  const tokens = {};
  const texts = Array.from({ length: count }, () => {
    const [id, secret] = [randomBytes(8).toString('hex'), randomBytes(15).toString('hex')];
    tokens[`${id}:${createHash('sha256').update(secret).digest('hex')}`] = expires;
    return `${id}:${secret}`;
  });
  cap.config.state.tokensList = tokens;
  return texts;
}

// The widget loads its solver from a CDN unless told otherwise; the wrapper around fetch is its own
// hook and only records the solutions, whose sum is the number of hashes.
const head = `<script>
window.CAP_CUSTOM_WASM_URL = '/cap_wasm_bg.wasm';
window.CAP_SILENT = true;
window.CAP_CUSTOM_FETCH = (url, init) => {
  if (init?.body) bench.sent = init.body;
  return fetch(url, init);
};
</script><script src="/cap.min.js"></script>`;
const script = `
bench.solve = () => new Promise((resolve, reject) => {
  const widget = document.querySelector('cap-widget');
  widget.addEventListener('solve', ({ detail }) => resolve({
    token: detail.token,
    hashes: JSON.parse(bench.sent).solutions.reduce((sum, nonce) => sum + nonce + 1, 0),
  }));
  widget.addEventListener('error', ({ detail }) => reject(new Error(detail.message)));
  widget.solve();
});
bench.ready = Promise.resolve();`;

serve(
  {
    'POST /challenge': () => cap.createChallenge(difficulty || undefined),
    'POST /redeem': (body) => cap.redeemChallenge(JSON.parse(body)),
    'POST /fill': (body) => fill(JSON.parse(body).count),
    'POST /validate': (body) => cap.validateToken(JSON.parse(body).token),
  },
  {
    '/': {
      type: 'text/html',
      body: page({ head, body: '<cap-widget data-cap-api-endpoint="/"></cap-widget>', script }),
    },
    '/cap.min.js': packaged('cap-widget/cap.min.js'),
    '/cap_wasm_bg.wasm': packaged('@cap.js/wasm/browser/cap_wasm_bg.wasm'),
  },
);
