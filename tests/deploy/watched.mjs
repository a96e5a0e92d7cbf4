// A watched machine: Prometheus and Alertmanager with the shipped settings, what they look at, and
// means of breaking it.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { freePort, until } from '../support/stage.mjs';
import { DEPLOY, find } from './places.mjs';

const PROMETHEUS = join(DEPLOY, 'prometheus');
const yaml = (/** @type {string} */ path) => parse(readFileSync(path, 'utf8'));

/** @typedef {{labels: Record<string, string>}} Alert */
/** @typedef {ReturnType<typeof openRoom>} Room */

/**
 * A folder, and programs that run until the test ends.
 * @param {import('node:test').TestContext} t
 */
export function openRoom(t) {
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-watched-'));
  /** @type {import('node:child_process').ChildProcess[]} */
  const children = [];
  t.after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
    rmSync(folder, { recursive: true, force: true });
  });
  const run = (/** @type {string} */ program, /** @type {string[]} */ words, more = {}) => {
    const child = spawn(program, words, { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, ...more } });
    child.on('error', () => {});
    child.stdin.on('error', () => {});
    children.push(child);
    return child;
  };
  return { folder, run };
}

/** What an address answers, or null. @param {string} url @returns {Promise<any>} */
export const ask = (url) => fetch(url).then((answer) => (answer.ok ? answer.json() : null), () => null);

/**
 * A program with the files that its package has in `/usr/share`, also where the package is unpacked
 * elsewhere: Debian's Alertmanager does not start without its templates.
 */
function packaged(/** @type {string} */ name) {
  const program = find(name) ?? name;
  const [own, installed] = [join(program, '..', '..', 'share', 'prometheus'), '/usr/share/prometheus'];
  if (own === installed || existsSync(installed) || !existsSync(own)) return [program];
  const sees = ['--dev-bind', '/', '/', '--tmpfs', '/usr/share', '--ro-bind', own, installed];
  return [find('bwrap') ?? 'bwrap', '--die-with-parent', ...sees, program];
}

/** Starts one of the programs that listen; its address. */
async function listening(/** @type {Room} */ { run }, /** @type {string} */ name, /** @type {string[]} */ words, more = {}) {
  const address = `127.0.0.1:${await freePort()}`;
  const [program = '', ...before] = packaged(name);
  run(program, [...before, ...words, `--web.listen-address=${address}`], more).stdout.resume();
  await until(name, () => fetch(`http://${address}/`).then(() => true, () => false));
  return address;
}

/** Where Alertmanager sends what it has to tell people: the names of alerts by receiver. */
async function openReceiver(/** @type {import('node:test').TestContext} */ t) {
  /** @type {{receiver: string, labels: Record<string, string>}[]} */
  const told = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { receiver, alerts } = JSON.parse(text);
    told.push(...alerts.map((/** @type {Alert} */ { labels }) => ({ receiver, labels })));
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => (server.closeAllConnections(), server.close()));
  return { url: `http://127.0.0.1:${/** @type {any} */ (server.address()).port}/`, told };
}

/**
 * Starts Alertmanager and Prometheus with the shipped settings, in which only addresses are others.
 * @param {import('node:test').TestContext} t
 * @param {Room} room
 * @param {Record<string, string[]>} targets by job
 * @param {string} authorities the file of certificates that a visitor trusts
 */
