// How each benchmark runs on its own: `node tests/bench/NAME.mjs [--json] [--OPTION=VALUE]`.

import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { render } from './report.mjs';

export { say } from '../support/processes.mjs';

/** @typedef {Record<string, string>} Options */

/**
 * Options of the form `--name=value` or `--name`; everything else is a name.
 * @param {string[]} words
 * @returns {{options: Options, names: string[]}}
 */
export function parse(words) {
  /** @type {Options} */
  const options = {};
  const names = [];
  for (const word of words) {
    const found = /^--([a-z-]+)(?:=(.*))?$/.exec(word);
    if (found) options[found[1]] = found[2] ?? 'yes';
    else names.push(word);
  }
  return { options, names };
}

/**
 * A whole number among the options, or its default.
 * @param {Options} options
 * @param {string} name
 * @param {number} otherwise
 */
export function whole(options, name, otherwise) {
  if (options[name] === undefined) return otherwise;
  const value = Number(options[name]);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} takes a whole number`);
  return value;
}

/**
 * Runs a benchmark when its file is the program.
 * @param {string} url `import.meta.url` of the file
 * @param {(options: Options, names: string[]) => Promise<import('./report.mjs').Result>} measure
 */
export async function command(url, measure) {
  if (!process.argv[1] || realpathSync(process.argv[1]) !== fileURLToPath(url)) return;
  const { options, names } = parse(process.argv.slice(2));
  const result = await measure(options, names);
  if (options.json) console.log(JSON.stringify(result));
  else for (const table of result.tables) console.log(render(table));
}
