// Challenges of a counted site, each for an address of its own, without a meter, and while its
// objects work, end every call with an exception, never answer, or answer garbage: a plain workerd
// each, rounds in turn, medians.
//
//   node tests/bench/meter.mjs [--json] [--seconds=5] [--rounds=9] [--connections=4]

import { command, say, whole } from './command.mjs';
import { median } from './report.mjs';
import { load, openStack } from '../support/stack.mjs';

const FAULTS = ['absent', 'none', 'killed', 'hangs', 'garbage'];

/** What a table calls those that are no faults. @type {Record<string, string>} */
const NAMES = { absent: 'there is none', none: 'it works' };

/** Reports go out every two seconds: some of them before anything is measured. */
const WARM_SECONDS = 5;

/** @param {import('./command.mjs').Options} options @returns {Promise<import('./report.mjs').Result>} */
export async function measure(options) {
  const seconds = whole(options, 'seconds', 5);
  const connections = whole(options, 'connections', 4);
  /** @type {{fault: string, running: Awaited<ReturnType<typeof openStack>>, rounds: import('../support/stack.mjs').Load[]}[]} */
  const all = [];
  try {
    for (const fault of FAULTS) {
      all.push({ fault, running: await openStack(['--meter-fault', fault]), rounds: [] });
    }
    const challenges = async (/** @type {typeof all[number]} */ { running: { stack } }, /** @type {number} */ length) => {
      // The other site is exempt: no one counts there.
      const { sitekey, hostname } = stack.site;
      const call = ['visits', `--sitekey=${sitekey}`, `--hostname=${hostname}`];
      const found = await load(stack.edge_direct, call, { connections, seconds: length, calls: 1_000_000 });
      if (found.failures) throw new Error(`${found.failures} challenges failed: ${found.first_failure}`);
      return found;
    };
    for (const one of all) await challenges(one, WARM_SECONDS);
    for (let number = 0; number < whole(options, 'rounds', 9); number += 1) {
      for (const one of all) {
        say(`meter: round ${number + 1}, ${one.fault}`);
        one.rounds.push(await challenges(one, seconds));
      }
    }
  } finally {
    for (const { running } of all) await running.stop();
  }
  const found = all.map(({ fault, rounds }) => ({
    fault,
    per_second: median(rounds.map(({ per_second }) => per_second)),
    p50_ms: median(rounds.map(({ p50_ms }) => p50_ms)),
    p99_ms: median(rounds.map(({ p99_ms }) => p99_ms)),
    more_ms: median(rounds.map(({ p99_ms }, number) => p99_ms - all[0].rounds[number].p99_ms)),
  }));
  return {
    name: 'meter',
    tables: [
      {
        title: `Challenges at ${connections} connections by what the meter does`,
        columns: ['meter', 'per second', 'p50 ms', 'p99 ms', 'p99, more than without one, ms'],
        rows: found.map(({ fault, per_second, p50_ms, p99_ms, more_ms }) =>
          [NAMES[fault] ?? fault, Math.round(per_second), p50_ms, p99_ms, more_ms]),
        notes: ['load generator on the same cores; the last column is the median of the rounds’ differences; no challenge failed'],
      },
    ],
    data: { found },
  };
}

await command(import.meta.url, measure);
