// Reports to node:test's standard output what a run's end must be able to repeat: each failed test
// by the name under which it can be run again, with why it failed, a line of JSON each.

import { inspect } from 'node:util';

/** Lines of a file's own output that are kept for a test that fails. */
const LINES = 20;

/** @param {AsyncIterable<{type: string, data: any}>} events */
export default async function* report(events) {
  /** What failed in a test that has not ended. @type {{name: string, why: string}[]} */
  let within = [];
  /** @type {Map<string, string[]>} */
  const said = new Map();
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr') {
      const lines = said.get(data.file) ?? [];
      lines.push(...data.message.trimEnd().split('\n'));
      said.set(data.file, lines.slice(-LINES));
    }
    if (type !== 'test:fail' && type !== 'test:pass') continue;
    if (type === 'test:fail' && data.details.error.failureType !== 'subtestsFailed') {
      const error = data.details.error.cause ?? data.details.error;
      within.push({ name: data.name, why: typeof error === 'string' ? error : inspect(error) });
    }
    if (data.nesting > 0) continue;
    if (type === 'test:fail') {
      const [, lines = []] = [...said].find(([file]) => data.file?.endsWith(file)) ?? [];
      const failed = (/** @type {typeof within} */ tests) => {
        const whys = tests.map(({ name, why }) => (name === data.name ? why : `${name}:\n${why}`));
        const output = [...lines, ...whys.join('\n').split('\n')];
        return `${JSON.stringify({ file: data.file ?? '', name: data.name, output })}\n`;
      };
      // The tests of a suite have nothing to do with each other: each is one that failed.
      if (data.details.type === 'suite') yield* within.map((test) => failed([test]));
      else yield failed(within);
    }
    within = [];
  }
}
