// A gate of its own for a test: a new folder, `init`, `serve`, and nothing else on the machine.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { output } from '../support/processes.mjs';
import { BINARIES, ROOT } from '../support/stack.mjs';
import { freePort, openEngine, openPage, until } from '../support/stage.mjs';

const PROGRAM = join(BINARIES, 'munjigi-gate');

/** The subcommands with which a README starts a gate, and the one that shows a form. */
export function commandsOf(/** @type {string} */ readme) {
  const text = readFileSync(join(ROOT, readme), 'utf8');
  const [, make, serve] = /^\S*munjigi-gate (\w+) && \S*munjigi-gate (\w+)$/m.exec(text) ?? [];
  const [, form] = /`\S*munjigi-gate (\w+)`/.exec(text) ?? [];
  return { make, serve, form };
}

const COMMANDS = commandsOf('README.md');

/** @typedef {Awaited<ReturnType<typeof openGate>>} Gate */

/**
 * Makes a gate in an empty folder, by the README's commands, and serves it on ports of its own until
 * the test ends.
 * @param {{after: (close: () => unknown) => void, passed?: boolean}} t what it logs is shown if it fails
 * @param {string[]} [init] further arguments of the command that makes it
 * @param {Record<string, string>} [variables]
 * @param {(settings: string) => string} [edit] what an operator does to `gate.toml` before it is served
 * @param {(folder: string) => Promise<void>} [prepare] what an operator puts beside it
 */
export async function openGate(t, init = [], variables = {}, edit = (settings) => settings, prepare = async () => {}) {
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
  /** What a subcommand says that fails. */
  const refused = async (/** @type {string[]} */ ...words) => {
    const child = spawn(PROGRAM, words, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => (said += chunk));
    const [code] = await once(child, 'close');
    if (code === 0) throw new Error(`${words.join(' ')} did not fail`);
    return said;
  };
  const started = (/** @type {string[]} */ ...words) => {
    const child = spawn(PROGRAM, words, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    t.after(() => child.kill('SIGKILL'));
    return child;
  };
  const told = await run(COMMANDS.make, ...init);
  const file = join(folder, 'gate.toml');
  const write = (/** @type {string} */ settings) => writeFileSync(file, settings);
  write(edit(readFileSync(file, 'utf8')));
  await prepare(folder);
  let log = '';
  const start = async () => {
    const child = started(COMMANDS.serve);
    child.stdout.resume();
    child.stderr.on('data', (chunk) => (log += chunk));
    await until('the gate', () => run('health').then(() => true, () => false));
    return child;
  };
  t.after(() => t.passed || process.stderr.write(log));
  let gate = await start();
  return {
    folder,
    told,
    run,
    refused,
    port,
    url: `http://127.0.0.1:${port}`,
    operators: `http://127.0.0.1:${operators}`,
    /** Writes its settings. */
    write,
    /** What it has logged. */
    log: () => log,
    /** Has it read its settings again. */
    reload: () => gate.kill('SIGHUP'),
    /** Ends it as an operator does. */
    stop: async () => {
      gate.kill('SIGTERM');
      await once(gate, 'exit');
    },
    /** Starts it again. */
    start: async () => void (gate = await start()),
    isRunning: () => gate.exitCode === null && gate.signalCode === null,
    /** Its memory, in bytes. */
    memory: () => 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${gate.pid}/status`, 'utf8'))?.[1]),
    /** Starts the form; its address. */
    form: async () => {
      const child = started(COMMANDS.form, '--listen', '127.0.0.1:0');
      child.stderr.on('data', (chunk) => (log += chunk));
      const shown = child.stdout;
      let text = '';
      shown.on('data', (chunk) => (text += chunk));
      return until('the form', async () => /http:\S+(?=;)/.exec(text)?.[0]);
    },
  };
}

/** The site for pages on this machine. */
export async function sitekeyOf(/** @type {Gate} */ gate) {
  const [, sitekey] = /(mj_\w+) +1 secret +localhost/.exec(await gate.run('site', 'list')) ?? [];
  if (!sitekey) throw new Error('the gate has no such site');
  return sitekey;
}

/**
 * A self-signed certificate for localhost, and its key.
 * @param {string} folder
 * @param {string} name of the files
 */
export async function makeCertificate(folder, name) {
  const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:captcha.example,DNS:shop.example,DNS:localhost'];
  await promisify(execFile)('openssl', ['req', ...kind, ...names, '-keyout', key, '-out', certificate, '-batch']);
  return { key, certificate };
}

/** What a widget asks with. */
export const visit = (/** @type {string} */ sitekey) =>
  JSON.stringify({
    sitekey,
    hostname: 'localhost',
    action: 'load',
    cdata: '',
    locale: 'en',
    widget: 'test',
    algorithms: ['hashwx'],
    signals: {},
  });

/**
 * Fills in a form of localhost in Chromium; the token, or null where there is no Chromium.
 * @param {import('node:test').TestContext} t
 * @param {string} edge where the widget comes from
 * @param {string} sitekey
 * @param {string[]} args for Chromium
 * @returns {Promise<string | null>}
 */
export async function passForm(t, edge, sitekey, args) {
  const browser = await openEngine(t, 'chromium', {}, args);
  if (!browser) return null;
  const form = `<form><label>Email <input name="email"></label><div class="munjigi" data-sitekey="${sitekey}"></div></form>`;
  await browser.goto((await openPage(t, { edge }, form)).url);
  await until('the widget', () => browser.evaluate(`document.querySelector('iframe') !== null`));
  await browser.evaluate(`(document.querySelector('[name=email]').focus(), true)`);
  return until('a token', () => browser.evaluate(`document.querySelector('[name=munjigi-response]')?.value`), 90_000);
}

/**
 * Asks 200 times a second until told to stop; what was answered, by status, and what failed.
 * @param {(number: number) => Promise<number>} ask
 */
export function steadily(ask) {
  /** @type {Map<number | string, number>} */
  const answers = new Map();
  /** @type {Promise<void>[]} */
  const running = [];
  let asked = 0;
  const began = performance.now();
  const timer = setInterval(() => {
    while (asked < ((performance.now() - began) * 200) / 1000) {
      const note = (/** @type {number | string} */ answer) => void answers.set(answer, (answers.get(answer) ?? 0) + 1);
      running.push(ask(asked++).then(note, (/** @type {Error} */ error) => note(error.message)));
    }
  }, 5);
  return async () => {
    clearInterval(timer);
    await Promise.all(running);
    return { answers: Object.fromEntries(answers), asked };
  };
}
