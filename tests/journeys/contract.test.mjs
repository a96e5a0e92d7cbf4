// Runs the contract suites of the ports, which the fakes pass in unit tests, on the real redemption
// objects, meter objects, KV and a bucket in a real workerd.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { ROOT } from '../support/stack.mjs';

const BUILD = join('.munjigi', 'builds', 'contract');
const WORKERD = join(ROOT, 'node_modules', 'workerd', 'bin', 'workerd');
const MODULES = ['index.js', 'index_bg.wasm'];

/**
 * A workerd with the worker and its stores, and nothing else.
 * @param {string} folder
 * @param {number} port
 * @param {Record<string, string>} vars
 */
function configuration(folder, port, vars) {
  const text = JSON.stringify;
  const bindings = Object.entries(vars).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "disk", disk = (path = ${text(join(folder, 'stores'))}, writable = true)),
    (name = "edge", worker = (
      modules = [
        (name = "index.js", esModule = embed "index.js"),
        (name = "./index_bg.wasm", wasm = embed "index_bg.wasm"),
      ],
      compatibilityDate = "2026-11-01",
      durableObjectNamespaces = [
        (className = "Redemptions", uniqueKey = "redemptions", enableSql = true),
        (className = "Meter", uniqueKey = "meter", enableSql = true),
      ],
      durableObjectStorage = (localDisk = "disk"),
      bindings = [
        (name = "REDEMPTIONS", durableObjectNamespace = (className = "Redemptions")),
        (name = "METER", durableObjectNamespace = (className = "Meter")),
        (name = "SITES", kvNamespace = (name = "kv", props = (json = ${text('{"namespace":"sites"}')}))),
        (name = "PICTURES", r2Bucket = (name = "r2", props = (json = ${text('{"bucket":"pictures"}')}))),
        ${bindings.join(',\n        ')},
      ],
    )),
    (name = "kv", worker = (
      modules = [(name = "kv.js", bundled = "/workerd/kv.js")],
      compatibilityDate = "2026-11-01",
      durableObjectNamespaces = [(className = "KVNamespace", uniqueKey = "munjigi-kv", enableSql = true)],
      durableObjectStorage = (localDisk = "disk"),
      bindings = [
        (name = "SHARD", durableObjectNamespace = "KVNamespace"),
        (name = "BLOBS", service = "disk"),
      ],
    )),
    (name = "r2", worker = (
      modules = [(name = "r2.js", esModule = embed "r2.js")],
      compatibilityDate = "2026-11-01",
      durableObjectNamespaces = [(className = "Bucket", uniqueKey = "munjigi-r2", enableSql = true)],
      durableObjectStorage = (localDisk = "disk"),
      bindings = [(name = "BUCKETS", durableObjectNamespace = "Bucket")],
    )),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "edge")],
);
`;
}

/** @returns {Promise<number>} */
const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });

/** @param {import('node:test').TestContext} t @param {string} folder @param {number} port */
async function start(t, folder, port) {
  const key = () => randomBytes(32).toString('base64url');
  const vars = {
    MUNJIGI_ROOT_KEYS: `k1:${key()}`,
    MUNJIGI_INTERNAL_KEYS: `k1:${key()}`,
    MUNJIGI_KEY_CHECK: key(),
    // As many as the suites' rows say that there are.
    MUNJIGI_SHARDS: '64',
  };
  for (const module of MODULES) copyFileSync(join(ROOT, BUILD, module), join(folder, module));
  copyFileSync(join(ROOT, 'tools', 'src', 'workerd', 'r2.js'), join(folder, 'r2.js'));
  mkdirSync(join(folder, 'stores'));
  writeFileSync(join(folder, 'config.capnp'), configuration(folder, port, vars));
  const workerd = spawn(process.execPath, [WORKERD, 'serve', '--experimental', 'config.capnp'], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  // Killing the group also ends the binary that the launcher started.
  t.after(() => process.kill(-(/** @type {number} */ (workerd.pid)), 'SIGKILL'));
  for (const deadline = Date.now() + 20_000; ; ) {
    try {
      return await fetch(`http://127.0.0.1:${port}/version`);
    } catch (error) {
      if (Date.now() > deadline || workerd.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

test('the real stores keep the contracts of their ports', { timeout: 900_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-contract-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await promisify(execFile)(join(ROOT, 'edge', 'build.sh'), ['--features', 'contract'], {
    env: { ...process.env, MUNJIGI_BUILD_DIR: BUILD },
  });
  const port = await freePort();
  await start(t, folder, port);
  const answer = await fetch(`http://127.0.0.1:${port}/__contract`, { method: 'POST' });
  assert.equal(answer.status, 200, 'a clause does not hold; workerd has said above which');
  const suites = ['redemption_store', 'price_store', 'control_store', 'meter', 'values', 'images'];
  assert.deepEqual(await answer.json(), suites);
});
