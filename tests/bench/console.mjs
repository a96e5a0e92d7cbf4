// The console's queries over ten million events: the intake per second, how long the summing jobs
// take, and how long each query of the overview and the statistics takes. Fails if the 99th
// percentile of one is above 200 ms. origin/benches/dashboard.rs defines the measurements; the
// origin is built as developers build it, which affects the intake but not the queries.
//
//   node tests/bench/console.mjs [--json] [--events=10000000] [--runs=200]

import { command, say, whole } from './command.mjs';
import { output } from '../support/processes.mjs';
import { ROOT } from '../support/stack.mjs';

/** The most that the 99th percentile of a query may take, milliseconds. */
const MOST_MS = 200;

/**
 * @typedef {{name: string, p50: number, p99: number, worst: number, plan_ms: number, plan: string}} Query
 * @typedef {{loaded: Record<string, number>, intake_per_second: number, runs: number, queries: Query[]}} Found
 */

/** Runs the benchmark on a Postgres of its own. @param {string[]} words @returns {Promise<Found>} */
async function run(words) {
  const tools = process.env.MUNJIGI_TOOLS;
  const [program, before] = tools ? [tools, []] : ['cargo', ['run', '--quiet', '-p', 'munjigi-tools', '--']];
  const bench = ['cargo', 'bench', '--quiet', '--profile=dev', '-p', 'munjigi-origin', '--bench=dashboard', '--', ...words];
  const printed = await output(program, [...before, 'postgres', '--flush', '--', ...bench], { cwd: ROOT });
  return JSON.parse(printed.slice(printed.indexOf('{')));
}

/** @param {import('./command.mjs').Options} options @returns {Promise<import('./report.mjs').Result>} */
export async function measure(options) {
  const events = whole(options, 'events', 10_000_000);
  const runs = whole(options, 'runs', 200);
  say(`console: loading ${events.toLocaleString('en-US')} events`);
  const found = await run([String(events), String(runs)]);
  const { loaded, queries } = found;
  const slowest = queries.toSorted((a, b) => b.plan_ms - a.plan_ms)[0];
  say(`console: the slowest plan, ${slowest.name}\n${slowest.plan.replaceAll('\\n', '\n')}`);
  const tables = [
    {
      title: 'A month of the console, taken and summed up',
      columns: ['events', 'count rows', 'MB', 'bulk events/s', 'intake events/s', 'ms per hour summed up', 'hourly rows', 'daily rows'],
      rows: [[loaded.events, loaded.count_rows, loaded.megabytes, loaded.events_per_second, found.intake_per_second,
        loaded.ms_per_hour_rolled_up, loaded.hourly_rows, loaded.daily_rows]],
      notes: ['bulk: INSERT … SELECT by day; intake: signed batches of 500 over HTTP, counted once committed, after the load; writes are flushed'],
    },
    {
      title: 'Queries of the console',
      columns: ['query', 'p50 ms', 'p99 ms', 'worst ms', 'its plan ms', 'within 200 ms'],
      rows: queries.map(({ name, p50, p99, worst, plan_ms }) => [name, p50, p99, worst, plan_ms, p99 <= MOST_MS ? 'yes' : 'NO']),
      notes: [`${found.runs} runs each over organisations, sites and periods, one connection; "its plan": the worst one again, by auto_explain`],
    },
  ];
  const slow = queries.filter(({ p99 }) => !(p99 <= MOST_MS));
  if (slow.length) {
    process.exitCode = 1;
    say(`console: above ${MOST_MS} ms: ${slow.map(({ name }) => name).join(', ')}`);
  }
  return { name: 'console', tables, data: found };
}

await command(import.meta.url, measure);
