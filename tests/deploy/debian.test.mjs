// The origin as a Debian package: what is in it, what its units may do, and whether the program reads
// what they set.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { BINARIES } from '../support/stack.mjs';
import { ENVIRONMENT } from '../install/places.mjs';
import { DEPLOY, find, lacks, unpacked } from './places.mjs';

const UNITS = ['munjigi.service', 'munjigi-migrate.service', 'munjigi-backup.service'];
/** `munjigi`: Postgres does not respond. */
const AWAY = 4;
const read = (/** @type {string} */ name) => readFileSync(join(DEPLOY, 'debian', name), 'utf8');

test('the package has what a Debian machine needs, and systemd finds no mistake in it', { skip: lacks('dpkg-deb', 'systemd-analyze') }, (t) => {
  const { name, root } = unpacked(t, '--raw-extract');
  assert.match(name, /^munjigi_\d+\.\d+\.\d+_amd64\.deb$/);
  const control = readFileSync(join(root, 'DEBIAN', 'control'), 'utf8');
  assert.match(control, /^Depends: libc6 \(>= 2\.\d+\), systemd$/m);
  assert.doesNotMatch(control, /VERSION|ARCHITECTURE/);
  assert.equal(readFileSync(join(root, 'DEBIAN', 'conffiles'), 'utf8'), '/etc/munjigi/munjigi.env\n/etc/munjigi/backup.env\n');
  for (const settings of ['munjigi.env', 'backup.env']) {
    assert.equal(statSync(join(root, 'etc/munjigi', settings)).mode & 0o007, 0, `a password may be in ${settings}`);
  }
  const told = execFileSync(join(root, 'usr/bin/munjigi'), ['--version'], { encoding: 'utf8', env: {} });
  assert.ok(name.includes(told.trim().split(' ')[1] ?? ''), told);
  for (const script of ['DEBIAN/postinst', 'DEBIAN/prerm', 'usr/sbin/munjigi-operate']) {
    assert.equal(spawnSync('sh', ['-n', join(root, script)]).status, 0, script);
  }
  const [units, timers] = [UNITS, ['munjigi-backup.timer']].map((names) => names.map((unit) => join(root, 'usr/lib/systemd/system', unit)));
  const analyze = find('systemd-analyze') ?? '';
  const run = (/** @type {string[]} */ ...words) => spawnSync(analyze, words, { encoding: 'utf8', env: ENVIRONMENT });
  // Where the program will be, this machine has another or none.
  const elsewhere = [...units, ...timers].map((path) => {
    const copy = join(root, path.split('/').at(-1) ?? '');
    writeFileSync(copy, readFileSync(path, 'utf8').replace('/usr/bin/munjigi', '/bin/true'));
    return copy;
  });
  const verified = run('verify', ...elsewhere);
  assert.deepEqual([verified.status, verified.stderr], [0, '']);
  for (const unit of units) {
    const exposed = Number(/exposure level for \S+: ([\d.]+)/.exec(run('security', '--offline=true', unit).stdout)?.[1]);
    assert.ok(exposed <= 2.5, `exposure level ${exposed} of ${unit}`);
  }
});

/**
 * Everything that the program says of a unit's variables.
 * @param {string} unit its text
 * @param {string} settings the text of its settings
 */
function mistakes(unit, settings) {
  const place = mkdtempSync(join(tmpdir(), 'munjigi-unit-'));
  try {
    const keys = join(place, 'keys');
    execFileSync(join(BINARIES, 'munjigi'), ['keys', 'generate', '--files', keys], { env: {} });
    mkdirSync(join(place, 'given'));
    for (const [, name = '', path = ''] of unit.matchAll(/^LoadCredential=([\w-]+):\/etc\/munjigi\/keys\/([\w-]+)$/gm)) {
      writeFileSync(join(place, 'given', name), readFileSync(join(keys, path)));
    }
    const set = (/** @type {RegExp} */ pattern, /** @type {string} */ text) => [...text.matchAll(pattern)].map(([, name, value]) => [name, value?.replace(/^"(.*)"$/, '$1').replace('%d', join(place, 'given'))]);
    const env = Object.fromEntries([...set(/^Environment=(\w+)=(.*)$/gm, unit), ...(unit.includes('EnvironmentFile=') ? set(/^(\w+)=(.*)$/gm, settings) : [])]);
    const serves = unit.includes('munjigi serve');
    // systemd makes it.
    if (env.BACKUP_TO === '/var/lib/munjigi-backups') env.BACKUP_TO = place;
    // As systemd splits what is not in braces.
    const ran = /^ExecStart=\/usr\/bin\/munjigi (.*)$/m.exec(unit)?.[1]?.split(' ') ?? [];
    const words = serves ? ['config', '--check'] : ran.flatMap((word) => (word.startsWith('$') ? String(env[word.slice(1)]).split(' ') : [word]));
    const told = spawnSync(join(BINARIES, 'munjigi'), words, { env: { ...env, ...(serves ? {} : { MUNJIGI_DATABASE_WAIT_SECONDS: '1' }) }, encoding: 'utf8', cwd: place });
    return told.status === (serves ? 0 : AWAY) ? '' : told.stderr || `exit ${told.status}`;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

for (const unit of UNITS) {
  const settings = /^EnvironmentFile=\/etc\/munjigi\/(.*)$/m.exec(read(unit))?.[1];
  test(`the program reads what ${unit} sets`, () => assert.equal(mistakes(read(unit), settings ? read(settings) : ''), ''));
}

/** @type {[string, string, RegExp][]} */
const PLANTED = [
  ['MUNJIGI_KEY_CHECK_FILE=%d/key-check', 'MUNJIGI_KEYCHECK_FILE=%d/key-check', /MUNJIGI_KEYCHECK_FILE is not a Munjigi variable/],
  ['LoadCredential=internal-keys:/etc/munjigi/keys/internal-keys\n', '', /MUNJIGI_INTERNAL_KEYS_FILE/],
  ['Environment=MUNJIGI_CONSOLE_KEYS_FILE=%d/console-keys\n', '', /MUNJIGI_CONSOLE_KEYS/],
  ['MUNJIGI_EDGE_URL=https://captcha.shop.example', 'MUNJIGI_EDGE_URL=captcha.shop.example', /MUNJIGI_EDGE_URL/],
  ['MUNJIGI_TRUSTED_PROXIES=127.0.0.1', 'MUNJIGI_TRUSTED_PROXIES=localhost', /MUNJIGI_TRUSTED_PROXIES/],
];

for (const [written, planted, said] of PLANTED) {
  test(`it is found: ${(planted || `without ${written}`).trim()}`, () => {
    const [unit, settings] = [read('munjigi.service'), read('munjigi.env')];
    assert.ok(unit.includes(written) || settings.includes(written), 'the files have what is replaced');
    assert.match(mistakes(unit.replace(written, planted), settings.replace(written, planted)), said);
  });
}
