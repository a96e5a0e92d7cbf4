// Where the tests of `deploy/` find its files and the programs that set-up unpacked.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BINARIES, ROOT } from '../support/stack.mjs';

/** The folder of the tested files. */
export const DEPLOY = join(ROOT, 'deploy');

/** The folders of programs: set-up unpacks Debian's packages below the last ones. */
const FOLDERS = [
  ...(process.env.PATH ?? '').split(':'),
  '/usr/sbin',
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

/**
 * Makes the origin's Debian package and unpacks it into a new folder, which goes away after the test.
 * @param {import('node:test').TestContext} t
 * @param {'--extract' | '--raw-extract'} how without or with what is for the installer alone
 */
export function unpacked(t, how) {
  const made = mkdtempSync(join(tmpdir(), 'munjigi-debian-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  const env = { ...process.env, MUNJIGI_PACKAGES: made };
  execFileSync(join(ROOT, 'scripts', 'debian'), [join(BINARIES, 'munjigi')], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [name = ''] = readdirSync(made);
  const root = join(made, 'unpacked');
  execFileSync('dpkg-deb', [how, join(made, name), root]);
  return { name, root };
}
