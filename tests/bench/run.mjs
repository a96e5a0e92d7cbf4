// All benchmarks, or the named ones: prints their tables and one of ratios, and writes the
// measurements to `.munjigi/bench/<time>.json`.
//
//   node tests/bench/run.mjs [sizes] [solve] [edge] [gate] [soak] [worker] [meter] [spread] [intake] [attack] [pictures] [console] [clearance] [own-routes] [crawl] [fleet]
//     [PART...] [--quick] [--json]
//
// Names that are no benchmark's are parts of the one that is named: `fleet people`.
// `--quick` takes fewer samples: to check that everything runs, not to quote. Other options are
// passed to the benchmarks.

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parse, say } from './command.mjs';
import { render } from './report.mjs';
import { ROOT } from '../support/stack.mjs';

/** @typedef {import('./report.mjs').Result} Result */

// In this order: `worker` uses the CPU times that `edge` measured.
const NAMES = ['sizes', 'solve', 'edge', 'gate', 'soak', 'worker', 'meter', 'spread', 'intake', 'attack', 'pictures', 'console', 'clearance', 'own-routes', 'crawl', 'fleet'];
/** Those that run in parts. */
const PARTED = ['solve', 'fleet'];
const QUICK = {
  solves: '10',
  'other-solves': '3',
  budget: '30',
  seconds: '2',
  rounds: '1',
  tokens: '3000',
  'cap-solutions': '1000',
  starts: '3',
  minutes: '1',
  drawn: '4',
  'per-pack': '8',
  answers: '100',
  events: '300000',
  runs: '20',
  visits: '2',
  'crawl-requests': '2000',
  'without-engines': 'yes',
};

/** CPU milliseconds of our calls, if they were measured. @param {Result | undefined} edge */
function measuredCpu(edge) {
  const calls = /** @type {{calls?: {who: string, kind: string, cpu_ms: number}[]}} */ (edge?.data)?.calls ?? [];
  const own = calls.filter(({ who }) => who === 'munjigi');
  return own.length ? Object.fromEntries(own.map(({ kind, cpu_ms }) => [kind, cpu_ms])) : undefined;
}

/** Every row that has a ratio. @param {Result[]} results @returns {import('./report.mjs').Table} */
function ratios(results) {
  const rows = results.flatMap(({ tables }) =>
    tables.flatMap(({ title, columns, rows: cells }) => {
      const at = columns.indexOf('ours ÷ this');
      return at < 0
        ? []
        : cells.flatMap((row) =>
            typeof row[at] === 'number' ? [[title, row.slice(0, 2).filter((cell) => typeof cell === 'string').join(', '), row[at]]] : [],
          );
    }),
  );
  return { title: 'Ratios', columns: ['measure', 'beside', 'ours ÷ this'], rows };
}

async function main() {
  const { options, names } = parse(process.argv.slice(2));
  const parts = names.filter((name) => !NAMES.includes(name));
  const named = names.filter((name) => NAMES.includes(name));
  if (parts.length && (named.length !== 1 || !PARTED.includes(named[0]))) {
    throw new Error(`no benchmark ${parts[0]}; there are ${NAMES.join(', ')}`);
  }
  const wanted = named.length ? named : NAMES;
  const given = options.quick ? { ...QUICK, ...options } : options;
  /** @type {Record<string, Result>} */
  const results = {};
  /** @type {Record<string, string>} */
  const failed = {};
  for (const name of NAMES.filter((each) => wanted.includes(each))) {
    say(`== ${name}`);
    try {
      const { measure } = await import(`./${name}.mjs`);
      const result = await measure(given, parts, name === 'worker' ? measuredCpu(results.edge) : undefined);
      results[name] = result;
      if (!options.json) for (const table of result.tables) console.log(render(table));
    } catch (error) {
      failed[name] = error instanceof Error ? (error.stack ?? error.message) : String(error);
      say(`${name} failed: ${failed[name]}`);
    }
  }
  const done = Object.values(results);
  const when = new Date().toISOString();
  const record = {
    when,
    machine: `${cpus().length} × ${cpus()[0]?.model}`,
    node: process.version,
    quick: Boolean(options.quick),
    results: done,
    failed,
  };
  const folder = join(ROOT, '.munjigi', 'bench');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${when.replaceAll(':', '-')}.json`);
  writeFileSync(path, `${JSON.stringify(record, null, 2)}\n`);
  if (options.json) console.log(JSON.stringify(record));
  else console.log(render(ratios(done)));
  say(`${record.machine}; written to ${path}`);
  if (Object.keys(failed).length) process.exitCode = 1;
}

await main();
