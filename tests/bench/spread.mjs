// Attacks that share something with people, over the wire: each for a minute on a site of its own
// that was made just before, beside four people a second, through several workers of a plain
// workerd. What is told is what both paid, as a multiple of the floor.
//
//   node tests/bench/spread.mjs [--json] [--seconds=60] [--isolates=4]

import { command, whole } from './command.mjs';
import { output } from '../support/processes.mjs';
import { testBinary } from '../support/stack.mjs';

/**
 * What is asked: of the attacker's median, at least; of people's 95th percentile, at most; and of
 * what the users of a browser are asked that three in a hundred use, at most.
 * @type {Record<string, [number | null, number, number]>}
 */
const ASKED = {
  'a price-out, unsolved': [null, 1, 1],
  'a price-out, solved': [null, 2, 4],
  'rare software': [4, 2, 1],
  'rare software beside decoys': [4, 2, 1],
  'random software': [3, 2, 1],
  'random software beside decoys': [3, 2, 1],
  'an IPv6 allocation': [null, 2, 1],
  'one network': [null, 2, 1],
};

/** @param {import('./command.mjs').Options} options @returns {Promise<import('./report.mjs').Result>} */
export async function measure(options) {
  const program = await testBinary('munjigi-spread');
  const words = [`--seconds=${whole(options, 'seconds', 60)}`, `--isolates=${whole(options, 'isolates', 4)}`];
  /** @type {{name: string, visits: number, refused: number, attacker: number[] | null, people: number, paid: number[], aimed_at: number}[]} */
  const found = JSON.parse(await output(program, words));
  const rows = found.map(({ name, visits, refused, attacker, people, paid, aimed_at: aimedAt }) => {
    const [least, p95, most] = ASKED[name];
    const met =
      (least === null || (attacker !== null && attacker[0] >= least * 10)) &&
      paid[1] <= p95 * 10 &&
      aimedAt <= most * 10;
    const asked = `${least === null ? '' : `≥ ${least}; `}≤ ${p95}; ≤ ${most}`;
    return [name, visits, refused, attacker ? attacker[0] / 10 : '–', people, paid[0] / 10, paid[1] / 10, aimedAt / 10, asked, met ? 'yes' : 'no'];
  });
  return {
    name: 'spread',
    tables: [
      {
        title: 'What attacks on a new site pay, and people beside them',
        columns: ['attack', 'attempts', 'refused', 'attacker, last quarter', 'people', 'median', 'p95', 'three in a hundred, at the end', 'asked', 'met'],
        rows,
        notes: ['multiples of the floor; the floor of these sites costs next to nothing, so that this machine can solve for both'],
      },
    ],
    data: { found },
  };
}

await command(import.meta.url, measure);
