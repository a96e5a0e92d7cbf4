// What docs/privacy.md lists, and whether a request's fields are among it, within their ranges.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/stack.mjs';

const PAGE = readFileSync(join(ROOT, 'docs', 'privacy.md'), 'utf8');

/** First and second cells of the table under a heading, without quotes. @param {string} heading */
export function table(heading) {
  const [, section = ''] = PAGE.split(`\n## ${heading}\n`);
  const rows = section.split('\n## ')[0].split('\n').filter((line) => line.startsWith('| `'));
  assert.ok(rows.length, `no table under ${heading}`);
  return rows.map((row) => row.split('|').slice(1, 3).map((cell) => cell.replaceAll('`', '').trim()));
}

/** What a list may hold. @type {Record<string, (value: unknown) => boolean>} */
const EACH = {
  texts: (value) => typeof value === 'string',
  numbers: Number.isSafeInteger,
  'lists of numbers': (value) => Array.isArray(value) && value.every(Number.isSafeInteger),
};

/** Whether a value is what the page says of it. @param {unknown} value @param {string} range */
function fits(value, range) {
  if (range === 'text') return typeof value === 'string';
  if (range === 'yes or no') return typeof value === 'boolean';
  if (EACH[range]) return Array.isArray(value) && value.every(EACH[range]);
  const [least, most] = range.split('–').map((bound) => Number(bound.replaceAll(',', '')));
  assert.ok(most > least, `the range ${range}`);
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
}

/**
 * @param {Record<string, unknown>} fields
 * @param {string} heading
 */
function areListed(fields, heading) {
  const ranges = new Map(/** @type {[string, string][]} */ (table(heading)));
  for (const [name, value] of Object.entries(fields)) {
    const range = ranges.get(name);
    assert.ok(range, `${name} is not listed under ${heading}`);
    assert.ok(fits(value, range), `${name} is ${JSON.stringify(value)}, not ${range}`);
  }
}

/**
 * Fails where the body of a visitor's request holds what the page does not list.
 * @param {{path: string, sent: any}} request
 */
export function isListed({ path, sent: { signals, answer, ...sent } }) {
  areListed(sent, path === '/v1/challenges' ? 'With the request for a challenge' : 'With a solution');
  const { agreement, ...features } = signals ?? {};
  assert.ok(agreement === undefined || path === '/v1/solutions', `checks with ${path}`);
  areListed(features, 'Signals');
  if (answer === undefined) return;
  const { trace, ...given } = answer;
  areListed(given, 'With an answer to a picture');
  areListed(trace, 'How a picture was answered');
}

/**
 * The bodies that a page's widget sends from now on.
 * @param {import('playwright-core').Page} page
 */
export function bodiesOf(page) {
  /** @type {{path: string, sent: any}[]} */
  const bodies = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (request.method() === 'POST' && pathname.startsWith('/v1/')) bodies.push({ path: pathname, sent: request.postDataJSON() });
  });
  return bodies;
}
