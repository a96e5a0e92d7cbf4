// The tables of a crawl, and the page that is published of them.

import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { DEFAULT } from '../ours.mjs';
import { ATTACKER } from '../prices.mjs';
import { figure, render, sum } from '../report.mjs';
import { ROOT } from '../../support/stack.mjs';
import { PROGRAMS } from './programs.mjs';
import { RULES, VERIFIED } from './site.mjs';

/**
 * @typedef {import('../crawl.mjs').Crawl} Crawl
 * @typedef {{crawls: Crawl[], visited: import('./programs.mjs').Visited, load: number, isGiven: boolean}} Found
 *   the machine's load before it began, and whether the gate was built already
 */

const FLOOR = DEFAULT.count * DEFAULT.work;
const got = (/** @type {Crawl} */ { folders }) => sum(Object.values(folders).map((count) => count.got));
const dollars = (/** @type {number} */ cpuMs) => (cpuMs / 3_600_000) * ATTACKER.coreHour;
const all = (/** @type {Crawl} */ { spent }) => spent.gate + spent.proxy + spent.application;
const each = (/** @type {number} */ total, /** @type {number} */ of) => (of ? total / of : null);

/** @param {Crawl} crawl @param {string} folder */
function letIn({ folders }, folder) {
  const { asked, got: gotten } = folders[folder] ?? { asked: 0, got: 0 };
  return `${figure(gotten)} of ${figure(asked)}`;
}

/** @param {Crawl[]} crawls @returns {import('../report.mjs').Table[]} */
function ofCrawls(crawls) {
  const [bare] = crawls;
  const perBare = all(bare) / bare.requests;
  const earners = crawls.filter(({ clearances, refused }) => clearances || refused.length);
  return [
    {
      title: 'Who gets in',
      columns: ['crawler', 'requests', 'open pages', 'waited', 'worked', 'clearances', 'most requests with one Munjigi-Id'],
      rows: crawls.map((crawl) => [crawl.name, crawl.requests, letIn(crawl, 'pages'), letIn(crawl, 'wiki'), letIn(crawl, 'archive'), crawl.clearances, crawl.most]),
    },
    {
      title: 'What the site pays',
      columns: ['CPU ms per request', 'gate', 'nginx', 'application', 'all', 'all, beside no protection'],
      rows: crawls.map((crawl) => {
        const of = (/** @type {number} */ ms) => ms / crawl.requests;
        const { gate, proxy, application } = crawl.spent;
        return [crawl.name, of(gate), of(proxy), of(application), of(all(crawl)), `${(of(all(crawl)) / perBare).toFixed(2)} ×`];
      }),
    },
    {
      title: 'What the crawler pays',
      columns: ['crawler', 'pages got', 'requests per page', 'CPU ms per page', 'seconds per 1,000 pages', '$ per million pages'],
      rows: crawls.map((crawl) => {
        const pages = got(crawl);
        const cost = each(1e6 * dollars(crawl.cpu_ms), pages);
        return [crawl.name, pages, each(crawl.requests, pages), each(crawl.cpu_ms, pages), each(1_000 * crawl.seconds, pages), cost];
      }),
      notes: [`processor time at $${ATTACKER.coreHour} an hour of a core; addresses are not in the price`],
    },
    {
      title: 'What a clearance costs',
      columns: ['crawler', 'clearances', 'not given', 'work, × the floor', 'CPU seconds each', 'seconds each', '$ per 1,000', 'score and reasons'],
      rows: earners.map((crawl) => {
        const { clearances, refused, work, solver_ms: ms, earning_seconds: seconds, said } = crawl;
        const tries = clearances + refused.length;
        const cost = each(1_000 * dollars(ms), clearances);
        return [crawl.name, clearances, refused.length, work / tries / FLOOR, each(ms / 1_000, clearances), seconds / tries, cost, said.join('; ')];
      }),
      notes: [`the floor is ${figure(FLOOR)} hashes`],
    },
  ];
}

/** @param {import('./programs.mjs').Visited} visited @returns {import('../report.mjs').Table[]} */
function ofPrograms({ asked, closed }) {
  const paths = (/** @type {{path: string}[]} */ some) => some.map(({ path }) => `\`${path}\``).join(', ');
  const rows = PROGRAMS.map(({ kind, name }) => {
    const own = asked.filter((one) => one.kind === kind && one.name === name);
    const without = own.filter((one) => !one.got);
    return [name, kind, paths(own), without.length ? `not ${paths(without)}` : 'all'];
  });
  const answers = [...new Set(closed.map(({ name }) => name))].map((name) => {
    const own = closed.filter((one) => one.name === name);
    return [name, paths(own), [...new Set(own.map(({ status }) => status))].join(', ')];
  });
  return [
    { title: 'Programs that a site wants', columns: ['program', 'kind', 'asked for', 'got with 200'], rows },
    { title: 'What a rule closes to them', columns: ['program', 'asked for', 'status'], rows: answers },
  ];
}

/** @param {Found} found @returns {import('../report.mjs').Table[]} */
export const tables = ({ crawls, visited }) => [...ofCrawls(crawls), ...ofPrograms(visited)];

/** @param {Found} found */
function provenance({ load, isGiven }) {
  const git = (/** @type {string[]} */ ...words) => execFileSync('git', words, { cwd: ROOT, encoding: 'utf8' }).trim();
  const when = new Date().toISOString().slice(0, 10);
  const changed = git('status', '--porcelain', '--untracked-files=no') ? ' with changes' : '';
  const gate = isGiven ? ', with a gate that was built before it' : '';
  const machine = `The machine's load before was ${load.toFixed(1)}, and other work lengthens what is measured here.`;
  return `${when} at commit \`${git('rev-parse', '--short=12', 'HEAD')}\`${changed}${gate}, on ${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}; crawlers and site share these cores. ${machine} It is one run: others differ by a third in the smaller figures, so that ratios near 1 say nothing.`;
}

