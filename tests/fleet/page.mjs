// The record of the fleet's visits, and the page that explains it: a function of the record alone.

import { median, percentile, render, sum, wilson } from '../bench/report.mjs';
import { FLOOR } from './site.mjs';

/** From this many times the floor on, a visit was taken for a program's. */
export const CONVICTED = 8;

/** What is asked of the figures. */
const ASKED = { visits: 20, tools: 0.95, attached: 2, personas: 18, work: 1, work_p95: 2, omitting: 4, scores: 0.05 };

/**
 * @typedef {object} Row
 * @property {string} who
 * @property {string} how the way of starting; empty for people
 * @property {string} version empty for people
 * @property {string} kind `default`, `stealth`, `client`, `omitting` (a client that leaves out what every widget sends) or `person`
 * @property {string} [skipped] why there are no visits
 * @property {number} visits
 * @property {number} convicted
 * @property {number} stopped visits that were not convicted and still got no token
 * @property {number} passed
 * @property {number} failed visits that ended with an error of the tool
 * @property {number[]} work of each visit: the expected hashes in floors
 * @property {string[]} [reasons] of each visit, what siteverify gave as reasons
 * @property {number} [score] median of what siteverify said
 *
 * @typedef {object} Part
 * @property {string} name
 * @property {string} date
 * @property {string} commit
 * @property {number} seed of what varies between visits of scripted people
 * @property {number} visits wanted of each row
 * @property {string} machine
 * @property {number} lanes visits at a time
 * @property {{[name: string]: string}} programs versions by name
 * @property {Row[]} row
 *
 * @typedef {{part: Part[]}} Record
 */

/** What is measured, in the order of the page. */
export const PARTS = ['tools', 'stealth', 'clients', 'people'];

/** @param {number} part @param {number} all */
const share = (part, all) => (all ? `${Math.round((100 * part) / all)} %` : '–');

/** @param {number} part @param {number} all */
const interval = (part, all) => wilson(part, all).map((end) => share(end, 1)).join(' to ');

/** @param {Row[]} rows @param {'visits' | 'convicted' | 'failed'} name */
const total = (rows, name) => sum(rows.map((row) => row[name]));

/** @param {Row[]} rows */
const named = (rows) => rows.map(({ who, how }) => [who, how].filter(Boolean).join(', ')).join('; ') || 'none';

const COUNTED = ['visits', 'convicted', '95 % interval', 'work, median', 'work, p95', 'score, median', 'reasons', 'no token', 'passed', 'failed'];

/** @param {Row} row @returns {import('../bench/report.mjs').Cell[]} */
function counted({ visits, convicted, stopped, passed, failed, work, score, reasons = [] }) {
  const works = [median(work), percentile(work, 0.95)];
  return [visits, share(convicted, visits), interval(convicted, visits), ...works, score ?? null, often(reasons), stopped, passed, failed];
}

/** What at least half of the visits have among their reasons. @param {string[]} reasons of each visit */
function often(reasons) {
  const given = reasons.flatMap((each) => each.split(' ').filter(Boolean));
  const count = (/** @type {string} */ reason) => given.filter((each) => each === reason).length;
  return [...new Set(given)].filter((reason) => 2 * count(reason) >= reasons.length).join(', ') || '–';
}

/** @param {Row[]} rows */
const skips = (rows) => rows.filter(({ skipped }) => skipped).map((row) => `${named([row])}: skipped; ${row.skipped}`);

/** @param {Row[]} rows @returns {import('../bench/report.mjs').Table[]} */
export function tables(rows) {
  const of = (/** @type {string[]} */ ...kinds) => rows.filter(({ kind }) => kinds.includes(kind));
  const [tools, clients, people] = [of('default', 'stealth'), of('client', 'omitting'), of('person')];
  return [
    {
      title: 'Automation tools',
      columns: ['tool', 'version', 'configuration', 'started', ...COUNTED],
      rows: tools.map((row) => [row.who, row.version, row.kind, row.how, ...counted(row)]),
      notes: skips(tools),
    },
    {
      title: 'Programs without a browser',
      columns: ['client', 'version', 'speaks', ...COUNTED],
      rows: clients.map((row) => [row.who, row.version, row.how, ...counted(row)]),
      notes: skips(clients),
    },
    {
      title: 'Scripted people',
      columns: ['habit', ...COUNTED],
      rows: people.map((row) => [row.who, ...counted(row)]),
      notes: skips(people),
    },
    {
      title: 'What is asked of these figures',
      columns: ['figure', 'asked for', 'measured', 'met'],
      rows: figures(rows),
    },
  ].filter((table) => table.rows.length);
}

