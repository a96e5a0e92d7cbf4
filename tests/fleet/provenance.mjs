// Where a record comes from: when, of which commit, with which programs.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'smol-toml';
import { CHROMIUM, FIREFOX } from '../support/browsers.mjs';
import { ROOT } from '../support/stack.mjs';
import { page, PARTS } from './page.mjs';

/** What a program prints, or `undefined` if it is not there. @param {string} program @param {string[]} words */
function said(program, ...words) {
  try {
    return execFileSync(program, words, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

/** The first number with dots in what a program says of its version. @param {string | undefined} program */
const version = (program) => program && /\d+(?:\.\d+)+\w*/.exec(said(program, '--version') ?? '')?.[0];

function programs() {
  const found = {
    Chromium: version(CHROMIUM),
    Firefox: version(FIREFOX),
    chromedriver: version(process.env.MUNJIGI_CHROMEDRIVER),
    geckodriver: version(process.env.MUNJIGI_GECKODRIVER),
    Python: version(process.env.MUNJIGI_FLEET_PYTHON),
    Node: process.versions.node,
  };
  return /** @type {Record<string, string>} */ (Object.fromEntries(Object.entries(found).filter(([, each]) => each)));
}

/**
 * Where figures come from that are measured now.
 * @param {{seed: number, visits: number, lanes: number}} run
 */
export function provenance({ seed, visits, lanes }) {
  const commit = said('git', 'rev-parse', '--short=12', 'HEAD') ?? 'unknown';
  const changed = said('git', 'status', '--porcelain', '--untracked-files=no');
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: changed ? `${commit} with changes` : commit,
    seed,
    visits,
    machine: `${cpus().length} × ${cpus()[0]?.model}`,
    lanes,
    programs: programs(),
  };
}

/**
 * Writes parts into `docs/reports/bot-fleet.toml` and `docs/reports/bot-fleet.md`. Others stay as they were measured.
 * @param {import('./page.mjs').Part[]} parts
 */
export function write(parts) {
  const path = join(ROOT, 'docs', 'reports', 'bot-fleet.toml');
  const before = existsSync(path) ? /** @type {import('./page.mjs').Record} */ (/** @type {unknown} */ (parse(readFileSync(path, 'utf8')))) : { part: [] };
  const all = [...parts, ...before.part];
  const record = { part: PARTS.flatMap((name) => all.find((part) => part.name === name) ?? []) };
  const head = '# Written by `scripts/bench fleet`: whom the edge took for a program.\n# `bot-fleet.md` explains the figures.\n';
  writeFileSync(path, `${head}${stringify(record)}\n`);
  writeFileSync(join(ROOT, 'docs', 'reports', 'bot-fleet.md'), page(record));
}