/** What the tables come to, in sentences. @param {Crawl[]} crawls */
function outcome(crawls) {
  const [bare, simple, follows, named, waits, once, ...many] = crawls;
  const closed = [simple, follows].flatMap(({ folders }) => [folders.wiki, folders.archive]);
  const gotten = sum(closed.map((count) => count.got));
  const shown = [named.folders.wiki, named.folders.archive];
  const applied = bare.spent.application / bare.requests;
  const spared = simple.spent.gate / simple.requests;
  const clearance = once.solver_ms / once.clearances;
  const perPage = (/** @type {Crawl} */ crawl) => crawl.cpu_ms / got(crawl);
  const most = Math.max(...many.map((crawl) => crawl.most));
  const prices = many.map((crawl) => `${figure(perPage(crawl))} ms a page (${crawl.name.split(', ')[1]})`);
  const fresh = perPage(many[0]);
  const times = Math.round(fresh / perPage(once));
  return `- **Simple crawlers get nothing protected**: ${figure(gotten)} of ${figure(sum(closed.map(({ asked }) => asked)))} pages, whether they follow redirects or not. The application never sees these requests. The gate takes ${figure(spared)} ms for a request on average; a page takes the application ${figure(applied)} ms here.
- **The name of a link preview opens few pages**: ${figure(sum(shown.map(({ got }) => got)))} of ${figure(sum(shown.map(({ asked }) => asked)))}, since each rule lets 30 such requests through in a minute. A crawler that is content with that has up to 43,200 pages a day of each rule, from any address: take \`no_exemptions\` where that is too many.
- **\`waited\` stops no crawler that keeps cookies.** It waits once, ${figure(waits.earning_seconds)} seconds, and then reads every page of that level for half an hour. Of \`worked\` it gets ${letIn(waits, 'archive')}.
- **\`worked\` stops no crawler that solves.** ${figure(clearance / 1_000)} seconds of a core open every page of both levels for half an hour; with ${figure(got(once))} pages that is ${figure(clearance / got(once))} ms a page. On a fast crawl the price comes to nothing, so limit requests by \`Munjigi-Id\`: all ${figure(once.most)} protected pages of this crawl had the same.
- **Such a limit is what makes the work a price.** A crawler that earns a fresh clearance after every 50 requests has at most ${most} with one \`Munjigi-Id\`. It pays ${prices.join(' or ')}, ${figure(times)} times as much as with one clearance. That is still only $${figure(1e6 * dollars(fresh))} of processor time per million pages.
- **What remains**: a crawler that is ready to pay that gets every page, and the cookie works from any address. For more, take \`pictured\`, or an account for pages that must not be copied.`;
}

/** @param {Found} found */
export function page(found) {
  const { crawls, visited } = found;
  const tables = ofCrawls(crawls).map(render);
  const [wanted, closed] = ofPrograms(visited).map(render);
  const requests = sum(crawls.slice(1).map((crawl) => crawl.requests));
  return `# A crawl of protected paths

Generated by \`scripts/bench crawl --write\`; the text around the figures is in \`tests/bench/crawl/page.mjs\`.

Measured on ${provenance(found)}

A site of three folders stands behind nginx with [the published file](../clearance.md#setting-it-up), a gate with its default work and limits, and these rules. \`/pages/\` is open. Every page links to six others, two in each folder. The crawlers make ${figure(requests)} requests, after ${figure(crawls[0].requests)} through the same nginx without the check. All of them send the headers of a Firefox, one with the name of Slack's link previews.

\`\`\`toml${RULES}\`\`\`

- *Simple* crawlers keep no cookies and have 32 connections.
- *Keeps cookies and waits*: follows the page of clearance, waits as long as it says, and sends the cookie from then on. It runs no script.
- *Solves*: does the work with code generated for each puzzle, the fastest solver that we know of, and reports what a widget reports. *Every 50* changes its name and earns another clearance after every 50 requests, from one address or from another network each time, as the proxy passes them on.

What the gate, nginx and the application take is the processor time of their processes; what a crawler takes is its own, with TLS.

## In short

${outcome(crawls)}

${tables.join('\n')}
${wanted}
Each program is imitated: its user agent, and paths as it asks for them, without cookies or scripts. Feeds are exempt below protected folders as well. The last four come from \`${VERIFIED}\`, which a rule about visitors allows: \`rules = [{ match = { prefix = "${VERIFIED}" }, verdict = "allow" }]\` in the site's line. Addresses here are those set aside for documentation and measurements; on your site, write the networks that the crawler's maker publishes.

${closed}
A name proves nothing: anyone can send it. So feed readers that fetch the whole article get the page of clearance instead, search engines without a rule for their networks lose protected pages, and link previews beyond a rule's 30 a minute show no page. If all previews matter, leave the pages that people share open. Feeds below a protected folder are exempt as \`*.rss\`, \`*.atom\`, \`feed\`, \`rss\`, \`feed.xml\`, \`feed.json\`, \`rss.xml\` and \`atom.xml\`; for other names, put a rule without a level before the others: \`path = "/archive/index.xml"\`.

## Running it

\`\`\`
scripts/bench crawl                          # prints these tables
scripts/bench crawl --crawl-requests=2000    # a shorter crawl
scripts/bench crawl --write                  # writes this page
\`\`\`
`;
}