/** What is asked of the figures, and whether they are that. @param {Row[]} rows @returns {string[][]} */
function figures(rows) {
  const of = (/** @type {string} */ wanted) => rows.filter(({ kind }) => kind === wanted);
  return [...ofTools(of('default')), ...ofOmitting(of('omitting')), ...ofPeople(of('person'))];
}

/** The figures that are not what is asked for. @param {Row[]} rows @returns {string[]} */
export const unmet = (rows) =>
  figures(rows)
    .filter(([, , , met]) => met === 'no')
    .map(([figure, asked, measured]) => `${figure}: ${measured}, asked for ${asked}`);

/** @param {boolean} met */
const yes = (met) => (met ? 'yes' : 'no');

/** @param {Row[]} rows of tools in their default configuration @returns {string[][]} */
function ofTools(rows) {
  if (!rows.length) return [];
  const [visits, convicted] = [total(rows, 'visits'), total(rows, 'convicted')];
  const below = rows.filter((row) => !row.visits || row.convicted / row.visits < ASKED.tools);
  const few = rows.filter((row) => row.visits < ASKED.visits);
  const attached = rows.filter(({ how, visits }) => how === 'attached' && visits);
  const least = Math.min(...attached.map(({ work }) => median(work)));
  return [
    [
      'default configuration, convicted',
      `at least ${share(ASKED.tools, 1)} in every row`,
      `${share(convicted, visits)} of ${visits} (${interval(convicted, visits)}); rows below: ${named(below)}`,
      below.length && below.every((row) => attached.includes(row)) ? 'but for attached' : yes(!below.length),
    ],
    ...(attached.length
      ? [['default configuration, attached: median work', `at least ${ASKED.attached} × the floor`, `${least} ×`, yes(least >= ASKED.attached)]]
      : []),
    ['default configuration, visits', `at least ${ASKED.visits} in every row`, `rows below: ${named(few)}`, yes(!few.length)],
  ];
}

/** @param {Row[]} rows of clients that leave something out @returns {string[][]} */
function ofOmitting(rows) {
  if (!rows.length) return [];
  const least = Math.min(...rows.map(({ work }) => (work.length ? median(work) : 0)));
  return [['clients that leave something out, median work', `at least ${ASKED.omitting} × the floor`, `${least} ×`, yes(least >= ASKED.omitting)]];
}

/** @param {Row[]} rows of scripted people @returns {string[][]} */
function ofPeople(rows) {
  if (!rows.length) return [];
  const [visits, convicted] = [total(rows, 'visits'), total(rows, 'convicted')];
  const works = rows.flatMap(({ work }) => work);
  const [middle, high] = [median(works), percentile(works, 0.95)];
  const few = rows.filter((row) => row.visits < ASKED.visits);
  const scores = rows.flatMap(({ score }) => score ?? []);
  const apart = Math.round(100 * (Math.max(...scores) - Math.min(...scores))) / 100;
  return [
    [
      'scripted people, convicted',
      '0',
      `${convicted} of ${visits} (${interval(convicted, visits)}); rows with any: ${named(rows.filter((row) => row.convicted))}`,
      yes(convicted === 0),
    ],
    [
      'scripted people, visits',
      `at least ${ASKED.visits} of ${ASKED.personas} habits`,
      `${rows.length} habits; rows below: ${named(few)}`,
      yes(rows.length >= ASKED.personas && !few.length),
    ],
    ['scripted people, medians of their scores', `at most ${ASKED.scores} apart`, `${apart} apart`, yes(apart <= ASKED.scores)],
    ['scripted people, median work', `${ASKED.work} × the floor`, `${middle} ×`, yes(middle === ASKED.work)],
    ['scripted people, p95 of work', `at most ${ASKED.work_p95} × the floor`, `${high} ×`, yes(high <= ASKED.work_p95)],
  ];
}

