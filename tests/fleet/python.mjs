// Attackers that are written in Python, each in a process of its own.

import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ARGUMENTS, CHROMIUM, Missing } from '../support/browsers.mjs';
import { startChromium } from './launch.mjs';

/** @param {string} name */
const program = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The version of a package in `requirements.txt`. @param {string} name */
export function pinned(name) {
  const lines = readFileSync(program('requirements.txt'), 'utf8').split('\n');
  const line = lines.find((each) => each.startsWith(`${name}==`));
  if (!line) throw new Error(`requirements.txt has no ${name}`);
  return line.slice(name.length + 2).split(' ')[0];
}

/** A Python with the packages of `requirements.txt`. */
function python() {
  const path = process.env.MUNJIGI_FLEET_PYTHON;
  if (!path || !existsSync(path)) {
    throw new Missing('a Python with tests/fleet/requirements.txt is not there: set MUNJIGI_FLEET_PYTHON');
  }
  return path;
}

/**
 * A browser that zendriver drives.
 * @param {import('./tools.mjs').Way} way
 * @param {string} display
 * @returns {Promise<import('./tools.mjs').Driven>}
 */
export async function zendriver(way, display) {
  const interpreter = python();
  const own = way === 'attached' ? await startChromium({ display }) : null;
  const options = own
    ? { port: Number(new URL(own.base).port) }
    : { browser: CHROMIUM, arguments: ARGUMENTS, headless: way === 'headless' };
  const child = spawn(interpreter, [program('drive.py'), JSON.stringify(options)], {
    env: { ...process.env, DISPLAY: display },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint = `${complaint}${text}`.slice(-2_000);
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  // A command that the process no longer reads fails by the answer that does not come.
  child.stdin.on('error', () => {});
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await answers.next();
    if (done) throw new Error(`zendriver ended: ${complaint.trim().split('\n').at(-1)}`);
    const wrong = JSON.parse(value);
    if (wrong !== null) throw new Error(wrong);
  };
  /** @param {string[]} words */
  const tell = (...words) => {
    child.stdin.write(`${JSON.stringify(words)}\n`);
    return answer();
  };
  const close = async () => {
    child.stdin.end('["close"]\n');
    await ended;
    await own?.stop();
  };
  await answer().catch(async (error) => {
    await close();
    throw error;
  });
  return {
    open: (url) => tell('open', url),
    type: (selector, text) => tell('type', selector, text),
    click: (selector) => tell('click', selector),
    close,
  };
}

/** The HTTP client that imitates a browser. @param {string} page */
export async function imitate(page) {
  await promisify(execFile)(python(), [program('imitate.py'), page]);
}
