// Bytes of a first visit: everything that Chromium downloads for a widget until it has passed, each
// body compressed with brotli 11, however its server sent it. The customer's page is not counted;
// code that a widget carries inside another file (workers as blobs, Wasm as base64) is counted
// there.
//
//   node tests/bench/sizes.mjs [--json] [--without-ours]

import { ENGINES } from '../support/browsers.mjs';
import { command, say } from './command.mjs';
import { munjigi } from './ours.mjs';
import { brotli } from './peers/server.mjs';
import { sum } from './report.mjs';
import { openStack } from '../support/stack.mjs';
import { PEERS } from './widgets.mjs';

/** @typedef {{path: string, raw: number, brotli: number, answer: boolean}} Counted */

/** Why a file is part of a first visit, by the end of its path. @type {[RegExp, string][]} */
const REASONS = [
  [/\/altcha\.js$/, 'default bundle, dist/main/altcha.min.js: interface, styles, PBKDF2 and SHA workers, English'],
  [/\/cap\.min\.js$/, 'the widget with all its languages and the worker’s script'],
  [/\/cap_wasm_bg\.wasm$/, 'its solver, which the widget fetches as soon as it loads'],
  [/\/widget\.module\.min\.js$/, 'the widget with all its languages, worker’s script and Wasm'],
  [/\/v1\/api\.js$/, 'the loader on the customer’s page'],
  [/\/v1\/frame\//, 'the frame’s document with its styles'],
  [/\.wasm$/, 'interface and solver'],
  [/\/assets\/frame\.[^/]*\.js$/, 'the frame’s glue, and the script of its workers (from the cache then)'],
  [/\/assets\/(en|en-[^/]*)\.[^/]*$/, 'one language'],
];

/** @param {Counted} counted */
function reason({ path, answer }) {
  if (answer) return 'an answer of the API';
  return REASONS.find(([pattern]) => pattern.test(path))?.[1] ?? '';
}

/**
 * @param {import('./widgets.mjs').Widget} widget
 * @returns {Promise<Counted[]>}
 */
async function visit(widget) {
  const { page, own, stop } = await widget.serve();
  const browser = await ENGINES.chromium();
  try {
    /** @type {Promise<Counted>[]} */
    const counted = [];
    /** @type {Set<string>} */
    const cached = new Set();
    browser.onFetched?.(({ url, cacheControl, body }) => {
      if (url === page || !own.includes(new URL(url).origin)) return;
      // A worker made from a script that the frame already has: from the cache.
      if (cached.has(url)) return;
      if (/immutable|max-age=[1-9]/.test(cacheControl)) cached.add(url);
      const count = async () => {
        const bytes = await body();
        return {
          path: new URL(url).pathname,
          raw: bytes.length,
          brotli: brotli(bytes).length,
          answer: bytes[0] === 0x7b, // {
        };
      };
      counted.push(count());
    });
    await browser.goto(page);
    await browser.evaluate('bench.ready.then(() => 1)');
    const { token } = await browser.evaluate('bench.run()');
    if (!token) throw new Error(`${widget.name} gave no token`);
    return await Promise.all(counted);
  } finally {
    await browser.close();
    await stop();
  }
}

/** @param {import('./command.mjs').Options} options @returns {Promise<import('./report.mjs').Result>} */
export async function measure(options) {
  const running = options['without-ours'] ? null : await openStack();
  try {
    const widgets = running ? [munjigi(running.stack), ...PEERS] : PEERS;
    /** @type {{widget: string, total: number, answers: number, files: Counted[]}[]} */
    const visits = [];
    for (const widget of widgets) {
      say(`sizes: ${widget.name}`);
      const files = await visit(widget);
      const of = (/** @type {boolean} */ answer) =>
        sum(files.filter((file) => file.answer === answer).map((file) => file.brotli));
      visits.push({ widget: widget.name, total: of(false), answers: of(true), files });
    }
    const ours = visits.find(({ widget }) => widget === 'munjigi')?.total ?? Number.NaN;
    return {
      name: 'sizes',
      tables: [
        {
          title: 'First visit, bytes with brotli 11',
          columns: ['widget', 'files', 'bytes', 'answers of the API', 'ours ÷ this'],
          rows: visits.map(({ widget, total, answers, files }) => [
            widget,
            files.filter((file) => !file.answer).length,
            total,
            answers,
            widget === 'munjigi' ? null : ours / total,
          ]),
          notes: [
            'loaded in Chromium until the token was there; the customer’s page itself is not counted',
            'cap-widget 0.1.57 asks its CDN for @cap.js/wasm 0.0.7, which npm does not have; counted is 0.0.6',
          ],
        },
        {
          title: 'What was counted',
          columns: ['widget', 'path', 'raw', 'brotli', 'why'],
          rows: visits.flatMap(({ widget, files }) =>
            files.map((file) => [widget, file.path.replace(/mj_\w+/, '…'), file.raw, file.brotli, reason(file)]),
          ),
        },
      ],
      data: { visits },
    };
  } finally {
    await running?.stop();
  }
}

await command(import.meta.url, measure);
