// What an operator does with backups: one while the gate serves, a machine that is lost, the store on another.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { openGate, sitekeyOf } from './alone.mjs';

// A key of this test alone.
const SECRET = 'AGE-SECRET-KEY-1RRNHDNQP46CCE464QZKGVE38YDA38RUYHQ45WA4K3D4VXGH27FGS6F007W';
const PUBLIC = 'age1e6klwcksjk78w5fn5ea57x6rfaakxt6n755hyaxhprmh243dranq5thv9n';

const CHECK = /"name":"backup","status":"ok","detail":"the last is of \d{4}-\d\d-\d\dT/;

test('a store is backed up while it serves, and restored where it was lost', async (t) => {
  const gate = await openGate(t, [], {}, (settings) => `backup_recipients = ["${PUBLIC}"]\n${settings}`);
  const at = (/** @type {string} */ name) => join(gate.folder, name);
  assert.ok(!(await (await fetch(`${gate.url}/health`)).text()).includes('backup'));
  const [, file] = /^wrote (.+\/munjigi-\d{8}T\d{6}Z\.db\.age)$/m.exec(await gate.run('backup', at('backups'), '--keep', '2')) ?? [];
  assert.ok(file);
  assert.match(readFileSync(file, 'latin1'), /^age-encryption\.org\/v1\n-> X25519 /);
  const told = await (await fetch(`${gate.operators}/metrics`)).text();
  const [, seconds] = /^munjigi_backup_timestamp_seconds (\d+)/m.exec(told) ?? [];
  assert.ok(Math.abs(Number(seconds) - Date.now() / 1000) < 600, told);

  writeFileSync(at('key.txt'), `# public key: ${PUBLIC}\n${SECRET}\n`);
  assert.match(await gate.refused('restore', file, '--identity', at('key.txt')), /in use by another munjigi-gate/);
  await gate.stop();
  assert.ok(!readdirSync(gate.folder).some((name) => name.endsWith('-wal')), 'a gate that stops leaves one file');
  rmSync(at('munjigi.db'));
  // The same gate with other keys is another gate: what this one wrote is not its own.
  const keys = readFileSync(at('keys/root'), 'utf8');
  writeFileSync(at('keys/root'), `k9:${'B'.repeat(42)}A\n`);
  assert.match(await gate.refused('restore', file, '--identity', at('key.txt')), /no key in root_keys has signed it/);
  writeFileSync(at('keys/root'), keys);
  const restored = await gate.run('restore', file, '--identity', at('key.txt'));
  assert.match(restored, /munjigi\.db is the store of .+ again\.\nThis gate signed it on \d{4}-.+Z\.\nTokens of before are refused\. Start the gate\./);
  await gate.start();
  assert.match(await (await fetch(`${gate.url}/health`)).text(), CHECK);
  assert.ok(await sitekeyOf(gate));
});

test('what keeps a backup from being made says what to do', async (t) => {
  const gate = await openGate(t);
  const settings = readFileSync(join(gate.folder, 'gate.toml'), 'utf8');
  const path = join(gate.folder, 'backup.age');
  assert.match(await gate.refused('backup', path), /backup_recipients names no key: make one with `age-keygen`/);
  for (const [keys, told] of [
    ['"age1nothing"', /gate\.toml:1: .*must be public keys of age/],
    [`"${SECRET}"`, /gate\.toml:1: .*this is a secret key: keep it elsewhere/],
  ]) {
    gate.write(`backup_recipients = [${keys}]\n${settings}`);
    const said = await gate.refused('check');
    assert.match(said, /** @type {RegExp} */ (told));
    assert.ok(!said.includes(SECRET));
  }
  gate.write(`backup_recipients = ["${PUBLIC}"]\n${settings}`);
  writeFileSync(path, 'a file');
  assert.match(await gate.refused('backup', path, '--keep', '3'), /--keep needs a folder/);
  assert.match(await gate.refused('backup', join(gate.folder, 'absent', 'a.age')), /No such file/);
});
