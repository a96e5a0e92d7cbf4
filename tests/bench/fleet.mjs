// Which programs the edge recognises, and whom it takes for one by mistake: every automation tool of
// `tests/fleet/tools.mjs` in every way of starting it, clients without a browser, and every scripted
// person of `tests/fleet/people.mjs`, each visit from a network of its own, each row on a site of its
// own: many at once with one new program would pay for being a crowd. Writes each of the four
// parts into `docs/reports/bot-fleet.toml` and `docs/reports/bot-fleet.md` as it ends, unless with `--quick` or `--only`.
//
//   node tests/bench/fleet.mjs [tools] [stealth] [clients] [people] [--json] [--visits=20] [--lanes=N]
//     [--only=TEXT] [--seed=1] [--quick]
//
// All of it reaches this machine's own loopback and nothing else.

import { command, say, whole } from './command.mjs';
import { display, Missing } from '../support/browsers.mjs';
import { median } from './report.mjs';
import { createSite, openStack } from '../support/stack.mjs';
import { pause } from '../fleet/launch.mjs';
import { attempt, OURS, recording } from '../fleet/native.mjs';
import { CONVICTED, tables, unmet } from '../fleet/page.mjs';
import { arrive, PEOPLE } from '../fleet/people.mjs';
import { provenance, write } from '../fleet/provenance.mjs';
import { imitate, pinned } from '../fleet/python.mjs';
import { randomOf } from '../fleet/random.mjs';
import { address, FLOOR, openSite } from '../fleet/site.mjs';
import { TOOLS } from '../fleet/tools.mjs';

/** How long a visit may take until it has passed: far longer than the most work takes. */
const PASS_MS = 120_000;

/** After so many visits that a tool broke off itself, there will be no better ones. */
const MOST_FAILED = 5;

