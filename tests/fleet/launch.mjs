// Browsers that nobody drives yet: started by hand, as people start theirs, on a display of their
// own, with a profile that is thrown away.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ARGUMENTS, CHROMIUM, freePort } from '../bench/browsers.mjs';

/** @param {number} milliseconds */
export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A folder that `drop` deletes. @param {object} [preferences] of the profile */
function profile(preferences) {
  const path = mkdtempSync(join(tmpdir(), 'munjigi-fleet-'));
  if (preferences) {
    mkdirSync(join(path, 'Default'));
    writeFileSync(join(path, 'Default', 'Preferences'), JSON.stringify(preferences));
  }
  // Its processes may write a little longer than the browser lives.
  const drop = () => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  return { path, drop };
}

/**
 * Starts Chromium with a debugging port that is named, not asked for: unlike port 0, that does not
 * set `navigator.webdriver`.
 * @param {{display: string, url?: string, args?: string[], preferences?: object}} options
 * @returns {Promise<{base: string, stop: () => Promise<void>}>} the debugging port's address
 */
export async function startChromium({ display, url = 'about:blank', args = [], preferences }) {
  const port = await freePort();
  const { path, drop } = profile(preferences);
  const child = spawn(
    CHROMIUM,
    [...ARGUMENTS, `--user-data-dir=${path}`, `--remote-debugging-port=${port}`, '--no-default-browser-check', '--window-size=1200,860', ...args, url],
    { env: { ...process.env, DISPLAY: display }, stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await Promise.race([ended, pause(5_000).then(() => child.kill('SIGKILL'))]);
    await drop();
  };
  const base = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) break;
    const there = await fetch(`${base}/json/version`).then((answer) => answer.ok).catch(() => false);
    if (there) return { base, stop };
    await pause(100);
  }
  await stop();
  throw new Error('Chromium did not open its debugging port');
}
