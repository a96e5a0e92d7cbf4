// A protected site: the gate as a release, nginx with the file that operators copy, and the
// application. And the same site behind the same proxy without any check.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HOST } from '../../gate/protect.mjs';
import { KINDS, start as startProxy } from '../../gate/proxies.mjs';
import { freePort, until } from '../../support/stage.mjs';
import { cpuMs, output, start } from '../../support/processes.mjs';

/** Addresses from which every path is open, as verified crawlers' are on a real site. */
export const VERIFIED = '192.0.2.0/24';

export const RULES = `
[[protect]]
path = "/archive/*"
level = "worked"

[[protect]]
path = "/wiki/*"
level = "waited"
`;

/** @typedef {{after: (close: () => unknown) => void}} Closing */

/** A gate with its limits and its work as they are by default. @param {Closing} t @param {string} program */
async function openGate(t, program) {
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-crawl-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const port = await freePort();
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('MUNJIGI_'));
  const own = { MUNJIGI_GATE_LISTEN: `127.0.0.1:${port}`, MUNJIGI_GATE_OPERATOR_LISTEN: 'none', MUNJIGI_LOG: 'warn' };
  const env = { ...Object.fromEntries(inherited), ...own };
  const told = await output(program, ['init', '--host', HOST], { cwd: folder, env });
  const [, sitekey = ''] = /sitekey +(mj_\w+)/.exec(told) ?? [];
  const file = join(folder, 'gate.toml');
  const allowed = `rules = [{ match = { prefix = "${VERIFIED}" }, verdict = "allow" }], hosts = ["${HOST}"]`;
  const settings = readFileSync(file, 'utf8').replace(`hosts = ["${HOST}"]`, allowed);
  writeFileSync(file, `client_header = "X-Forwarded-For"\ntrusted_proxies = ["127.0.0.1"]\n${settings}${RULES}`);
  const child = spawn(program, ['serve'], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
  t.after(() => new Promise((resolve) => child.once('exit', resolve).kill('SIGTERM')));
  await until('the gate', () => fetch(`http://127.0.0.1:${port}/health`).then(({ ok }) => ok, () => false));
  return { port, sitekey, pid: Number(child.pid) };
}

/**
 * nginx before the application.
 * @param {Closing} t
 * @param {{gate: number, app: number}} where
 * @param {import('../../gate/proxies.mjs').Change[]} more
 */
async function openNginx(t, { gate, app }, more = []) {
  const files = (/** @type {import('../../gate/proxies.mjs').Place} */ place) => ({
    'nginx.conf': /** @type {import('../../gate/proxies.mjs').Change[]} */ ([
      ['127.0.0.1:8786', `127.0.0.1:${gate}`],
      ['127.0.0.1:3000', `127.0.0.1:${app}`],
      [`/etc/ssl/${HOST}/`, `${place.certificates}/`],
      ['listen 443 ', `listen 127.0.0.1:${place.port} `],
      ['listen [::]:443 ', `listen 127.0.0.1:${place.other} `],
      ...more,
    ]),
  });
  const { port } = await startProxy(t, 'nginx', { ...KINDS.nginx, files }, { gate, port: await freePort(), host: HOST, from: 'deploy/proxy/protect' });
  return { host: HOST, port };
}

/**
 * @param {Closing} t
 * @param {string} program the gate's
 */
export async function openSite(t, program) {
  const application = await start(process.execPath, [fileURLToPath(new URL('application.mjs', import.meta.url))]);
  t.after(application.stop);
  const app = application.ready.port;
  const { port: gate, sitekey, pid } = await openGate(t, program);
  const proxy = await openNginx(t, { gate, app });
  const unchecked = await openNginx(t, { gate, app }, [['auth_request /munjigi-check;', '']]);
  /** Processor milliseconds of each part. */
  const spent = () => ({ gate: cpuMs(pid), proxy: cpuMs(process.pid, 'nginx'), application: cpuMs(application.pid) });
  /** What the application has read since the last call, by `Munjigi-Id`. @returns {Promise<Record<string, {count: number, score: string, reasons: string}>>} */
  const ids = async () => (await fetch(`http://127.0.0.1:${app}/ids`)).json();
  return { gate, sitekey, proxy, unchecked, spent, ids };
}

/** @typedef {Awaited<ReturnType<typeof openSite>>} Site */
