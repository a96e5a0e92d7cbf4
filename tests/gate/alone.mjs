// A gate of its own for a test: a new folder, `init`, `serve`, and nothing else on the machine.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { output } from '../bench/processes.mjs';
import { BINARIES } from '../bench/stack.mjs';
import { freePort, until } from '../journeys/stage.mjs';

const PROGRAM = join(BINARIES, 'munjigi-gate');

/** @typedef {Awaited<ReturnType<typeof openGate>>} Gate */

/**
 * Runs `init` in an empty folder and serves it on ports of its own until the test ends.
 * @param {{after: (close: () => unknown) => void}} t
 * @param {string[]} [init] further arguments of `init`
 * @param {Record<string, string>} [variables]
 * @param {(settings: string) => string} [edit] what an operator does to `gate.toml` before it is served
 */
export async function openGate(t, init = [], variables = {}, edit = (settings) => settings) {
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-gate-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [port, operators] = [await freePort(), await freePort()];
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('MUNJIGI_'));
  const env = {
    ...Object.fromEntries(inherited),
    MUNJIGI_GATE_LISTEN: `127.0.0.1:${port}`,
    MUNJIGI_GATE_OPERATOR_LISTEN: `127.0.0.1:${operators}`,
    ...variables,
  };
  /** Runs a subcommand in the folder, without a word of where it is. */
  const run = (/** @type {string[]} */ ...words) => output(PROGRAM, words, { cwd: folder, env });
  const started = (/** @type {string[]} */ ...words) => {
    const child = spawn(PROGRAM, words, { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
    return child;
  };
  const told = await run('init', ...init);
  const file = join(folder, 'gate.toml');
  writeFileSync(file, edit(readFileSync(file, 'utf8')));
  const gate = started('serve');
  gate.stdout.resume();
  await until('the gate', () => run('health').then(() => true, () => false));
  return {
    folder,
    told,
    run,
    port,
    url: `http://127.0.0.1:${port}`,
    operators: `http://127.0.0.1:${operators}`,
    isRunning: () => gate.exitCode === null && gate.signalCode === null,
    /** Its memory, in bytes. */
    memory: () => 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${gate.pid}/status`, 'utf8'))?.[1]),
    /** Starts `munjigi-gate try`; the address of its form. */
    form: async () => {
      const shown = started('try', '--listen', '127.0.0.1:0').stdout;
      let text = '';
      shown.on('data', (chunk) => (text += chunk));
      return until('the form', async () => /http:\S+(?=;)/.exec(text)?.[0]);
    },
  };
}
