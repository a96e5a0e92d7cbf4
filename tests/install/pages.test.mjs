// docs/install.md: the blocks that are marked as run, with the archive that `scripts/images` made, and
// the gate that they installed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { ROOT } from '../support/stack.mjs';
import { freePort, until } from '../support/stage.mjs';
import { Machine, runPage } from './pages.mjs';
import { ENVIRONMENT, find, SANDBOX } from './places.mjs';

const MADE = process.env.MUNJIGI_IMAGES ?? join(ROOT, 'build', 'images');
const archives = existsSync(MADE) ? readdirSync(MADE).filter((name) => name.endsWith('-x86_64.tar.gz')) : [];
const lacking = (archives.length === 0 && 'nothing is made for x86_64: run scripts/images') || (!find(SANDBOX) && `no ${SANDBOX}: install it`);

/** A machine that has nothing but the archive. */
function server(/** @type {import('node:test').TestContext} */ t) {
  const root = mkdtempSync(join(tmpdir(), 'munjigi-pages-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const machine = new Machine(root, ['/usr/local', '/etc/systemd/system', '/var/lib']);
  for (const name of archives) copyFileSync(join(MADE, name), machine.path(join('/root', name)));
  return machine;
}

test('the commands of docs/install.md install a gate that serves', { skip: lacking }, async (t) => {
  const machine = server(t);
  await runPage(t, 'docs/install.md', machine);
  assert.equal(statSync(machine.path('/usr/local/bin/munjigi-gate')).mode & 0o777, 0o755);
  assert.equal(statSync(machine.path('/etc/systemd/system/munjigi-gate.service')).mode & 0o777, 0o644);
  assert.match(machine.read('/var/lib/munjigi-gate/gate.toml'), /https:\/\/captcha\.shop\.example/);

  // As systemd would, but for the ports.
  const unit = machine.read('/etc/systemd/system/munjigi-gate.service');
  const of = (/** @type {string} */ name) => new RegExp(`^${name}=(.+)$`, 'm').exec(unit)?.[1] ?? '';
  assert.match(machine.run(`cd ${of('WorkingDirectory')}\nmunjigi-gate site list`), /shop\.example/);
  const [port, operators] = [await freePort(), await freePort()];
  const listens = { MUNJIGI_GATE_LISTEN: `127.0.0.1:${port}`, MUNJIGI_GATE_OPERATOR_LISTEN: `127.0.0.1:${operators}` };
  const starts = `cd ${of('WorkingDirectory')} && exec ${of('ExecStart')}`;
  const [program = '', ...words] = machine.words(['sh', '-c', starts], listens);
  const gate = spawn(program, words, { env: ENVIRONMENT, stdio: ['ignore', 'ignore', 'inherit'] });
  t.after(() => gate.kill('SIGKILL'));
  const answer = await until('the gate', () => fetch(`http://127.0.0.1:${port}/health`).catch(() => null), 60_000);
  assert.equal((await answer.json()).status, 'ok');
});

test('a block ends with its first command that fails', { skip: lacking }, (t) => {
  const machine = server(t);
  assert.equal(machine.run('echo one\nsudo echo two'), 'one\ntwo\n');
  assert.throws(() => machine.run('sudo install none /usr/local/bin/\ntrue'), /cannot stat 'none'/);
  assert.throws(() => machine.run('sudo touch /etc/elsewhere'), /Read-only file system/);
});