/** Where a part's figures come from. @param {Part} part */
function measured({ name, date, commit, seed, visits, machine, lanes, programs }) {
  const versions = Object.entries(programs).map(([name, version]) => `${name} ${version}`).join(', ');
  return `- ${name}: ${date} at commit \`${commit}\`, each row ${visits} times, ${lanes} at a time on ${machine}; seed ${seed}; ${versions}`;
}

/** @param {Record} record */
export function page({ part }) {
  return `# Which programs the edge recognises

Generated by \`scripts/bench fleet\`; the text around the figures is in \`tests/fleet/page.mjs\`.

Measured on the edge as it runs locally; \`bot-fleet.toml\` has the work of every single visit:

${part.map(measured).join('\n')}

Every visit comes from a /24 of its own and, where it has a browser, opens a fresh one, to a site that only its row visits: nothing but the visit itself speaks against it. It opens a form, fills its three fields, waits for the widget and sends the form; the back end calls siteverify.

A visit is *convicted* when the edge asks for at least ${CONVICTED} times the floor (${FLOOR.toLocaleString('en-US')} hashes), asks for a picture, or refuses it. Work is in floors. The intervals are Wilson’s, at 95 %. *No token* are the visits that the edge did not convict and that got no token all the same: it did not have to recognise anything. *Passed* are those whose form arrived with a token that siteverify accepted; a visit that paid for its conviction passes too. *Failed* are visits that the tool itself broke off, which count as none of these.

**Scripted people prove no rate for people: that takes people.**

${tables(part.flatMap(({ row }) => row)).map(render).join('\n')}
## How to read it

*default* tools run as their documentation shows them, with nothing changed; *stealth* tools hide that they are tools. A busier machine slows them, and a slower program looks less like one: the number at a time matters. *headless* has no window, *headful* has one on a virtual display, and *attached* joins a browser that was started by hand with a debugging port. No tool attaches to a Firefox that was not started for it, so its tools have two ways.

A page cannot tell a driver that attached to a browser from developer tools in a window of their own: both read what scripts log. That is a doubt and no proof, because a developer who works with the tools open must not be taken for a program. So *attached* tools are asked for twice the work, and *but for attached* means that all others are convicted.

The local edge has neither TLS nor HTTP/2, so what curl_cffi imitates of them is not seen here: what stops it is that it runs no script. Our native client solves with the product’s own crate. The honest one says what it is and reports no signals. The forging one replays, from another network, the headers and signals that a scripted person’s browser has just sent, and takes as long as they claim: word for word; with the bits of the checks made up for its own challenge, which takes reading one page of the documentation; or without them.

**What a forger still does.** A forger who makes up everything cannot be recognised by a single visit: everything that a browser reports can be forged. What remains is the price: each visit costs its work, the same interaction costs more when it is repeated, and so does software that comes from more networks than usual.

Questions that change with every challenge would not stop that. The edge can only check an answer that it can work out itself, without a browser, and how it does so is open to read. So the checks are made to find programs that forgot something, and the price is what stops those that did not.

**What was not tried.** An imitator of a browser's TLS that also solves puzzles is, at an edge without TLS, the row with the checks made up. So is an emulated document that runs our module: it has no layout, no workers and no graphics to ask, so its author makes up the bits as well. Firefox in disguise (Camoufox) is in no package registry, so no set-up could install it.

People are scripted: they type, point and tap through the browser’s own input events, each with other habits, driven by the bare debugging protocol with none of its domains switched on, in a browser that no tool has attached to in a way that pages can see. In Firefox, which says that it is driven once anything is attached, they use the mouse and the keyboard of the display. They show what must not be held against anyone.

## Run it again

\`\`\`sh
scripts/bench fleet                          # all of it
scripts/bench fleet people                   # one of tools, stealth, clients and people
scripts/bench fleet tools --only=selenium    # what has this in its name; leaves this page alone
scripts/bench fleet --quick                  # two visits of each; leaves this page alone
\`\`\`
`;
}
