// Hashes per second of generated modules, by epoch length: the curve that EPOCH_LEN was chosen
// from.
//
//   node crates/pow/benches/engine.mjs [node] [chromium] [firefox] [workerd]
//
// Each figure includes generating the module, compiling and instantiating it, for every epoch.
// workerd only verifies, with the Wasm of a worker; its clock stands still during a call, so calls
// of two lengths are timed from outside.
// MUNJIGI_CHROMIUM and MUNJIGI_FIREFOX name the browsers' programs.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

import puppeteer from 'puppeteer-core';
import program from 'workerd';

import { ARGUMENTS, CHROMIUM } from '../../../tests/support/browsers.mjs';
import { engine, inWorker } from '../../../tests/journeys/pow-engine.mjs';

const LENGTHS = [463, 2_000, 8_000, 32_000, 65_536, 131_072];
const OPTIONS = { lengths: LENGTHS, seconds: 3 };

// Runs in the measured engine, so it must not use anything from outside.
function measure(bytes, { lengths, seconds }) {
  const rust = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  const words = new BigUint64Array(4);
  const modules = () => {
    crypto.getRandomValues(words);
    const at = BigInt.asUintN(64, rust.module(...words));
    return new Uint8Array(rust.memory.buffer, Number(at & 0xffffffffn), Number(at >> 32n)).slice();
  };
  // Milliseconds: the fastest quarter of all runs within `span`. Other work on the machine slows
  // runs down; nothing makes them faster.
  const time = (work, span) => {
    const runs = [];
    for (let now = performance.now(), end = now + span; now < end; ) {
      work();
      runs.push(-(now - (now = performance.now())));
    }
    return runs.sort((a, b) => a - b)[runs.length >> 2];
  };
  const instance = () => new WebAssembly.Instance(new WebAssembly.Module(modules())).exports;
  // Browsers' clocks are coarse, so short work is repeated.
  const repeat = (count, work) => () => {
    for (let i = 0; i < count; i += 1) work();
  };
  time(instance, 300);
  const generate = time(repeat(20, modules), 500) / 20;
  const create = time(repeat(20, instance), 500) / 20 - generate;
  time(() => rust.verify(100), 500);
  const verify = time(() => rust.verify(100), 1_000) / 100;
  const rates = lengths.map((length) => {
    const functions = Math.ceil(32_768 / length);
    const epochs = repeat(functions, () => instance().search(0n, length, 0n));
    time(epochs, 500);
    return (functions * length) / time(epochs, seconds * 1_000);
  });
  const long = instance();
  long.search(0n, 200_000, 0n);
  const endless = 400_000 / time(() => long.search(0n, 400_000, 0n), 1_000);
  return { generate, create, verify, rates, endless };
}

async function browser(options, bytes) {
  const launched = { headless: true, protocolTimeout: 300_000, ...options };
  const running = await puppeteer.launch(launched);
  try {
    const result = await inWorker(await running.newPage(), measure, bytes, OPTIONS);
    return [await running.version(), result];
  } finally {
    await running.close();
  }
}

const WORKER = `import module from "./engine.wasm";
const rust = new WebAssembly.Instance(module).exports;
export default {
  fetch({ url }) {
    rust.verify(Number(new URL(url).searchParams.get("times")));
    return new Response();
  },
};
`;

async function workerd(bytes) {
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-engine-'));
  writeFileSync(join(folder, 'engine.wasm'), bytes);
  writeFileSync(join(folder, 'worker.js'), WORKER);
  writeFileSync(
    join(folder, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [
      (name = "worker.js", esModule = embed "worker.js"),
      (name = "./engine.wasm", wasm = embed "engine.wasm"),
    ],
    compatibilityDate = "2026-11-01",
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`,
  );
  const child = spawn(program.default, ['serve', '--control-fd=3', 'config.capnp'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  try {
    const [first] = await once(child.stdio[3], 'data');
    const { port } = JSON.parse(String(first).split('\n')[0]);
    const time = async (times) => {
      const start = performance.now();
      await (await fetch(`http://127.0.0.1:${port}/?times=${times}`)).text();
      return performance.now() - start;
    };
    await time(3_000);
    const rounds = [];
    for (let i = 0; i < 21; i += 1) rounds.push((await time(2_000)) - (await time(1_000)));
    return { verify: rounds.sort((a, b) => a - b)[rounds.length >> 1] / 1_000 };
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

const ENGINES = {
  node: (bytes) => [`Node ${process.version}`, measure(bytes, OPTIONS)],
  chromium: (bytes) => browser({ executablePath: CHROMIUM, args: ARGUMENTS }, bytes),
  firefox: (bytes) =>
    browser(
      {
        browser: 'firefox',
        executablePath: process.env.MUNJIGI_FIREFOX ?? '/usr/bin/firefox-esr',
      },
      bytes,
    ),
  workerd: async (bytes) => ['workerd', await workerd(bytes)],
};

const bytes = engine();
const wanted = process.argv.slice(2);
console.log(`${cpus().length} × ${cpus()[0].model}, ${new Date().toISOString().slice(0, 10)}`);
for (const name of wanted.length ? wanted : ['node', 'chromium']) {
  const [title, result] = await ENGINES[name](bytes);
  console.log(`\n${title}`);
  const verified = `verify 16 ${(result.verify * 1e3).toFixed(0)} µs`;
  if (!result.rates) {
    console.log(verified);
    continue;
  }
  console.log('| nonces per function | thousand hashes/s | of the endless rate |\n| --- | --- | --- |');
  const row = (length, rate) =>
    console.log(`| ${length} | ${rate.toFixed(0)} | ${(rate / result.endless).toFixed(2)} |`);
  LENGTHS.forEach((length, i) => row(length, result.rates[i]));
  row('endless', result.endless);
  console.log(
    `generate ${(result.generate * 1e3).toFixed(0)} µs, Module + Instance ` +
      `${(result.create * 1e3).toFixed(0)} µs, ${verified}`,
  );
}
