// Runs test files like `node --test`, which sorts its files by name: here they begin in the order
// in which they are given. `run-tests.mjs AT_ONCE REPORT PATTERN FILE…`: how many run at a time, where
// the failed ones are written (`reporter.mjs`), and a pattern of test names, or nothing for all.

import { createWriteStream } from 'node:fs';
import { relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import report from './reporter.mjs';

const [atOnce, failed, pattern, ...files] = process.argv.slice(2);
const events = run({ files, concurrency: Number(atOnce), ...(pattern && { testNamePatterns: [pattern] }) });
/** @type {[number, string][]} */
const took = [];
events.on('test:fail', () => { process.exitCode = 1; });
events.on('test:summary', ({ file, duration_ms: duration }) => {
  if (file) took.push([duration / 1_000, relative(process.cwd(), file)]);
});
events.compose(report).pipe(createWriteStream(failed));
events.compose(new spec()).pipe(process.stdout);
process.on('exit', () => {
  for (const [seconds, file] of took.sort(([one], [other]) => other - one)) {
    process.stdout.write(`   ${seconds.toFixed(0).padStart(4)} s  ${file}\n`);
  }
});
