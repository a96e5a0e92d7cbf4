// A crawl of 20,000 requests at a protected site behind nginx, by crawlers that do more and more for
// it; what it costs them and the site; and twenty programs that must not notice the protection.
//
//   node tests/bench/crawl.mjs [--json] [--crawl-requests=20000] [--gate=PROGRAM] [--write]
//
// `--gate` is a gate that is built already. `--write` writes `docs/reports/crawl.md`.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { engine } from '../journeys/pow-engine.mjs';
import { command, say, whole } from './command.mjs';
import { page, tables } from './crawl/page.mjs';
import { SLACK, visit } from './crawl/programs.mjs';
import { openSite } from './crawl/site.mjs';
import { buildGate } from './gate.mjs';
import { output } from '../support/processes.mjs';
import { ROOT } from '../support/stack.mjs';

const RELEASE = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'release');
/** How many the published page has. */
const REQUESTS = 20_000;
const CRAWLER = fileURLToPath(new URL('crawl/crawler.mjs', import.meta.url));

/**
 * @typedef {import('./crawl/crawler.mjs').Job} Job
 * @typedef {Omit<Job, 'proxy' | 'requests' | 'solver'> & {name: string, share: number, unchecked?: boolean}} Kind
 *   `share` is of all requests; without checks, the crawl is no part of them
 */

/** @type {Kind[]} */
const KINDS = [
  { name: 'no protection', way: 'ignores', connections: 32, share: 0.1, unchecked: true },
  { name: 'simple, follows nothing', way: 'ignores', connections: 32, share: 0.3 },
  { name: 'simple, follows redirects', way: 'follows', connections: 32, share: 0.3 },
  { name: 'simple, called a link preview', way: 'ignores', connections: 32, share: 0.1, agent: SLACK },
  { name: 'keeps cookies and waits', way: 'waits', connections: 8, share: 0.1 },
  { name: 'solves once', way: 'solves', connections: 8, share: 0.1 },
  { name: 'solves every 50, one address', way: 'solves', connections: 8, share: 0.05, per: 50 },
  { name: 'solves every 50, its own network each', way: 'solves', connections: 8, share: 0.05, per: 50, moves: true },
];

/**
 * @typedef {{gate: number, proxy: number, application: number}} Spent
 * @typedef {import('./crawl/crawler.mjs').Found & {name: string, spent: Spent, ids: number, most: number, said: string[]}} Crawl
 *   how many `Munjigi-Id` the application saw, the most requests with one of them, and the scores and
 *   reasons that came with them
 */

/**
 * @param {import('./crawl/site.mjs').Site} site
 * @param {string} file the engine that solves
 * @param {Kind} kind
 * @param {number} all
 * @returns {Promise<Crawl>}
 */
async function crawl(site, file, { name, share, unchecked, ...way }, all) {
  const solver = way.way === 'solves' ? { engine: file, sitekey: site.sitekey } : undefined;
  say(`crawl: ${name}`);
  /** @type {Job} */
  const job = { ...way, proxy: unchecked ? site.unchecked : site.proxy, requests: Math.round(all * share), solver };
  await site.ids();
  const before = site.spent();
  const found = JSON.parse(await output(process.execPath, [CRAWLER, JSON.stringify(job)]));
  const after = site.spent();
  const spent = { gate: after.gate - before.gate, proxy: after.proxy - before.proxy, application: after.application - before.application };
  const { none: _, ...seen } = await site.ids();
  const ids = Object.values(seen);
  const said = [...new Set(ids.map(({ score, reasons }) => `${score} ${reasons}`))];
  return { name, ...found, spent, ids: ids.length, most: Math.max(0, ...ids.map(({ count }) => count)), said };
}

/** @param {import('./command.mjs').Options} options @returns {Promise<import('./report.mjs').Result>} */
export async function measure(options) {
  const all = whole(options, 'crawl-requests', REQUESTS);
  if (options.write && all < REQUESTS) throw new Error('--write takes the whole crawl');
  if (!options.gate) await buildGate();
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-bench-'));
  /** @type {(() => unknown)[]} */
  const closing = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    const file = join(folder, 'engine.wasm');
    writeFileSync(file, engine());
    const [load = 0] = loadavg();
    const site = await openSite({ after: (close) => closing.push(close) }, options.gate ?? join(RELEASE, 'munjigi-gate'));
    const visited = await visit(site.proxy);
    const crawls = [];
    for (const kind of KINDS) crawls.push(await crawl(site, file, kind, all));
    // Once more after the crawls, for what they leave behind.
    const again = await visit(site.proxy);
    const harmed = [...visited.asked, ...again.asked].filter(({ got }) => !got);
    for (const { name, path, status } of harmed) say(`crawl: ${name} got ${status} for ${path}`);
    const found = { crawls, visited, load, isGiven: Boolean(options.gate) };
    if (options.write && harmed.length) throw new Error('programs are harmed that must not be');
    if (options.write) writeFileSync(join(ROOT, 'docs', 'reports', 'crawl.md'), page(found));
    return { name: 'crawl', tables: tables(found), data: { ...found, again } };
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

await command(import.meta.url, measure);
