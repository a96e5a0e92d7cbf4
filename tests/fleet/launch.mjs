// Browsers that no one drives yet: started by hand, as people start theirs, on a display of their
// own, with a profile that is thrown away.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ARGUMENTS, CHROMIUM, FIREFOX, freePort } from '../support/browsers.mjs';

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
 * Ends a browser and deletes its profile.
 * @param {import('node:child_process').ChildProcess} child
 * @param {() => Promise<void>} drop
 */
function stopping(child, drop) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return async () => {
    child.kill('SIGTERM');
    await Promise.race([ended, pause(5_000).then(() => child.kill('SIGKILL'))]);
    await drop();
  };
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
  const stop = stopping(child, drop);
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

/** What keeps Firefox from opening pages of its own, and from the network. */
const QUIET = {
  'app.update.auto': false,
  'browser.aboutwelcome.enabled': false,
  'browser.rights.3.shown': true,
  'browser.sessionstore.resume_from_crash': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'toolkit.telemetry.reportingpolicy.firstRun': false,
};

/**
 * Starts Firefox with a page and with nothing that could drive it.
 * @param {{display: string, url: string, preferences?: object}} options
 * @returns {Promise<{stop: () => Promise<void>}>}
 */
export async function startFirefox({ display, url, preferences = {} }) {
  const { path, drop } = profile();
  const lines = Object.entries({ ...QUIET, ...preferences }).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
  writeFileSync(join(path, 'user.js'), lines.join('\n'));
  const child = spawn(FIREFOX, ['--profile', path, '--no-remote', '--width', '1200', '--height', '860', url], {
    env: { ...process.env, DISPLAY: display },
    stdio: 'ignore',
  });
  return { stop: stopping(child, drop) };
}
