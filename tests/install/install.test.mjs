// The gate as people install it, from what `scripts/images` made: the archive, the image, the unit
// and the compose file. What a machine lacks for a test is named, and the test skipped.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { output } from '../support/processes.mjs';
import { ROOT } from '../support/stack.mjs';
import { visitForm } from '../gate/visitor.mjs';
import { freePort, openEngine } from '../support/stage.mjs';
import { EMULATOR, ENVIRONMENT, find, SANDBOX, sandboxed, served } from './places.mjs';

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
    const headers = await output(find('readelf') ?? '', ['-hlW', program], { env: ENVIRONMENT });
    assert.doesNotMatch(headers, /INTERP/);
    assert.match(headers, /DYN/, 'its addresses differ from start to start');
    const bytes = readFileSync(program);
    for (const text of ['/.cargo/', ROOT, process.env.HOME ?? ROOT]) assert.ok(text === '/' || !bytes.includes(`${text}/`), text);
  });

  test(`what is in the ${machine} program is listed`, { skip: lacks(machine) }, () => {
    const bom = JSON.parse(readFileSync(join(MADE, made(machine, 'cdx.json') ?? ''), 'utf8'));
    /** @type {{name: string, version: string, licenses?: unknown, hashes?: unknown}[]} */
    const components = bom.components;
    assert.ok(components.some((one) => one.name === 'rustls'));
    const lock = readFileSync(join(ROOT, 'Cargo.lock'), 'utf8');
    const locked = (/** @type {{name: string, version: string}} */ { name, version }) =>
      lock.includes(`name = "${name}"\nversion = "${version}"\n`);
    assert.deepEqual(components.filter((one) => !locked(one)), []);
    for (const one of components) assert.ok(one.licenses && (one.hashes || one.name.startsWith('munjigi-')), one.name);
  });
}

/**
 * A visitor's journey through a gate, where there is a browser.
 * @param {import('node:test').TestContext} t
 * @param {Awaited<ReturnType<typeof served>>} gate
 * @param {() => void} [accepted]
 */
async function visit(t, gate, accepted) {
  await checkServing(gate.url);
  const browser = await openEngine(t, 'chromium');
  if (browser) await visitForm(browser, (await gate.form()).replace('127.0.0.1', 'localhost'), accepted);
}

const SYSTEMD = join(ROOT, 'deploy', 'systemd');
const UNITS = readdirSync(SYSTEMD);

/** The archive's program with nothing else in a folder, which becomes the root of a sandbox. */
async function root(/** @type {import('./places.mjs').Context} */ t) {
  const into = folder(t);
  mkdirSync(join(into, 'data'));
  copyFileSync(join(await archive(t), 'munjigi-gate'), join(into, 'munjigi-gate'));
  return into;
}

