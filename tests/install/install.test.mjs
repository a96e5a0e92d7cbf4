// The gate as people install it, from what `scripts/images` made: the archive, the image, the unit
// and the compose file. What a machine lacks for a test is named, and the test skipped.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { output } from '../bench/processes.mjs';
import { ROOT } from '../bench/stack.mjs';
import { openEngine, until } from '../journeys/stage.mjs';
import { EMULATOR, find, SANDBOX, sandboxed, served } from './places.mjs';

const MADE = process.env.MUNJIGI_IMAGES ?? join(ROOT, 'build', 'images');
const files = existsSync(MADE) ? readdirSync(MADE).sort() : [];
const unmade = files.includes('SHA256SUMS') ? false : 'nothing is made: run scripts/images';
/** The name of a file that was made for a kind of machine. */
const made = (/** @type {string} */ machine, /** @type {string} */ ending) =>
  files.find((file) => file.endsWith(`-${machine}.${ending}`));
/** Why a test cannot run, or false. */
const lacks = (/** @type {string} */ machine, /** @type {string[]} */ ...programs) =>
  unmade ||
  (!made(machine, 'tar.gz') && `not made for ${machine}`) ||
  (programs.find((program) => !find(program)) ?? '').replace(/(.+)/, 'no $1: install it') ||
  false;

