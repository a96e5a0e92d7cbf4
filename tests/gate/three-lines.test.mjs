// A gate and Caddy before an application, by the three lines of the guide, and Chromium that goes
// through them. Only ports are put into them, and the authority of Caddy's own.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import test from 'node:test';
import { launchChromium } from '../support/browsers.mjs';
import { output } from '../support/processes.mjs';
import { BINARIES, ROOT } from '../support/stack.mjs';
import { freePort, until } from '../support/stage.mjs';
import { HOST, openShop } from './protect.mjs';
import { changed, PROTECTED } from './proxies.mjs';

const REQUIRED = (process.env.MUNJIGI_REQUIRE ?? '').split(',');
const PATH = [BINARIES, ...(process.env.PATH ?? '').split(delimiter), join(ROOT, '.munjigi', 'proxies', 'bin')];

/** The first commands of the guide. */
function linesOf(/** @type {string} */ guide) {
  const [, block = ''] = /^```sh\n([^`]+)```$/m.exec(readFileSync(join(ROOT, guide), 'utf8')) ?? [];
  return block.trim().split('\n');
}

/**
 * Runs the lines for a host before the application.
 * @param {import('node:test').TestContext} t
 * @param {string} host
 */
async function openPair(t, host) {
  const [app, gate, operators, http, https] = [await openShop(t), await freePort(), await freePort(), await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-pair-'));
  let end = async () => {};
  t.after(async () => {
    await end();
    rmSync(folder, { recursive: true, force: true });
  });
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('MUNJIGI_'));
  const env = {
    ...Object.fromEntries(inherited),
    MUNJIGI_GATE_LISTEN: `127.0.0.1:${gate}`,
    MUNJIGI_GATE_OPERATOR_LISTEN: `127.0.0.1:${operators}`,
    PATH: PATH.join(delimiter),
    HOME: folder,
    XDG_DATA_HOME: folder,
    XDG_CONFIG_HOME: folder,
  };
  const [make, ...serve] = linesOf('docs/migrate/anubis.md');
  assert.deepEqual(serve, ['munjigi-gate serve &', 'caddy run']);
  const told = await output('sh', ['-c', changed('the guide', make, [[HOST, host], ['localhost:3000', `localhost:${app}`]])], { cwd: folder, env });

  // A machine of the internet has these ports, and its certificate from an authority.
  const own = ['admin off', 'default_bind 127.0.0.1', `http_port ${http}`, `https_port ${https}`, 'local_certs', 'skip_install_trust'];
  const file = join(folder, 'Caddyfile');
  writeFileSync(file, changed('Caddyfile', readFileSync(file, 'utf8'), [
    ['127.0.0.1:8786', `127.0.0.1:${gate}`],
    [`\n${host} {\n`, `\n{\n\t${own.join('\n\t')}\n}\n${host} {\n`],
  ]));

  const child = spawn('sh', ['-c', serve.join('\n')], { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (log += chunk));
  // Once neither program has it open.
  const closed = once(child, 'close');
  end = async () => {
    const signal = (/** @type {NodeJS.Signals} */ name) => process.kill(-Number(child.pid), name);
    signal('SIGTERM');
    const timer = setTimeout(signal, 5_000, 'SIGKILL');
    await closed;
    clearTimeout(timer);
    if (!t.passed) process.stderr.write(log);
  };
  return { told, url: `https://${host}:${https}` };
}

for (const host of [HOST, 'localhost'])
  test(`three lines protect an application on ${host}`, async (t) => {
    if (!PATH.some((folder) => existsSync(join(folder, 'caddy')))) {
      assert.ok(!REQUIRED.includes('proxies'), 'there is no caddy: run scripts/test, or install it');
      return t.skip('there is no caddy');
    }
    const { told, url } = await openPair(t, host);
    assert.match(told, /\n {2}munjigi-gate serve\n {2}caddy run {5}in another terminal\n/);

    const browser = await launchChromium([`--host-resolver-rules=MAP ${HOST} 127.0.0.1`]);
    t.after(() => browser.close());
    const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
    await until('what is usually open', () => page.goto(`${url}/robots.txt`).then((answer) => answer?.status() === 200, () => false));

    const script = await page.evaluate(`fetch('/wiki?page=2').then(async (answer) => [answer.status, (await answer.json()).code])`);
    assert.deepEqual(script, [403, 'clearance-required']);
    const first = await page.goto(`${url}/wiki?page=2`);
    assert.match(String(first?.url()), new RegExp(`^${url}${PROTECTED}/clearance`));
    await page.waitForURL('**/wiki?page=2', { timeout: 30_000 });
    const seen = JSON.parse(String(await page.locator('#asked').textContent()));
    assert.deepEqual([seen.method, seen.url, seen.headers['munjigi-level']], ['GET', '/wiki?page=2', 'worked']);
    assert.equal(seen.headers.host, new URL(url).host);
    const later = await page.goto(`${url}/`);
    assert.deepEqual([later?.status(), later?.url()], [200, `${url}/`]);
  });