/**
 * @typedef {import('../fleet/site.mjs').Seen} Seen
 * @typedef {import('../fleet/site.mjs').Visit} Visit
 * @typedef {import('../fleet/page.mjs').Row} Row
 * @typedef {Awaited<ReturnType<typeof openSite>>} Form
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

/** @param {'default' | 'stealth'} kind @returns {Job[]} */
const ofTools = (kind) => TOOLS.filter((tool) => tool.kind === kind).flatMap((tool) => tool.ways.map((way) => ({
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
  forging('as a person recorded just before', 'repeat'),
  forging('the same with checks made up', 'recompute'),
  forging('the same without checks', 'omit'),
];

/** A forger, which uses what a scripted person's browser sent. @param {string} how @param {'repeat' | 'recompute' | 'omit'} way @returns {Job} */
const forging = (how, way) => ({
  about: { who: 'our native client', how, version: OURS, kind: way === 'omit' ? 'omitting' : 'client' },
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
    await attempt(site, visit, { way, recorded: recording(recorded) });
    return visit.seen;
  },
});

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
 * What is tried, in this order, and how many visits at a time on two cores. Programs solve as soon
 * as they can, and where a busy machine slows them they look less like programs; people mostly wait.
 * @type {{[name: string]: {jobs: () => Job[], lanes: number}}}
 */
const PARTS = {
  tools: { jobs: () => ofTools('default'), lanes: 3 },
  stealth: { jobs: () => ofTools('stealth'), lanes: 3 },
  clients: { jobs: ofClients, lanes: 3 },
  people: { jobs: ofPeople, lanes: 6 },
};

/**
 * A job and what became of its visits so far.
 * @typedef {object} Task
 * @property {Job} job
 * @property {Promise<import('../fleet/site.mjs').Keys>} [keys] of its site, once it has one
 * @property {number} begun visits, of which `running` have not ended
 * @property {number} running
 * @property {Seen[]} seen
 * @property {string[]} errors
 * @property {string} [skipped] why there are no visits
 */

/** @param {Task} task @returns {Row} */
function row({ job, seen, errors, skipped }) {
  const scores = seen.flatMap(({ score }) => (score === null ? [] : [score]));
  return {
    ...job.about,
    visits: seen.length,
    convicted: seen.filter(isConvicted).length,
    passed: scores.length,
    stopped: seen.filter((each) => !isConvicted(each) && !each.passed).length,
    failed: errors.length,
    work: seen.map(({ asked }) => asked / FLOOR),
    reasons: seen.map(({ reasons }) => reasons.join(' ')),
    ...(scores.length && { score: median(scores) }),
    ...(skipped && { skipped }),
  };
}

/** Whether a task needs another visit. @param {Task} task @param {number} visits */
const isOpen = ({ seen, running, errors, skipped }, visits) =>
  !skipped && errors.length < MOST_FAILED && seen.length + running < visits;

/**
 * Makes the next visit of a task.
 * @param {Task} task
 * @param {(job: Job, time: number) => Promise<Seen>} make makes its visit of a number
 */
async function visitOnce(task, make) {
  const time = task.begun;
  task.begun += 1;
  task.running += 1;
  try {
    task.seen.push(await make(task.job, time));
  } catch (error) {
    if (error instanceof Missing) task.skipped = error.message;
    else task.errors.push(error instanceof Error ? error.message : String(error));
  } finally {
    task.running -= 1;
  }
}

/** Prints what became of a task. @param {Task} task */
function tell(task) {
  const { who, how, visits, convicted, stopped, failed, skipped } = row(task);
  const name = [who, how].filter(Boolean).join(', ');
  if (skipped) return say(`fleet: ${name}: skipped: ${skipped}`);
  const without = stopped ? `, ${stopped} without a token` : '';
  const broken = failed ? `; ${failed} failed: ${task.errors[0].split('\n')[0]}` : '';
  return say(`fleet: ${name}: ${convicted} of ${visits} convicted${without}${broken}`);
}

/**
 * Makes the visits of all tasks, as many at a time as there are lanes. Each lane has a form, which
 * tells visits apart by the time, and a display; each task has a site.
 * @param {import('../support/stack.mjs').Stack} stack
 * @param {Task[]} tasks
 * @param {number} visits
 * @param {number} lanes
 * @param {(job: Job, time: number, lane: {form: Form, keys: import('../fleet/site.mjs').Keys, screen: string}) => Promise<Seen>} make
 */
async function inLanes(stack, tasks, visits, lanes, make) {
  const next = () => tasks.find((task) => isOpen(task, visits));
  const lane = async () => {
    const form = await openSite(stack);
    const screen = await display();
    try {
      for (let task = next(); task; task = next()) {
        const { who, how } = task.job.about;
        task.keys ??= createSite(stack, [['Fleet', who, how].join(' ')]);
        const keys = task.keys;
        await visitOnce(task, async (job, time) => make(job, time, { form, keys: await keys, screen: screen.name }));
        if (!isOpen(task, visits) && !task.running) tell(task);
      }
    } finally {
      screen.child.kill('SIGTERM');
      form.stop();
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** @param {import('./command.mjs').Options} options @param {string[]} names @returns {Promise<import('./report.mjs').Result>} */
export async function measure(options, names) {
  const visits = whole(options, 'visits', 20);
  const seed = whole(options, 'seed', 1);
  const { only = '' } = options;
  const unknown = names.find((name) => !Object.hasOwn(PARTS, name));
  if (unknown) throw new Error(`no part ${unknown}; there are ${Object.keys(PARTS).join(', ')}`);
  const parts = Object.entries(PARTS).filter(([name]) => !names.length || names.includes(name));
  const lanes = Object.fromEntries(parts.map(([name, { lanes }]) => [name, whole(options, 'lanes', lanes)]));
  const { stack, stop } = await openStack();
  /** @type {import('../fleet/page.mjs').Part[]} */
  const measured = [];
  let number = 0;
  try {
    for (const [name, { jobs }] of parts) {
      const part = jobs()
        .filter(({ about }) => about.who.includes(only))
        .map(/** @returns {Task} */ (job) => ({ job, begun: 0, running: 0, seen: [], errors: [] }));
      await inLanes(stack, part, visits, lanes[name], (job, time, { form, keys, screen }) => job.once({
        site: { page: form.page, front: form.front, sitekey: keys.sitekey },
        screen,
        begin: () => {
          number += 1;
          return form.begin(keys, address(number));
        },
        random: randomOf([seed, job.about.who, job.about.how, time].join('/')),
      }));
      measured.push({ name, ...provenance({ seed, visits, lanes: lanes[name] }), row: part.map(row) });
      if (!only && !options.quick) write(measured);
      for (const task of part) if (task.skipped) tell(task);
    }
  } finally {
    await stop();
  }
  const rows = measured.flatMap(({ row }) => row);
  // A figure that is not what is asked for is a failure, unless only a part was wanted.
  const missed = only || options.quick ? [] : unmet(rows);
  for (const figure of missed) say(`fleet: not met: ${figure}`);
  if (missed.length) process.exitCode = 1;
  return { name: 'fleet', tables: tables(rows), data: measured };
}

await command(import.meta.url, measure);
