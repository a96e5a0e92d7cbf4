// The pages about installing: their blocks of code with the mark before each, and a machine of its own
// in which a block is run as it is printed.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../support/stack.mjs';
import { ENVIRONMENT, sandboxed } from './places.mjs';

/** @typedef {{line: number, runs: boolean, reason: string | undefined, text: string}} Block */

/** The pages, from the repository's root. */
export const PAGES = ['docs/install.md', ...readdirSync(join(ROOT, 'docs', 'deploy')).map((name) => `docs/deploy/${name}`)];
/** Which test runs every block of a page that is marked so. @type {Record<string, string>} */
export const RUNNERS = {
  'docs/install.md': 'tests/install/pages.test.mjs',
  'docs/deploy/debian.md': 'tests/deploy/pages.test.mjs',
};

export const read = (/** @type {string} */ page) => readFileSync(join(ROOT, page), 'utf8');

/** Every fenced block of a page; the line directly before its fence is its mark. */
export function blocks(/** @type {string} */ text) {
  const lines = text.split('\n');
  /** @type {Block[]} */
  const found = [];
  for (let at = 0; at < lines.length; at += 1) {
    const fence = /^\s*(`{3,}|~{3,})/.exec(lines[at] ?? '')?.[1];
    if (!fence) continue;
    const end = lines.findIndex((line, after) => after > at && line.trim().startsWith(fence));
    if (end < 0) throw new Error(`the block at line ${at + 1} has no end`);
    const [, run, reason] = /^\s*<!-- (?:(run)|not run: (\S.*)) -->$/.exec(lines[at - 1] ?? '') ?? [];
    found.push({ line: at + 1, runs: run !== undefined, reason, text: lines.slice(at + 1, end).join('\n') });
    at = end;
  }
  return found;
}

/** What is wrong with the marks of a page. */
export function faults(/** @type {string} */ page, text = read(page)) {
  return blocks(text).flatMap(({ line, runs, reason }) => {
    if (!runs && !reason) return [`${page}:${line} is marked neither as run nor as not run`];
    return runs && !RUNNERS[page] ? [`${page}:${line} is marked as run, and no test runs it`] : [];
  });
}

/** Where this machine's programs are in the other one. */
const PROGRAMS = '/machine/usr';
const SUDO = `#!/bin/sh
# There is no other user in a sandbox. Postgres's programs take the name from here.
if [ "$1" = -u ]; then export PGUSER="$2"; shift 2; fi
exec "$@"
`;

/** A machine with this one's programs and a file system of its own, of which only some folders can be written to. */
export class Machine {
  /**
   * @param {string} root its file system, in which a package may be unpacked already
   * @param {string[]} writable
   */
  constructor(root, writable) {
    this.root = root;
    this.writable = writable;
    for (const folder of ['/dev', '/proc', '/tmp', '/root', '/usr/local/bin', PROGRAMS, ...writable]) {
      mkdirSync(this.path(folder), { recursive: true });
    }
    this.write('/etc/passwd', 'root:x:0:0::/root:/bin/sh\npostgres:x:999:999::/:/bin/sh\n');
    this.write('/usr/bin/sudo', SUDO, 0o755);
    for (const folder of ['bin', 'sbin', 'lib', 'share']) this.#borrow(folder);
    for (const folder of ['bin', 'sbin', 'lib']) symlinkSync(`usr/${folder}`, this.path(`/${folder}`));
    symlinkSync(`${PROGRAMS}/lib64`, this.path('/lib64'));
    symlinkSync('../run', this.path('/var/run'));
  }

  /** Where a file of the machine's is on this one. */
  path(/** @type {string} */ inside) {
    return join(this.root, inside);
  }

  read(/** @type {string} */ inside) {
    return readFileSync(this.path(inside), 'utf8');
  }

  write(/** @type {string} */ inside, /** @type {string} */ text, mode = 0o644) {
    mkdirSync(dirname(this.path(inside)), { recursive: true });
    writeFileSync(this.path(inside), text, { mode });
  }

  /** Puts this machine's programs beside those that a package brought. */
  #borrow(/** @type {string} */ folder) {
    const place = this.path(`/usr/${folder}`);
    mkdirSync(place, { recursive: true });
    const own = new Set(readdirSync(place));
    for (const name of readdirSync(`/usr/${folder}`)) if (!own.has(name)) symlinkSync(`${PROGRAMS}/${folder}/${name}`, join(place, name));
  }

  /**
   * The words that run a command there, as its root.
   * @param {string[]} command
   * @param {Record<string, string>} [env]
   */
  words(command, env = {}) {
    const set = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', HOME: '/root', ...env };
    const options = [
      ...['--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp', '--ro-bind', '/usr', PROGRAMS, '--clearenv'],
      ...this.writable.flatMap((folder) => ['--bind', this.path(folder), folder]),
      ...Object.entries(set).flatMap(([name, value]) => ['--setenv', name, value]),
    ];
    return sandboxed(this.root, this.path('/root'), [...options, ...command], { user: 0, data: '/root' });
  }

  /**
   * Runs lines as a shell reads them, up to the first that fails; what they printed.
   * @param {string} lines
   * @param {Record<string, string>} [env]
   */
  run(lines, env) {
    const [program = '', ...words] = this.words(['sh', '-ec', lines], env);
    const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', env: ENVIRONMENT, timeout: 60_000 });
    if (status !== 0) throw new Error(`ended with ${status}:\n${lines}\n${stdout}${stderr}`);
    return stdout;
  }
}

/**
 * Runs every block of a page that is marked so, in its order.
 * @param {import('node:test').TestContext} t
 * @param {string} page
 * @param {Machine} machine
 * @param {(block: Block) => unknown} [before] what a block needs to find
 */
export async function runPage(t, page, machine, before = () => {}) {
  const run = blocks(read(page)).filter(({ runs }) => runs);
  if (run.length === 0) throw new Error(`no block of ${page} is marked as run`);
  for (const block of run) {
    await before(block);
    machine.run(block.text);
    t.diagnostic(`${page}:${block.line} was run`);
  }
}
