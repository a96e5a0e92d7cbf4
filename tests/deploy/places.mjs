// Where the tests of `deploy/` find its files and the programs that set-up unpacked.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../bench/stack.mjs';

/** The folder of the tested files. */
export const DEPLOY = join(ROOT, 'deploy');

/** The folders of programs: set-up unpacks Debian's packages below the last ones. */
const FOLDERS = [
  ...(process.env.PATH ?? '').split(':'),
  ...['monitoring', 'install'].map((name) => join(ROOT, '.munjigi', name, 'usr', 'bin')),
];

/** The path of a program; undefined if there is none. */
export function find(/** @type {string} */ name) {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Why a test cannot run, or false. */
export function lacks(/** @type {string[]} */ ...programs) {
  const missing = programs.find((program) => !find(program));
  return missing ? `no ${missing}: install it` : false;
}
