import assert from 'node:assert/strict';
import test from 'node:test';
import { median, percentile, render, wilson } from './report.mjs';

test('a percentile is the value of the nearest rank', () => {
  const values = Array.from({ length: 20 }, (_, at) => 20 - at);
  assert.equal(percentile(values, 0.95), 19);
  assert.equal(percentile(values, 0), 1);
  assert.equal(percentile(values, 1), 20);
  assert.equal(median([3, 1, 2]), 2);
  assert.ok(Number.isNaN(median([])));
});

test('intervals of shares are Wilson’s', () => {
  // Agresti and Coull, 1998: z² ÷ (n + z²) is the upper end where nothing was hit.
  const [low, high] = wilson(0, 20);
  assert.equal(low, 0);
  assert.ok(Math.abs(high - 3.841459 / 23.841459) < 1e-6);
  const half = wilson(10, 20);
  assert.ok(Math.abs(half[0] - 0.299298) < 1e-5 && Math.abs(half[1] - 0.700702) < 1e-5);
  assert.deepEqual(wilson(0, 0), [0, 1]);
  const [nearly, all] = wilson(280, 280);
  assert.ok(nearly > 0.98 && all <= 1);
});

test('a table aligns its columns and shows what is missing as a dash', () => {
  const table = { title: 'T', columns: ['name', 'number'], rows: [['a', 1000], ['b', null]], notes: ['why'] };
  assert.equal(render(table), '## T\n\n| name | number |\n| ---- | -----: |\n| a    |  1,000 |\n| b    |      – |\n\n- why\n');
});
