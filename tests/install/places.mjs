// Where an installed gate runs in tests: as it is, as a user who may write to one folder, or emulated.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { output } from '../support/processes.mjs';
import { ROOT } from '../support/stack.mjs';
import { freePort, until } from '../support/stage.mjs';

/** @typedef {{after: (close: () => unknown) => void}} Context */

/** Debian's bubblewrap. */
export const SANDBOX = 'bwrap';
/** Debian's qemu-user. */
export const EMULATOR = 'qemu-aarch64';

/** Where set-up unpacks Debian's packages. */
const UNPACKED = join(ROOT, '.munjigi', 'install', 'usr');
const LIBRARIES = ['lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu/systemd'].map((folder) => join(UNPACKED, folder));
/** With the libraries of unpacked packages, and without settings of a gate's. */
export const ENVIRONMENT = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MUNJIGI_'))),
  LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, ...LIBRARIES].filter(Boolean).join(':'),
};

/** A program on PATH or of an unpacked package; undefined if there is none. */
export function find(/** @type {string} */ name) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', join(UNPACKED, 'bin')];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/**
 * A command in a read-only root of its own, without any privilege.
 * @param {string} root
 * @param {string | null} volume the only folder that can be written to, if any
 * @param {string[]} command
 * @param {{user?: number, data?: string}} [options] `data` is where the command has the volume
 */
export function sandboxed(root, volume, command, { user = 65_532, data = '/data' } = {}) {
  const id = String(user);
  const may = ['--unshare-all', '--share-net', '--die-with-parent', '--cap-drop', 'ALL', '--uid', id, '--gid', id];
  const sees = ['--ro-bind', root, '/', ...(volume ? ['--bind', volume, data] : []), '--chdir', data];
  return [find(SANDBOX) ?? SANDBOX, ...may, ...sees, ...command];
}

/**
 * Makes a gate and serves it on ports of its own until the test ends.
 * @param {Context} t
 * @param {string[]} command what runs the program
 * @param {string} [cwd]
 */
export async function served(t, command, cwd) {
  const [port, operators] = [await freePort(), await freePort()];
  const [program = '', ...before] = command;
  const env = {
    // An emulator may have libraries of its own.
    LD_LIBRARY_PATH: ENVIRONMENT.LD_LIBRARY_PATH,
    MUNJIGI_GATE_LISTEN: `127.0.0.1:${port}`,
    MUNJIGI_GATE_OPERATOR_LISTEN: `127.0.0.1:${operators}`,
  };
  const run = (/** @type {string[]} */ ...words) => output(program, [...before, ...words], { cwd, env });
  const started = (/** @type {string[]} */ ...words) => {
    const child = spawn(program, [...before, ...words], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
    return child;
  };
  await run('init', '--host', 'shop.example');
  const gate = started('serve');
  gate.stdout.resume();
  const url = `http://127.0.0.1:${port}`;
  const answers = () => fetch(`${url}/health`).then((answer) => answer.ok, () => false);
  await until('the gate', () => answers(), 60_000);
  return {
    url,
    run,
    /** Starts the form; its address. */
    form: async () => {
      const shown = started('try', '--listen', '127.0.0.1:0').stdout;
      let text = '';
      shown.on('data', (chunk) => (text += chunk));
      return until('the form', async () => /http:\S+(?=;)/.exec(text)?.[0]);
    },
  };
}
