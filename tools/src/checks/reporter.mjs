// Reports what the end of a log must be able to repeat to node:test's standard output: each failed
// test by the name under which it can be run again, with its reason, one line of JSON each.

import { inspect } from 'node:util';

/** Lines of a file's own output that are kept for a failed test. */
const LINES = 20;

/** @param {AsyncIterable<{type: string, data: any}>} events */
export default async function* report(events) {
  /** Failures in a test that has not ended. @type {{name: string, why: string}[]} */
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
      // The tests of a suite are independent: each counts as a failed one.
      if (data.details.type === 'suite') yield* within.map((test) => failed([test]));
      else yield failed(within);
    }
    within = [];
  }
}
