// One crawler as a process of its own, so that its processor time is its own. It takes a job as an
// argument and prints what it got.

import { isGot, open } from './client.mjs';
import { solver } from './solver.mjs';

/**
 * @typedef {'ignores' | 'follows' | 'waits' | 'solves'} Way what it does when it is refused
 * @typedef {object} Job
 * @property {import('./client.mjs').Proxy} proxy
 * @property {Way} way
 * @property {number} requests how many it makes
 * @property {number} connections
 * @property {string} [agent] what it calls itself; a Firefox, if absent
 * @property {number} [per] requests after which it takes another name and a clearance of its own
 * @property {boolean} [moves] whether it then also comes from another network
 * @property {{engine: string, sitekey: string}} [solver] the file of the engine, and whose challenges
 * @typedef {{asked: number, got: number}} Count
 * @typedef {object} Found
 * @property {number} requests
 * @property {Record<string, Count>} folders
 * @property {number} seconds
 * @property {number} cpu_ms
 * @property {number} solver_ms of that, the solver's
 * @property {number} hashes
 * @property {number} work hashes that were asked of it, on average
 * @property {number} clearances
 * @property {number} earning_seconds in which it waited for them, or solved
 * @property {string[]} refused why it got no clearance
 * @property {Record<string, number>} statuses what answered
 */

const WELL_KNOWN = '/.well-known/munjigi';
/** How long the page of clearance has browsers without a script wait, and a moment more. */
const WAIT_MS = 6_500;
/** Clearances in a row that it does not get before it gives up. */
const MOST_REFUSALS = 3;

/** A name of its own, which differs in a major version. @param {number} number */
const nameOf = (number) => `Mozilla/5.0 (X11; Linux x86_64; rv:${100 + number}.0) Gecko/20100101 Firefox/${100 + number}.0`;
/** An address of networks that are kept for measurements: 198.18.0.0/15. @param {number} number */
const addressOf = (number) => `198.18.${number % 256}.7`;

