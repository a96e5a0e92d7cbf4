import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { parse, stringify } from 'smol-toml';
import { ROOT } from '../support/stack.mjs';
import { page, tables, unmet } from './page.mjs';
import { randomOf } from './random.mjs';

/** @param {Partial<import('./page.mjs').Row>} row @returns {import('./page.mjs').Row} */
const row = (row) => ({
  who: 'tool',
  how: 'headless',
  version: '1.2.3',
  kind: 'default',
  visits: 20,
  convicted: 20,
  stopped: 0,
  passed: 20,
  failed: 0,
  work: Array(20).fill(8),
  score: 0.4,
  ...row,
});

/** @param {Partial<import('./page.mjs').Row>} [changed] */
const person = (changed) => row({ who: 'mouse', how: '', version: '', kind: 'person', convicted: 0, work: Array(20).fill(1), ...changed });

const habits = Array.from({ length: 18 }, (_, at) => person({ who: `habit ${at}` }));

/** Whether each figure is met, by its name. @param {import('./page.mjs').Row[]} rows */
const met = (rows) => {
  const asked = tables(rows).find(({ title }) => title === 'What is asked of these figures');
  return Object.fromEntries((asked?.rows ?? []).map((cells) => [cells[0], cells[3]]));
};

test('figures that reach what is asked are met', () => {
  assert.deepEqual(new Set(Object.values(met([row({}), row({ convicted: 19 }), ...habits]))), new Set(['yes']));
});

for (const [what, rows, figure] of /** @type {[string, import('./page.mjs').Row[], string][]} */ ([
  ['one row of tools below the share', [row({}), row({ convicted: 18 })], 'default configuration, convicted'],
  ['a row of tools with too few visits', [row({ visits: 19, convicted: 19 })], 'default configuration, visits'],
  ['a skipped row of attached tools', [row({}), row({ how: 'attached', visits: 0, convicted: 0, work: [], skipped: 'no driver' })], 'default configuration, convicted'],
  ['attached tools at the floor', [row({}), row({ how: 'attached', convicted: 0, work: Array(20).fill(1) })], 'default configuration, attached: median work'],
  ['one row below beside those that are attached', [row({ convicted: 18 }), row({ how: 'attached', convicted: 0, work: Array(20).fill(2) })], 'default configuration, convicted'],
  ['a skipped row of tools', [row({}), row({ visits: 0, convicted: 0, work: [], skipped: 'no driver' })], 'default configuration, convicted'],
  ['one convicted person', [...habits, person({ convicted: 1 })], 'scripted people, convicted'],
  ['seventeen habits', habits.slice(1), 'scripted people, visits'],
  ['a habit with too few visits', [...habits, person({ visits: 19 })], 'scripted people, visits'],
  ['people who mostly work more', [person({ work: [1, 2, 2] })], 'scripted people, median work'],
  ['people whose scores are apart', [...habits, person({ score: 0.34 })], 'scripted people, medians of their scores'],
  ['a client that leaves out what widgets send, at the floor', [row({ kind: 'omitting', work: [1, 1, 8] })], 'clients that leave something out, median work'],
  ['one person in ten who works much more', [person({ work: [...Array(18).fill(1), 4, 4] })], 'scripted people, p95 of work'],
])) {
  test(`${what}: not met`, () => {
    assert.equal(met(rows)[figure], 'no');
    assert.ok(unmet(rows).some((told) => told.startsWith(figure)), `${unmet(rows)}`);
  });
}

test('attached tools that are only doubted are named, and no failure', () => {
  const rows = [row({}), row({ how: 'attached', convicted: 0, work: Array(20).fill(2) }), ...habits];
  assert.equal(met(rows)['default configuration, convicted'], 'but for attached');
  assert.deepEqual(unmet(rows), []);
});

test('stealth tools and clients decide nothing about what is asked', () => {
  assert.deepEqual(met([row({ kind: 'stealth', convicted: 0 }), row({ kind: 'client', convicted: 0 })]), {});
});

test('the page is a function of what the record keeps', () => {
  const from = { date: '2026-11-23', commit: '0123456789ab', seed: 1, visits: 20, machine: '2 × Processor', programs: { Chromium: '148.0.1' } };
  const skipped = row({ how: 'attached', visits: 0, convicted: 0, work: [], skipped: 'no driver' });
  const record = {
    part: [
      { name: 'tools', ...from, lanes: 3, row: [row({ reasons: ['automation fleet', 'automation', ''] }), skipped] },
      { name: 'people', ...from, lanes: 6, row: [person({ score: undefined })] },
    ],
  };
  const written = page(/** @type {any} */ (parse(stringify(record))));
  assert.equal(written, page(record));
  for (const part of ['0123456789ab', 'Chromium 148.0.1', 'seed 1', '20 times, 3 at a time on 2 × Processor', '20 times, 6 at a time', '84 % to 100 %', '| automation |', 'tool, attached: skipped; no driver', 'prove no rate for people']) {
    assert.ok(written.includes(part), part);
  }
});

test('the published page is what its record says', () => {
  const [record, written] = ['bot-fleet.toml', 'bot-fleet.md'].map((name) => join(ROOT, 'docs', 'reports', name));
  assert.equal(existsSync(record), existsSync(written));
  if (!existsSync(record)) return;
  const kept = /** @type {any} */ (parse(readFileSync(record, 'utf8')));
  assert.equal(readFileSync(written, 'utf8'), page(kept));
});

test('numbers repeat with their seed and lie between 0 and 1', () => {
  const some = (/** @type {string} */ seed) => Array.from({ length: 1_000 }, randomOf(seed));
  assert.deepEqual(some('1/mouse'), some('1/mouse'));
  assert.notDeepEqual(some('1/mouse'), some('2/mouse'));
  assert.ok(some('1/mouse').every((number) => number >= 0 && number < 1));
  const mean = some('1/mouse').reduce((all, number) => all + number) / 1_000;
  assert.ok(mean > 0.45 && mean < 0.55);
});
