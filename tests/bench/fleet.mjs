// Which programs the edge recognises, and whom it takes for one by mistake: every automation tool of
// `tests/fleet/tools.mjs` in every way of starting it, clients without a browser, and every scripted
// person of `tests/fleet/people.mjs`, each visit from a network of its own. Writes `docs/bot-fleet.toml` and
// `docs/bot-fleet.md`, unless with `--quick`.
//
//   node tests/bench/fleet.mjs [tools] [clients] [people] [--json] [--visits=20] [--lanes=3]
//     [--only=TEXT] [--seed=1] [--quick]
//
// All of it reaches this machine's own loopback and nothing else.

import { command, say, whole } from './command.mjs';
import { display, Missing } from './browsers.mjs';
import { median, percentile } from './report.mjs';
import { openStack } from './stack.mjs';
import { pause } from '../fleet/launch.mjs';
import { attempt, OURS, recording } from '../fleet/native.mjs';
import { CONVICTED, record, tables } from '../fleet/page.mjs';
import { arrive, PEOPLE } from '../fleet/people.mjs';
import { imitate, pinned } from '../fleet/python.mjs';
import { randomOf } from '../fleet/random.mjs';
import { address, FLOOR, openSite } from '../fleet/site.mjs';
import { TOOLS } from '../fleet/tools.mjs';

/** How long a visit may take until it has passed: far longer than the most work takes. */
const PASS_MS = 120_000;

/**
 * @typedef {import('../fleet/site.mjs').Seen} Seen
 * @typedef {import('../fleet/site.mjs').Visit} Visit
 * @typedef {import('../fleet/page.mjs').Row} Row
 */

/** @param {Seen} seen */
const isConvicted = (seen) => seen.pictured || seen.refused !== null || seen.asked >= CONVICTED * FLOOR;

/** @param {Promise<void>} done @param {string} what */
async function within(done, what) {
  const late = Promise.withResolvers();
  const timer = setTimeout(() => late.reject(new Error(`${what}: not within ${PASS_MS / 1000} s`)), PASS_MS);
  await Promise.race([done, late.promise]).finally(() => clearTimeout(timer));
}

/** Sends the form once the visit has passed. @param {Visit} visit @param {() => Promise<unknown>} send */
async function finish(visit, send) {
  await within(visit.passed, 'the token');
  if (!visit.seen.passed) return;
  await pause(400);
  await send();
  await within(visit.sent, 'the form');
}

/**
 * Where a visit takes place.
 * @typedef {object} Scene
 * @property {import('../fleet/native.mjs').Site} site
 * @property {() => Visit} begin begins a visit from a network of its own
 * @property {string} screen the display's name
 * @property {() => number} random
 *
 * Visits of one kind: `once` makes one.
 * @typedef {object} Job
 * @property {Pick<Row, 'who' | 'how' | 'version' | 'kind'>} about
 * @property {(scene: Scene) => Promise<Seen>} once
 */

/** @returns {Job[]} */
const ofTools = () => TOOLS.flatMap((tool) => tool.ways.map((way) => ({
  about: { who: tool.name, how: way, version: tool.version, kind: tool.kind },
  once: async ({ site, begin, screen }) => {
    const driven = await tool.start(way, screen);
    try {
      const visit = begin();
      await driven.open(site.page);
      await driven.type('#name', 'Kim Minseo');
      await driven.type('#email', 'minseo@customer.example');
      await driven.type('#text', 'Do you deliver on Saturdays?');
      await finish(visit, () => driven.click('#send'));
      return visit.seen;
    } finally {
      await driven.close();
    }
  },
})));

/** @returns {Job[]} */
const ofClients = () => [
  {
    about: { who: 'curl_cffi', how: 'as Chromium', version: pinned('curl-cffi'), kind: 'client' },
    once: async ({ site, begin }) => {
      const visit = begin();
      await imitate(site.page);
      await within(visit.sent, 'the form');
      return visit.seen;
    },
  },
  {
    about: { who: 'our native client', how: 'honestly', version: OURS, kind: 'client' },
    once: async ({ site, begin }) => {
      const visit = begin();
      await attempt(site, visit);
      return visit.seen;
    },
  },
  {
    about: { who: 'our native client', how: 'as a person recorded just before', version: OURS, kind: 'client' },
    once: async ({ site, begin, screen, random }) => {
      const recorded = begin();
      const person = await arrive(PEOPLE[0], site.page, screen, random);
      try {
        await person.fill();
        await within(recorded.passed, 'the token to record');
      } finally {
        await person.close();
      }
      const visit = begin();
      await attempt(site, visit, recording(recorded));
      return visit.seen;
    },
  },
];