test('from the archive to the first pass', { skip: lacks('x86_64') }, async (t) => {
  const begin = performance.now();
  const told = (/** @type {string} */ what) => t.diagnostic(`${what}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  const place = await archive(t);
  const proxies = readdirSync(join(ROOT, 'deploy', 'proxy')).map((name) => join('proxy', name));
  for (const name of ['INSTALL', 'LICENSE', ...UNITS, ...proxies]) {
    assert.ok(existsSync(join(place, name)), name);
  }
  const gate = await served(t, [join(place, 'munjigi-gate')], folder(t));
  told('archive, init, serve');
  await visit(t, gate, () => told('with the first pass, of 30 s that it may take'));
});

test('the archive’s program serves as a stranger to the system who writes to one folder', { skip: lacks('x86_64', SANDBOX) }, async (t) => {
  await visit(t, await served(t, sandboxed(await root(t), folder(t), ['/munjigi-gate'])));
});

test('the archive’s program for ARM serves', { skip: lacks('aarch64', EMULATOR) }, async (t) => {
  const program = join(await archive(t, 'aarch64'), 'munjigi-gate');
  const gate = await served(t, [find(EMULATOR) ?? '', program], folder(t));
  await checkServing(gate.url);
  assert.match(await gate.run('--version'), /^munjigi-gate \d/);
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
  await visit(t, gate);
  assert.equal((await gate.run('health')).trim(), 'ready');
});

/** What a command says that fails; the page about installing has a row for it. */
function mistake(/** @type {string[]} */ [program = '', ...words], /** @type {RegExp} */ expected) {
  const { status, stderr } = spawnSync(program, words, { encoding: 'utf8', env: ENVIRONMENT, timeout: 30_000 });
  assert.notEqual(status, 0, 'it did not fail');
  const [said] = expected.exec(stderr) ?? [];
  assert.ok(said, stderr);
  const page = readFileSync(join(ROOT, 'docs', 'install.md'), 'utf8');
  assert.ok(page.split('\n').some((line) => line.startsWith('| `') && line.includes(said)), `no remedy for: ${said}`);
}

test('mistakes are told, and the page has their remedies', { skip: lacks('x86_64', SANDBOX) }, async (t) => {
  const place = await root(t);
  const inside = (/** @type {string | null} */ data, /** @type {string[]} */ ...words) =>
    sandboxed(place, data, ['/munjigi-gate', ...words]);
  await t.test('no volume', () => mistake(inside(null, 'init'), /mount a volume that can be written/));
  await t.test('a folder that belongs to someone else', () => {
    const data = folder(t);
    chmodSync(data, 0o555);
    mistake(inside(data, 'init'), /the folder must belong to the user that runs the gate/);
  });
  await t.test('no init', () => mistake(inside(folder(t), 'serve'), /there is no gate.toml in/));
  await t.test('init again', async () => {
    const data = folder(t);
    const [program = '', ...words] = inside(data, 'init');
    await output(program, words, { env: ENVIRONMENT });
    mistake(inside(data, 'init'), /exists and is left as it is/);
  });
  await t.test('two gates on one file', async (t) => {
    const data = folder(t);
    await served(t, inside(data));
    const [port, operators] = [await freePort(), await freePort()];
    const listens = [`MUNJIGI_GATE_LISTEN=127.0.0.1:${port}`, `MUNJIGI_GATE_OPERATOR_LISTEN=127.0.0.1:${operators}`];
    mistake(['env', ...listens, ...inside(data, 'serve')], /is in use by another munjigi-gate: one file, one process/);
  });
});

test('umoci unpacks the image', { skip: lacks('x86_64', 'umoci') }, async (t) => {
  const { layout, tag } = await image(t);
  const bundle = join(folder(t), 'bundle');
  await output(find('umoci') ?? '', ['unpack', '--rootless', '--image', `${layout}:${tag}`, bundle], { env: ENVIRONMENT });
  const { process } = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
  assert.deepEqual([process.args, process.cwd], [['/munjigi-gate'], '/data']);
  assert.ok(process.env.includes('MUNJIGI_GATE_LISTEN=0.0.0.0:8786'));
  assert.ok(existsSync(join(bundle, 'rootfs', 'etc', 'ssl', 'certs', 'ca-certificates.crt')));
  assert.equal(statSync(join(bundle, 'rootfs', 'data')).mode & 0o777, 0o700, 'its account alone reads the store');
});

for (const [machine, architecture] of [['x86_64', 'amd64'], ['aarch64', 'arm64']]) {
  test(`skopeo reads the ${architecture} image`, { skip: lacks(machine ?? '', 'skopeo') }, async () => {
    const file = `oci-archive:${join(MADE, made(machine ?? '', 'oci.tar') ?? '')}`;
    const config = JSON.parse(await output(find('skopeo') ?? '', ['inspect', '--config', '--override-arch', architecture ?? '', file], { env: ENVIRONMENT }));
    assert.equal(config.architecture, architecture);
    assert.equal(config.config.User, '65532:65532');
  });
}

const analyze = find('systemd-analyze');

test('systemd finds no mistake in the units and little that they expose', { skip: !analyze && 'no systemd-analyze: install systemd' }, async (t) => {
  const into = folder(t);
  const units = UNITS.map((name) => {
    // Any program that is there: this one's path is the server's.
    const text = readFileSync(join(SYSTEMD, name), 'utf8').replace('/usr/local/bin/munjigi-gate', '/bin/true');
    writeFileSync(join(into, name), text);
    return join(into, name);
  });
  const verified = spawnSync(analyze ?? '', ['verify', ...units], { encoding: 'utf8', env: ENVIRONMENT });
  assert.deepEqual([verified.status, verified.stderr], [0, '']);
  for (const name of UNITS.filter((name) => name.endsWith('.service'))) {
    const told = await output(analyze ?? '', ['security', '--offline=true', join(SYSTEMD, name)], { env: ENVIRONMENT });
    const exposed = Number(/exposure level for \S+: ([\d.]+)/.exec(told)?.[1]);
    assert.ok(exposed <= 2.5, `exposure level ${exposed} of ${name}`);
  }
});

test('the example of settings has every variable of the compose files', () => {
  const text = (/** @type {string} */ name) => readFileSync(join(ROOT, 'deploy', 'compose', name), 'utf8');
  const found = (/** @type {string} */ name, /** @type {RegExp} */ pattern) => [...text(name).matchAll(pattern)].map(([, variable]) => variable ?? '');
  const set = found('gate.env.example', /^(\w+)=/gm).sort();
  assert.deepEqual([...new Set(found('gate.yaml', /\$\{(\w+)/g))].sort(), set);
  // Caddy gets its own from there.
  for (const variable of found('Caddyfile', /\{\$(\w+)/g)) assert.ok(text('gate.yaml').includes(`\n      ${variable}: $`), variable);
});