export async function openWatch(t, room, targets, authorities) {
  const { folder } = room;
  const receiver = await openReceiver(t);
  const routes = yaml(join(DEPLOY, 'alertmanager', 'alertmanager.yml'));
  routes.receivers = routes.receivers.map((/** @type {{name: string}} */ { name }) => ({ name, webhook_configs: [{ url: receiver.url }] }));
  writeFileSync(join(folder, 'alertmanager.yml'), stringify(routes));
  const alone = ['--config.file=alertmanager.yml', '--storage.path=alertmanager', '--cluster.listen-address='];
  const manager = await listening(room, 'prometheus-alertmanager', alone);
  const modules = `--config.file=${join(PROMETHEUS, 'blackbox.yml')}`;
  const prober = await listening(room, 'prometheus-blackbox-exporter', [modules], { SSL_CERT_FILE: authorities });
  const settings = yaml(join(PROMETHEUS, 'prometheus.yml'));
  settings.alerting.alertmanagers[0].static_configs[0].targets = [manager];
  for (const job of settings.scrape_configs) {
    if (job.static_configs) job.static_configs[0].targets = targets[job.job_name] ?? [];
    else job.relabel_configs.find((/** @type {any} */ rule) => rule.target_label === '__address__').replacement = prober;
  }
  writeFileSync(join(folder, 'prometheus.yml'), stringify(settings));
  writeFileSync(join(folder, 'edge.yml'), stringify([{ targets: targets.visitor }]));
  for (const rules of settings.rule_files) cpSync(join(PROMETHEUS, rules), join(folder, rules));
  const prometheus = await listening(room, 'prometheus', ['--config.file=prometheus.yml', '--storage.tsdb.path=prometheus']);
  const api = async (/** @type {string} */ path) => (await ask(`http://${prometheus}/api/v1/${path}`))?.data;
  return {
    /** What has been sent to people. */
    told: receiver.told,
    /** What has arrived at Alertmanager. @returns {Promise<Alert[]>} */
    arrived: async () => (await ask(`http://${manager}/api/v2/alerts`)) ?? [],
    /** What Prometheus is about to say. @returns {Promise<Alert[]>} */
    pending: async () => (await api('alerts')).alerts,
    /** Whether each target answers. */
    seen: async () => {
      const { result = [] } = (await api('query?query=probe_success==1 or up{job!="visitor"}==1')) ?? {};
      return result.length === Object.values(targets).flat().length;
    },
    /** Whether each rule has been worked out since a time. */
    judged: async (/** @type {number} */ since) => {
      const rules = ((await api('rules'))?.groups ?? []).flatMap((/** @type {any} */ group) => group.rules);
      const done = (/** @type {any} */ rule) => rule.health === 'ok' && Date.parse(rule.lastEvaluation) > since;
      return rules.length > 0 && rules.every(done);
    },
  };
}

/** Mounts a disk, says so, runs the exporter, and fills the disk when it is told to. */
const MACHINE = `mount -o loop disk.img disk && echo mounted || exit 1
"$@" & read go && head -c 64M /dev/zero > disk/full; read end; kill $!`;

/**
 * A machine with one small disk and its exporter: in a mount namespace of its own, which the kernel
 * lets only root have. `fill` is null where there is no such disk.
 * @param {Room} room
 */
export async function openMachine(room) {
  const { folder, run } = room;
  const [address, disk] = [`127.0.0.1:${await freePort()}`, join(folder, 'disk')];
  // How full the disks of the machine that runs the test are, is not the question.
  const others = readFileSync('/proc/self/mounts', 'utf8').trim().split('\n').map((line) => line.split(' ')[1] ?? '');
  const pattern = others.map((path) => path.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&')).join('|');
  const exporter = [
    find('prometheus-node-exporter') ?? '',
    `--web.listen-address=${address}`,
    `--collector.filesystem.mount-points-exclude=^(${pattern})$`,
  ];
  mkdirSync(disk);
  const made = promisify(execFile)('sh', ['-c', 'truncate -s 32M disk.img && PATH=$PATH:/usr/sbin:/sbin mkfs.ext4 -q disk.img'], { cwd: folder });
  const apart = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const start = () => run('unshare', [...apart, 'sh', '-c', MACHINE, 'sh', ...exporter]);
  const machine = await made.then(start, () => null);
  const mounted = await new Promise((resolve) => {
    if (!machine) return resolve(false);
    machine.stdout.once('data', () => resolve(true));
    machine.once('error', () => resolve(false)).once('exit', () => resolve(false));
  });
  if (!mounted) run(exporter[0] ?? '', exporter.slice(1)).stdout.resume();
  await until('the exporter', () => fetch(`http://${address}/`).then(() => true, () => false));
  return { address, disk, fill: mounted && machine ? () => void machine.stdin.write('\n') : null };
}

/**
 * A self-signed certificate for localhost, with its key.
 * @param {string} folder
 * @param {string} name of the files
 * @param {number} days until it ends
 */
export async function certificate(folder, name, days) {
  const [key, path] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', String(days)];
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost'];
  await promisify(execFile)('openssl', ['req', ...kind, ...names, '-keyout', key, '-out', path, '-batch']);
  return { key, path };
}