/** @returns {Job[]} */
const ofPeople = () => PEOPLE.map((persona) => ({
  about: { who: persona.name, how: '', version: '', kind: 'person' },
  once: async ({ site, begin, screen, random }) => {
    const visit = begin();
    const person = await arrive(persona, site.page, screen, random);
    try {
      await person.fill();
      await finish(visit, person.send);
      return visit.seen;
    } finally {
      await person.close();
    }
  },
}));

/**
 * @param {Job['about']} about
 * @param {Seen[]} seen
 * @param {number} failed
 * @param {string} [skipped] why there are none
 * @returns {Row}
 */
function row(about, seen, failed, skipped) {
  const floors = seen.map(({ asked }) => asked / FLOOR);
  const scores = seen.flatMap(({ score }) => (score === null ? [] : [score]));
  return {
    ...about,
    visits: seen.length,
    convicted: seen.filter(isConvicted).length,
    passed: scores.length,
    stopped: seen.filter((each) => !isConvicted(each) && !each.passed).length,
    failed,
    work: median(floors),
    work_p95: percentile(floors, 0.95),
    score: scores.length ? median(scores) : null,
    ...(skipped && { skipped }),
  };
}

/**
 * Makes all visits of a job, one after the other: a site tells them apart by the time.
 * @param {Job} job
 * @param {number} visits
 * @param {(job: Job, number: number) => Promise<Seen>} make
 */
async function repeat(job, visits, make) {
  const { about } = job;
  const name = [about.who, about.how].filter(Boolean).join(', ');
  /** @type {Seen[]} */
  const seen = [];
  /** @type {string[]} */
  const errors = [];
  while (seen.length + errors.length < visits) {
    try {
      seen.push(await make(job, seen.length + errors.length));
    } catch (error) {
      if (error instanceof Missing) return row(about, seen, errors.length, error.message);
      errors.push(error instanceof Error ? error.message : String(error));
    }
  }
  const found = row(about, seen, errors.length);
  const stopped = found.stopped ? `, ${found.stopped} without a token` : '';
  const failed = errors.length ? `; ${errors.length} failed: ${errors[0].split('\n')[0]}` : '';
  say(`fleet: ${name}: ${found.convicted} of ${found.visits} convicted${stopped}${failed}`);
  return found;
}

/** @param {import('./command.mjs').Options} options @param {string[]} names @returns {Promise<import('./report.mjs').Result>} */
export async function measure(options, names) {
  const visits = whole(options, 'visits', 20);
  const seed = whole(options, 'seed', 1);
  const { only = '' } = options;
  const parts = { tools: ofTools, clients: ofClients, people: ofPeople };
  const unknown = names.find((name) => !Object.hasOwn(parts, name));
  if (unknown) throw new Error(`no part ${unknown}; there are ${Object.keys(parts).join(', ')}`);
  const chosen = Object.entries(parts).filter(([name]) => !names.length || names.includes(name));
  const jobs = chosen.flatMap(([, of]) => of()).filter(({ about }) => about.who.includes(only));
  const { stack, stop } = await openStack();
  /** @type {Row[]} */
  const rows = [];
  const waiting = [...jobs.entries()];
  let number = 0;
  /** Each lane has a site and a display of its own. */
  const lane = async () => {
    const site = await openSite(stack);
    const screen = await display();
    try {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [at, job] = next;
        rows[at] = await repeat(job, visits, ({ about, once }, time) => once({
          site,
          begin: () => {
            number += 1;
            return site.begin(address(number));
          },
          screen: screen.name,
          random: randomOf([seed, about.who, about.how, time].join('/')),
        }));
      }
    } finally {
      screen.child.kill('SIGTERM');
      site.stop();
    }
  };
  try {
    await Promise.all(Array.from({ length: whole(options, 'lanes', 3) }, lane));
  } finally {
    await stop();
  }
  if (!names.length && !only && !options.quick) record(rows, visits);
  for (const { who, how, skipped } of rows) if (skipped) say(`fleet: skipped ${who} ${how}: ${skipped}`);
  return { name: 'fleet', tables: tables(rows), data: { visits, rows } };
}

await command(import.meta.url, measure);
