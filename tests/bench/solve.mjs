// Solve times in real browsers: from the start of the work to the token, measured in the page, each
// on a freshly loaded page, at default difficulty, with all widgets taking turns in one run.
//
//   node tests/bench/solve.mjs [chromium] [firefox] [webkit] [--json] [--without-ours]
//     [--solves=200] [--other-solves=60] [--budget=240]
//
// `--budget` is the number of seconds that an engine may spend on one peer; the table says how many
// solves it got. Ours always gets all of them.

import { ENGINES, Missing } from '../support/browsers.mjs';
import { command, say, whole } from './command.mjs';
import { munjigi } from './ours.mjs';
import { mean, percentile, sum } from './report.mjs';
import { holdWork, openStack } from '../support/stack.mjs';
import { PEERS } from './widgets.mjs';

/** @typedef {{ms: number, cpuMs: number, hashes: number | null}} Solve */
/** @typedef {import('./widgets.mjs').Widget} Widget */
/** @typedef {{engine: string, widget: string, solves: Solve[], errors: string[]}} Series */

/**
 * Hashes of a solution of ours: every sub-puzzle is searched from nonce 0 upwards.
 * @param {string} body
 */
function hashesOf(body) {
  const { nonces } = JSON.parse(body);
  return Array.isArray(nonces) ? sum(nonces) + nonces.length : 0;
}

/**
 * @param {import('../support/browsers.mjs').Browser} browser
 * @param {string} page
 * @returns {Promise<Solve>}
 */
async function solveOnce(browser, page) {
  await browser.goto(page);
  await browser.evaluate('bench.ready.then(() => 1)');
  const before = browser.cpuMs();
  const { ms, hashes } = await browser.evaluate('bench.run()');
  return { ms, hashes, cpuMs: browser.cpuMs() - before };
}

/**
 * @param {string} engine
 * @param {Widget[]} widgets
 * @param {{solves: number, budgetMs: number}} bounds
 * @returns {Promise<{version: string, series: Series[]}>}
 */
async function inEngine(engine, widgets, { solves, budgetMs }) {
  let posted = 0;
  const open = async () => {
    const opened = await ENGINES[engine]();
    opened.onPosted?.((url, body) => {
      if (url.endsWith('/v1/solutions')) posted += hashesOf(body);
    });
    return opened;
  };
  let browser = await open();
  const served = [];
  try {
    for (const widget of widgets) served.push(await widget.serve());
    /** @type {Series[]} */
    const series = widgets.map(({ name }) => ({ engine, widget: name, solves: [], errors: [] }));
    const spent = widgets.map(() => 0);
    const takes = (/** @type {number} */ i) =>
      series[i].errors.length < 5 && (widgets[i].name === 'munjigi' || spent[i] < budgetMs);
    // The first solve of each warms caches that are warm in a visitor's browser; it is not counted.
    for (let turn = -1; turn < solves; turn += 1) {
      for (const [i, { page }] of served.entries()) {
        if (!takes(i)) continue;
        posted = 0;
        try {
          const solve = await solveOnce(browser, page);
          if (turn < 0) continue;
          spent[i] += solve.ms;
          series[i].solves.push({ ...solve, hashes: solve.hashes ?? (posted || null) });
        } catch (error) {
          series[i].errors.push(String(error));
          // It may have crashed; a new one continues.
          await browser.close().catch(() => {});
          browser = await open();
        }
      }
      if ((turn + 1) % 20 === 0) say(`solve: ${engine}, ${turn + 1} of ${solves}`);
    }
    return { version: browser.version, series };
  } finally {
    for (const { stop } of served) await stop();
    await browser.close();
  }
}

/** @param {Series} series */
function figures({ solves }) {
  const ms = solves.map((solve) => solve.ms);
  const hashes = solves.flatMap((solve) => solve.hashes ?? []);
  return {
    count: solves.length,
    p50: percentile(ms, 0.5),
    p95: percentile(ms, 0.95),
    p99: percentile(ms, 0.99),
    hashes: hashes.length ? mean(hashes) : null,
    coreMs: mean(solves.map((solve) => solve.cpuMs)),
  };
}

/**
 * @param {import('./command.mjs').Options} options
 * @param {string[]} names engines
 * @returns {Promise<import('./report.mjs').Result>}
 */
export async function measure(options, names = []) {
  const running = options['without-ours'] ? null : await openStack();
  try {
    if (running) await holdWork(running.stack);
    const widgets = running ? [munjigi(running.stack), ...PEERS] : PEERS;
    /** @type {string[]} */
    const notes = widgets.map(({ name, difficulty, expected, hash }) =>
      `${name}: ${difficulty}; ${expected.toLocaleString('en-US')} × ${hash} expected`,
    );
    notes.push(
      'core-ms: processor time of all processes of the browser during a solve, mean',
      'altcha waits until 500 ms have passed even where the work took less (its default `minDuration`)',
    );
    /** @type {import('./report.mjs').Cell[][]} */
    const rows = [];
    /** @type {Series[]} */
    const all = [];
    for (const engine of names.length ? names : Object.keys(ENGINES)) {
      const solves =
        engine === 'chromium' ? whole(options, 'solves', 200) : whole(options, 'other-solves', 60);
      const budgetMs = 1000 * whole(options, 'budget', 240);
      let found;
      try {
        found = await inEngine(engine, widgets, { solves, budgetMs });
      } catch (error) {
        if (!(error instanceof Missing)) throw error;
        notes.push(`${engine} left out: ${error.message}`);
        continue;
      }
      const ours = found.series.find(({ widget }) => widget === 'munjigi');
      const oursP50 = ours && figures(ours).p50;
      for (const series of found.series) {
        const { count, p50, p95, p99, hashes, coreMs } = figures(series);
        const ratio = oursP50 && series !== ours ? oursP50 / p50 : null;
        rows.push([found.version, series.widget, count, p50, p95, p99, p99 / p50, hashes, coreMs, ratio]);
        const [first] = series.errors;
        if (first) notes.push(`${engine}, ${series.widget}: ${series.errors.length} failed, first: ${first}`);
      }
      all.push(...found.series);
    }
    return {
      name: 'solve',
      tables: [
        {
          title: 'Solve times at default difficulty, milliseconds',
          columns: ['engine', 'widget', 'solves', 'p50', 'p95', 'p99', 'p99 ÷ p50', 'hashes', 'core-ms', 'ours ÷ this'],
          rows,
          notes,
        },
      ],
      data: { series: all },
    };
  } finally {
    await running?.stop();
  }
}

await command(import.meta.url, measure);
