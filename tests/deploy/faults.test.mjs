// Faults that are made for real, and the alerts of them that reach Alertmanager: each within two
// minutes, by the shipped settings.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { named } from '../support/processes.mjs';
import { openGate } from '../gate/alone.mjs';
import { freePort, LITTLE_WORK, openStage, until } from '../support/stage.mjs';
import { lacks } from './places.mjs';
import { certificate, openMachine, openRoom, openWatch } from './watched.mjs';

const EXPORTERS = ['prometheus-node-exporter', 'prometheus-blackbox-exporter'];
const PROGRAMS = ['prometheus', 'prometheus-alertmanager', ...EXPORTERS, 'bwrap', 'openssl'];
const WITHIN_S = 120;
/** How long Alertmanager gathers alerts before it tells people of them, and a little more. */
const GATHERED_MS = 40_000;
const DAY_MS = 86_400_000;

/** @typedef {Record<string, string>} Labels */

const has = (/** @type {Labels} */ labels, /** @type {Labels} */ wanted) => Object.entries(wanted).every(([name, value]) => labels[name] === value);
const host = (/** @type {string} */ url) => new URL(url).host;

/**
 * A gate with TLS of its own, whose certificate ends in three months, and one that ends in five days.
 * @param {import('node:test').TestContext} t
 * @param {string} folder for what it does not have yet
 */
async function openTlsGate(t, folder) {
  const port = await freePort();
  const [long, short] = await Promise.all([certificate(folder, 'long', 90), certificate(folder, 'short', 5)]);
  const variables = { MUNJIGI_GATE_LISTEN: `127.0.0.1:${port}`, MUNJIGI_GATE_URL: `https://localhost:${port}` };
  const settings = (/** @type {string} */ text) => `tls_certificate = "gate.pem"\ntls_key = "gate.key"\n${text}`;
  const put = async (/** @type {string} */ into, from = long) => {
    copyFileSync(from.path, join(into, 'gate.pem'));
    copyFileSync(from.key, join(into, 'gate.key'));
  };
  const gate = await openGate(t, [], variables, settings, put);
  const authorities = join(folder, 'authorities.pem');
  writeFileSync(authorities, [long, short].map(({ path }) => readFileSync(path, 'utf8')).join(''));
  const shorten = () => put(gate.folder, short).then(gate.reload);
  /** Notes a backup of three days ago. */
  const forget = () => writeFileSync(join(gate.folder, 'munjigi.db.backup'), `${Date.now() - 3 * DAY_MS}\n`);
  return { operators: host(gate.operators), health: `https://localhost:${port}/health`, authorities, shorten, forget };
}

/**
 * Asks the origin for what it reads in a table, over and over, while others hold a lock on that table.
 * @param {any} stage
 */
async function openCrowd(stage) {
  // The origin has to look for a key before it can say that there is none.
  const headers = { authorization: `Bearer mjk_${'A'.repeat(43)}` };
  const ask = async () => {
    const answer = await fetch(`${stage.origin}/api/v1/me`, { headers });
    assert.equal(answer.status, 401, await answer.text());
  };
  await ask();
  return async (/** @type {() => Promise<unknown>} */ during) => {
    const session = new Client({ connectionString: stage.database });
    await session.connect();
    const held = 'BEGIN; LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(4); COMMIT';
    let over = false;
    const repeat = async (/** @type {() => Promise<unknown>} */ what) => {
      while (!over) await what();
    };
    const busy = Promise.all([repeat(() => session.query(held)), ...[1, 2, 3].map(() => repeat(ask))]);
    try {
      // The crowd ends by itself only when the origin answers it wrongly.
      await Promise.race([during(), busy]);
    } finally {
      over = true;
      await busy.finally(() => session.end());
    }
  };
}

/** Stops each process of Postgres where it is, for as long as something takes. */
async function frozen(/** @type {() => Promise<unknown>} */ during) {
  const processes = named(process.pid, 'postgres');
  assert.ok(processes.length > 0, 'no Postgres below this process');
  const signal = (/** @type {NodeJS.Signals} */ what) => {
    for (const pid of processes) {
      try {
        process.kill(pid, what);
      } catch {
        // One of them has ended.
      }
    }
  };
  signal('SIGSTOP');
  try {
    await during();
  } finally {
    signal('SIGCONT');
  }
}