/** A new folder that goes away after the test. */
function folder(/** @type {import('./places.mjs').Context} */ t) {
  const path = mkdtempSync(join(tmpdir(), 'munjigi-install-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Unpacks an archive that was made into a folder. */
const unpack = (/** @type {string} */ file, /** @type {string} */ into) =>
  output('tar', ['-x', '--no-same-owner', '-f', file, '-C', into]);

/** The folder of an unpacked archive. */
async function archive(/** @type {import('./places.mjs').Context} */ t, machine = 'x86_64') {
  const into = folder(t);
  await unpack(join(MADE, made(machine, 'tar.gz') ?? ''), into);
  const names = readdirSync(into);
  assert.equal(names.length, 1, 'an archive has one folder');
  return join(into, names[0] ?? '');
}

/** What a gate that was just made answers. */
async function checkServing(/** @type {string} */ url) {
  assert.equal((await (await fetch(`${url}/health`)).json()).status, 'ok');
  assert.match(await (await fetch(`${url}/v1/api.js`)).text(), /munjigi/, 'the widget is in the program');
  const body = new URLSearchParams({ secret: 'none', response: 'TOKEN' });
  const reply = await fetch(`${url}/siteverify`, { method: 'POST', body });
  assert.deepEqual((await reply.json())['error-codes'], ['invalid-input-secret']);
}

test('every file has its sum', { skip: unmade }, () => {
  const lines = readFileSync(join(MADE, 'SHA256SUMS'), 'utf8').trim().split('\n');
  for (const line of lines) {
    const [sum, name] = line.split('  ');
    const found = createHash('sha256').update(readFileSync(join(MADE, name ?? ''))).digest('hex');
    assert.equal(found, sum, name);
  }
  const others = files.filter((name) => name !== 'SHA256SUMS' && !name.startsWith('root-'));
  assert.deepEqual(lines.map((line) => line.split('  ')[1]), others);
});

for (const machine of ['x86_64', 'aarch64']) {
  test(`the ${machine} program needs nothing and says nothing of where it was built`, { skip: lacks(machine, 'readelf') }, async (t) => {
    const program = join(await archive(t, machine), 'munjigi-gate');
    const headers = await output('readelf', ['-hlW', program]);
    assert.doesNotMatch(headers, /INTERP/);
    assert.match(headers, /DYN/, 'its addresses differ from start to start');
    const bytes = readFileSync(program);
    for (const text of ['/.cargo/', ROOT, process.env.HOME ?? ROOT]) assert.ok(text === '/' || !bytes.includes(`${text}/`), text);
  });

  test(`what is in the ${machine} program is listed`, { skip: lacks(machine) }, () => {
    const bom = JSON.parse(readFileSync(join(MADE, made(machine, 'cdx.json') ?? ''), 'utf8'));
    /** @type {{name: string, licenses?: unknown, hashes?: unknown}[]} */
    const components = bom.components;
    assert.ok(components.some((one) => one.name === 'rustls'));
    for (const one of components) assert.ok(one.licenses && (one.hashes || one.name.startsWith('munjigi-')), one.name);
  });
}

test('from the archive to the first pass', { skip: lacks('x86_64') }, async (t) => {
  const begin = performance.now();
  const place = await archive(t);
  for (const name of ['INSTALL', 'LICENSE', 'munjigi-gate', 'munjigi-gate.service']) assert.ok(existsSync(join(place, name)), name);
  const gate = await served(t, [join(place, 'munjigi-gate')], folder(t));
  await checkServing(gate.url);
  t.diagnostic(`archive, init, serve: ${Math.round(performance.now() - begin)} ms`);
  const browser = await openEngine(t, 'chromium');
  if (!browser) return;
  await browser.goto((await gate.form()).replace('127.0.0.1', 'localhost'));
  await until('the widget', () => browser.evaluate(`document.querySelector('iframe') !== null`));
  await browser.evaluate(`(document.querySelector('[name=email]').focus(),
    document.querySelector('[name=email]').value = 'kim@example.com', true)`);
  const field = `document.querySelector('[name=munjigi-response]')?.value`;
  assert.match(await until('a token', () => browser.evaluate(field), 90_000), /^mj1\./);
  await browser.evaluate(`(setTimeout(() => document.querySelector('form button').click(), 200), true)`);
  const status = `document.querySelector('[role=status]')?.innerText ?? ''`;
  await until('acceptance', async () => (await browser.evaluate(status).catch(() => '')).startsWith('Accepted'));
  t.diagnostic(`with the first pass: ${Math.round(performance.now() - begin)} ms`);
});

test('the archive’s program serves as a stranger to the system who writes to one folder', { skip: lacks('x86_64', SANDBOX) }, async (t) => {
  const root = folder(t);
  mkdirSync(join(root, 'data'));
  writeFileSync(join(root, 'munjigi-gate'), readFileSync(join(await archive(t), 'munjigi-gate')), { mode: 0o755 });
  const gate = await served(t, sandboxed(root, folder(t), ['/munjigi-gate']));
  await checkServing(gate.url);
});

test('the archive’s program for ARM serves', { skip: lacks('aarch64', EMULATOR) }, async (t) => {
  const program = join(await archive(t, 'aarch64'), 'munjigi-gate');
  const gate = await served(t, [find(EMULATOR) ?? '', program], folder(t));
  await checkServing(gate.url);
});

/** Unpacks an image: its layout, how it is started, and the files of its layer. */
async function image(/** @type {import('./places.mjs').Context} */ t, machine = 'x86_64') {
  const layout = folder(t);
  await unpack(join(MADE, made(machine, 'oci.tar') ?? ''), layout);
  const read = (/** @type {string} */ path) => JSON.parse(readFileSync(join(layout, path), 'utf8'));
  const blob = (/** @type {{digest: string}} */ { digest }) => `blobs/${digest.replace(':', '/')}`;
  const index = read('index.json');
  const manifest = read(blob(index.manifests[0]));
  const root = folder(t);
  await unpack(join(layout, blob(manifest.layers[0])), root);
  return { layout, root, tag: index.manifests[0].annotations['org.opencontainers.image.ref.name'], ...read(blob(manifest.config)) };
}

test('the image’s program serves, and finds itself healthy', { skip: lacks('x86_64', SANDBOX) }, async (t) => {
  const { root, config } = await image(t);
  assert.deepEqual(Object.keys(config.Volumes), [config.WorkingDir]);
  const [user] = config.User.split(':').map(Number);
  const command = sandboxed(root, folder(t), config.Entrypoint, { user, data: config.WorkingDir });
  const gate = await served(t, command);
  await checkServing(gate.url);
  // Which also needs the certificates of authorities to be there.
  assert.equal((await gate.run('health')).trim(), 'ready');
});

test('without a volume the program says what is wrong', { skip: lacks('x86_64', SANDBOX) }, async (t) => {
  const { root, config } = await image(t);
  const [program = '', ...words] = sandboxed(root, null, config.Entrypoint);
  const { status, stderr } = spawnSync(program, [...words, 'init'], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /Read-only file system/);
});

test('umoci unpacks the image', { skip: lacks('x86_64', 'umoci') }, async (t) => {
  const { layout, tag } = await image(t);
  const bundle = join(folder(t), 'bundle');
  await output(find('umoci') ?? '', ['unpack', '--rootless', '--image', `${layout}:${tag}`, bundle]);
  const { process } = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
  assert.deepEqual([process.args, process.cwd], [['/munjigi-gate'], '/data']);
  assert.ok(process.env.includes('MUNJIGI_GATE_LISTEN=0.0.0.0:8786'));
  assert.ok(existsSync(join(bundle, 'rootfs', 'etc', 'ssl', 'certs', 'ca-certificates.crt')));
});

for (const [machine, architecture] of [['x86_64', 'amd64'], ['aarch64', 'arm64']]) {
  test(`skopeo reads the ${architecture} image`, { skip: lacks(machine ?? '', 'skopeo') }, async () => {
    const file = `oci-archive:${join(MADE, made(machine ?? '', 'oci.tar') ?? '')}`;
    const config = JSON.parse(await output(find('skopeo') ?? '', ['inspect', '--config', '--override-arch', architecture ?? '', file]));
    assert.equal(config.architecture, architecture);
    assert.equal(config.config.User, '65532:65532');
  });
}

const UNIT = join(ROOT, 'deploy', 'systemd', 'munjigi-gate.service');
const analyze = find('systemd-analyze');

test('systemd finds no mistake in the unit and little that it exposes', { skip: !analyze && 'no systemd-analyze: install systemd' }, async (t) => {
  // Any program that is there: this one's path is the server's.
  const unit = join(folder(t), 'munjigi-gate.service');
  writeFileSync(unit, readFileSync(UNIT, 'utf8').replace('/usr/local/bin/munjigi-gate', '/bin/true'));
  const verified = spawnSync(analyze ?? '', ['verify', unit], { encoding: 'utf8' });
  assert.deepEqual([verified.status, verified.stderr], [0, '']);
  const told = await output(analyze ?? '', ['security', '--offline=true', UNIT]);
  const exposed = Number(/exposure level for munjigi-gate\.service: ([\d.]+)/.exec(told)?.[1]);
  assert.ok(exposed <= 2.5, `exposure level ${exposed}`);
});

test('dclint finds no mistake in the compose file', { skip: !find('dclint') && 'no dclint: npm install dclint' }, async () => {
  await output(find('dclint') ?? '', ['--quiet', join(ROOT, 'deploy', 'compose', 'gate.yaml')]);
});

test('the example of settings has every variable of the compose file', () => {
  const text = (/** @type {string} */ name) => readFileSync(join(ROOT, 'deploy', 'compose', name), 'utf8');
  const used = new Set([...text('gate.yaml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
  const set = [...text('gate.env.example').matchAll(/^(\w+)=/gm)].map(([, name]) => name);
  assert.deepEqual([...used].sort(), set.sort());
});
