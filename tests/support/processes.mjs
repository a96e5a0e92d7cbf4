// Child processes: starting, stopping, and the processor time that they and their children used.

import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Progress, on standard error so that what is printed for programs stays clean. @param {string} text */
export const say = (text) => process.stderr.write(`${text}\n`);

/** Clock ticks per second of /proc; 100 on every Linux that Node runs on. */
const TICKS = 100;

/** @param {number} pid @returns {{name: string, parent: number, ms: number} | null} */
function stat(pid) {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const end = line.lastIndexOf(')');
    const fields = line.slice(end + 2).split(' ');
    return {
      name: line.slice(line.indexOf('(') + 1, end),
      parent: Number(fields[1]),
      ms: ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS,
    };
  } catch {
    return null; // It ended.
  }
}

/**
 * A process and everything below it.
 * @param {number} root
 * @returns {{pid: number, name: string, ms: number}[]}
 */
function family(root) {
  /** @type {Map<number, {name: string, parent: number, ms: number}>} */
  const all = new Map();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const found = stat(Number(entry));
    if (found) all.set(Number(entry), found);
  }
  const below = (/** @type {number} */ pid) => {
    for (let at = pid; at > 1; at = all.get(at)?.parent ?? 0) if (at === root) return true;
    return false;
  };
  return [...all].filter(([pid]) => below(pid)).map(([pid, { name, ms }]) => ({ pid, name, ms }));
}

/**
 * Processor milliseconds of a process and everything below it, threads included. Processes that
 * ended before the call are not counted, so differences hold for processes that live through the
 * measurement.
 * @param {number} root
 * @param {string} [only] processes of this name
 */
export function cpuMs(root, only) {
  const counted = family(root).filter(({ name }) => !only || name === only);
  return counted.reduce((total, { ms }) => total + ms, 0);
}

/**
 * Processes of a name below another.
 * @param {number} root
 * @param {string} wanted
 */
export const named = (root, wanted) =>
  family(root).flatMap(({ pid, name }) => (name === wanted ? [pid] : []));

/**
 * A child that prints one line of JSON when it is ready.
 * @typedef {{pid: number, ready: any, stop: () => Promise<void>, order: (line: string) => Promise<void>}} Running
 */

/**
 * Starts a program and waits for its first line of output, which must be JSON. It runs until
 * `stop`, which closes its input and, if that does not end it, terminates it. `order` writes a line
 * to it and waits for the line that confirms it.
 * @param {string} program
 * @param {string[]} args
 * @param {{cwd?: string, deadlineMs?: number, env?: NodeJS.ProcessEnv, onLine?: (said: any) => void}} [options]
 * `onLine` receives every later line of JSON
 * @returns {Promise<Running>}
 */
export async function start(program, args, { cwd, deadlineMs = 60_000, env, onLine } = {}) {
  const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGTERM'), 5_000);
    await ended;
    clearTimeout(timer);
  };
  const lines = createInterface({ input: child.stdout });
  const name = [program, ...args].join(' ');
  const ready = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name}: not ready in time`)), deadlineMs);
    const settle = (/** @type {() => void} */ done) => {
      clearTimeout(timer);
      done();
    };
    child.once('error', (error) => settle(() => reject(error)));
    child.once('exit', (code) => settle(() => reject(new Error(`${name}: ended with ${code}`))));
    lines.on('line', (line) => {
      if (line.startsWith('{')) settle(() => resolve(JSON.parse(line)));
    });
  }).catch(async (error) => {
    child.kill('SIGTERM');
    throw error;
  });
  if (onLine) lines.on('line', (line) => onLine(JSON.parse(line)));
  const order = (/** @type {string} */ words) => new Promise((resolve, reject) => {
    const failed = (/** @type {number | null} */ code) => reject(new Error(`${name}: ended with ${code} at "${words}"`));
    child.once('exit', failed);
    lines.once('line', () => {
      child.off('exit', failed);
      resolve(undefined);
    });
    child.stdin.write(`${words}\n`);
  });
  return { pid: /** @type {number} */ (child.pid), ready, stop, order };
}

/**
 * Runs a program to its end and returns what it printed.
 * @param {string} program
 * @param {string[]} args
 * @param {{cwd?: string, input?: string, anyExit?: boolean, env?: NodeJS.ProcessEnv}} [options]
 * @returns {Promise<string>}
 */
export function output(program, args, { cwd, input = '', anyExit = false, env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] });
    /** @type {Buffer[]} */
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      const printed = Buffer.concat(chunks).toString();
      if (code === 0 || anyExit) resolve(printed);
      else reject(new Error(`${program} ${args.join(' ')}: ended with ${code}`));
    });
    // A program may end without reading.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