test('five faults reach Alertmanager within two minutes, and people after that', { skip: lacks(...PROGRAMS), timeout: 600_000 }, async (t) => {
  // One of its own, because it is stopped.
  delete process.env.MUNJIGI_DATABASE_URL;
  const stage = await openStage(t, 'gate', LITTLE_WORK);
  const room = openRoom(t);
  const [gate, machine, crowd] = [await openTlsGate(t, room.folder), await openMachine(room), await openCrowd(stage)];
  const visited = `${stage.edge}/health`;
  const targets = {
    gate: [host(stage.edge_operators), gate.operators],
    origin: [host(stage.operators)],
    machine: [machine.address],
    visitor: [visited, gate.health],
  };
  const watch = await openWatch(t, room, targets, gate.authorities);

  await until('a scrape of everything', watch.seen, 60_000);
  const began = Date.now();
  await until('the rules', () => watch.judged(began), 60_000);
  assert.deepEqual(await watch.arrived(), [], 'alerts before any fault');

  /** @type {Labels[]} */
  const expected = [];
  /** Waits for a fault's alert. @param {Labels} labels @param {number} made when the fault was made */
  const arrives = async (labels, made) => {
    expected.push(labels);
    const found = async () => {
      await sleep(1_000);
      return (await watch.arrived()).find((alert) => has(alert.labels, labels));
    };
    await until(`${labels.alertname} of ${labels.job}`, found, made + WITHIN_S * 1_000 - Date.now());
    t.diagnostic(`${labels.alertname} of ${labels.job}: ${Math.round((Date.now() - made) / 1_000)} s`);
  };
  const about = async (/** @type {Labels[]} */ ...alerts) => {
    const pending = await watch.pending();
    for (const alert of alerts) assert.ok(!pending.some(({ labels }) => has(labels, alert)), `${alert.alertname} before its fault`);
    const made = Date.now();
    return () => Promise.all(alerts.map((alert) => arrives(alert, made)));
  };

  const killed = async () => {
    const instance = host(stage.edge_operators);
    const page = { alertname: 'MunjigiDown', severity: 'page' };
    const wait = await about({ ...page, job: 'gate', instance }, { ...page, job: 'visitor', instance: visited });
    await stage.order('kill edge');
    await wait();
  };
  const shortened = async () => {
    const ticket = { alertname: 'MunjigiCertificateEnds', severity: 'ticket' };
    const wait = await about({ ...ticket, job: 'gate', instance: gate.operators }, { ...ticket, job: 'visitor', instance: gate.health });
    await gate.shorten();
    await wait();
  };
  const filled = async () => {
    const full = { alertname: 'MunjigiDiskFull', severity: 'page', job: 'machine', mountpoint: machine.disk };
    const old = { alertname: 'MunjigiBackupOld', severity: 'ticket', job: 'gate' };
    if (!machine.fill) t.diagnostic('no disk may be mounted here: a backup is forgotten in place of a disk that is filled');
    const wait = await about(machine.fill ? full : old);
    (machine.fill ?? gate.forget)();
    await wait();
  };
  const slowed = async () => {
    const wait = await about({ alertname: 'MunjigiSlow', severity: 'page', job: 'origin' });
    await crowd(wait);
    const down = await about({ alertname: 'MunjigiDatabaseDown', severity: 'page', job: 'origin' });
    await frozen(down);
  };
  const faults = await Promise.allSettled([killed(), shortened(), filled(), slowed()]);
  assert.deepEqual(faults.flatMap((fault) => (fault.status === 'rejected' ? [String(fault.reason)] : [])), []);

  const receivers = { page: 'pages', ticket: 'tickets' };
  for (const labels of expected) {
    const receiver = receivers[/** @type {'page' | 'ticket'} */ (labels.severity)];
    const sent = async () => watch.told.some((one) => one.receiver === receiver && has(one.labels, labels));
    await until(`${labels.alertname} of ${labels.job} at ${receiver}`, sent, GATHERED_MS);
  }
  const others = (await watch.arrived()).filter(({ labels }) => !expected.some((one) => has(labels, one)));
  assert.deepEqual(others.map(({ labels }) => labels), [], 'alerts of no fault');
});