/** @param {Job} job @param {import('./client.mjs').Ask} ask */
function crawler(job, ask) {
  /** @type {Found} */
  const found = { requests: 0, folders: {}, seconds: 0, cpu_ms: 0, solver_ms: 0, hashes: 0, work: 0, clearances: 0, earning_seconds: 0, refused: [], statuses: {} };
  const seen = new Set(['/pages/1', '/wiki/1', '/archive/1']);
  const queue = [...seen];
  let [number, cookie, since, inRow] = [0, '', 0, 0];
  /** @returns {Record<string, string>} */
  const headers = () => ({
    'user-agent': job.agent ?? nameOf(number),
    accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
    'accept-language': 'en-US,en;q=0.5',
    'sec-fetch-mode': 'navigate',
    'x-forwarded-for': addressOf(job.moves ? number : 0),
    ...(cookie ? { cookie } : {}),
  });
  /** @type {import('./client.mjs').Ask} */
  const counted = async (path, asked = {}) => {
    found.requests += 1;
    const answer = await ask(path, { ...asked, headers: { ...headers(), ...asked.headers } });
    found.statuses[answer.status] = (found.statuses[answer.status] ?? 0) + 1;
    return answer;
  };
  const cookieOf = (/** @type {import('./client.mjs').Answer} */ answer, /** @type {string} */ name) =>
    (answer.headers['set-cookie'] ?? []).map((text) => text.split(';')[0]).find((pair) => pair?.startsWith(`${name}=`));

  /** A token, from this crawler's address and under its name: it says what a widget says whose checks found nothing. */
  const solve = async () => {
    const post = async (/** @type {string} */ path, /** @type {object} */ body) => {
      const sent = { accept: '*/*', 'sec-fetch-mode': 'cors', 'content-type': 'application/json' };
      const { status, text } = await counted(`${WELL_KNOWN}/v1/${path}`, { method: 'POST', headers: sent, body: JSON.stringify(body) });
      if (status !== 200) throw new Error(`${path}: ${status} ${text.slice(0, 200)}`);
      return JSON.parse(text);
    };
    const { sitekey, engine } = /** @type {NonNullable<Job['solver']>} */ (job.solver);
    const wish = { sitekey, hostname: job.proxy.host, action: 'load', cdata: '', locale: 'en', widget: 'bench', algorithms: ['hashwx'], signals: {} };
    let reply = await post('challenges', wish);
    while (reply.status !== 'passed') {
      const { challenge, step } = reply;
      if (step.kind !== 'puzzle') throw new Error(`asked for a ${step.kind}`);
      const [began, before] = [performance.now(), process.cpuUsage()];
      const { nonces, hashes } = solver(engine).solve(step);
      const { user, system } = process.cpuUsage(before);
      found.solver_ms += (user + system) / 1000;
      found.hashes += hashes;
      found.work += step.count * step.work;
      const agreement = (0x7ff ^ Buffer.from(step.id, 'base64url').readUInt32LE(0)) >>> 0;
      const signals = { webdriver: false, solve_ms: Math.round(performance.now() - began), agreement };
      reply = await post('solutions', { challenge, nonces, signals });
    }
    return String(reply.token);
  };

  /** The cookie for waiting or for work, by the page that a refused request is led to. */
  const earn = async () => {
    const began = performance.now();
    cookie = '';
    const refused = await counted(job.way === 'waits' ? '/wiki/1' : '/archive/1');
    const to = String(refused.headers.location ?? '').split('to=')[1] ?? '';
    const page = await counted(`${WELL_KNOWN}/clearance?to=${to}`);
    cookie = cookieOf(page, '__Host-munjigi-rounds') ?? '';
    try {
      let given;
      if (job.way === 'waits') {
        await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
        given = await counted(`${WELL_KNOWN}/clearance?waited=1&to=${to}`);
      } else {
        const body = JSON.stringify({ to, token: await solve() });
        given = await counted(`${WELL_KNOWN}/clearance`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
      }
      const got = cookieOf(given, '__Host-munjigi-clearance');
      if (!got) throw new Error(`${given.status} ${given.text.slice(0, 200)}`);
      cookie = got;
      found.clearances += 1;
      inRow = 0;
    } catch (error) {
      found.refused.push(error instanceof Error ? error.message : String(error));
      inRow += 1;
    }
    found.earning_seconds += (performance.now() - began) / 1000;
  };

  const visit = async (/** @type {string} */ path) => {
    const count = (found.folders[String(path.split('/')[1])] ??= { asked: 0, got: 0 });
    count.asked += 1;
    let answer = await counted(path);
    if (answer.status === 303 && job.way === 'follows') answer = await counted(String(answer.headers.location));
    if (!isGot(answer, path)) return;
    count.got += 1;
    for (const [, link = ''] of answer.text.matchAll(/<a href="([^"]+)"/g)) {
      if (seen.has(link)) continue;
      seen.add(link);
      queue.push(link);
    }
  };

  const run = async () => {
    const [began, before] = [performance.now(), process.cpuUsage()];
    const earns = job.way === 'waits' || job.way === 'solves';
    if (earns) await earn();
    while (found.requests < job.requests && inRow < MOST_REFUSALS && queue.length) {
      since = found.requests;
      const last = Math.min(job.requests, since + (job.per ?? job.requests));
      const lane = async () => {
        while (queue.length && found.requests < last) await visit(String(queue.shift()));
      };
      // A lane that finds nothing in the queue ends, so the first pages are fetched alone.
      while (queue.length && found.requests < last && queue.length < job.connections) await visit(String(queue.shift()));
      await Promise.all(Array.from({ length: job.connections }, lane));
      if (!job.per || found.requests >= job.requests) continue;
      number += 1;
      await earn();
    }
    found.seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(before);
    found.cpu_ms = (user + system) / 1000;
    return found;
  };
  return run();
}

/** @type {Job} */
const job = JSON.parse(String(process.argv[2]));
const { ask, close } = open(job.proxy, job.connections);
console.log(JSON.stringify(await crawler(job, ask)));
close();
