// The dashboards: as their generator writes them, in a language that Prometheus reads, and of metrics
// that there are.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { DASHBOARDS, written } from '../../deploy/grafana/generate.mjs';
import { output } from '../support/processes.mjs';
import { ROOT } from '../support/stack.mjs';
import { freePort, LITTLE_WORK, openStage, sendFleet, until } from '../support/stage.mjs';
import { DEPLOY, find, lacks } from './places.mjs';

const yaml = (/** @type {string} */ name) => parse(readFileSync(join(DEPLOY, 'prometheus', name), 'utf8'));
/** @type {string[]} */
const drawn = Object.values(DASHBOARDS).flatMap(({ panels }) => panels.flatMap(({ draws }) => draws.map(([expr]) => expr)));
/** @type {{record?: string, expr: string}[]} */
const rules = ['recording.yml', 'alerts.yml'].flatMap((name) => yaml(name).groups.flatMap((/** @type {any} */ group) => group.rules));

/** Names of metrics in an expression: what is recorded has colons. */
const named = (/** @type {string} */ expr) => expr.match(/\b(?:munjigi|node|probe)(?:_\w+|:[\w:]+)/g) ?? [];

/** Metrics that appear once something failed, or while there is a GPU, a replica or a backup; their
 * names are held against the sources that count them. */
const RARE = [
  'munjigi_anomalies_opened_total',
  'munjigi_backup_timestamp_seconds',
  'munjigi_certificate_not_after_seconds',
  'munjigi_console_visits_total',
  'munjigi_database_replica_lag_seconds',
  'munjigi_database_replica_used',
  'munjigi_delivery_failures_total',
  'munjigi_gpu_engine_failures_total',
  'munjigi_gpu_inference_seconds',
  'munjigi_gpu_picture_seconds',
  'munjigi_gpu_queue_depth',
  'munjigi_job_failures_total',
  'munjigi_pictures_missed_total',
  'munjigi_refusals_total',
];

test('the files are what the generator writes', () => {
  const files = readdirSync(join(DEPLOY, 'grafana')).filter((name) => name.endsWith('.json'));
  assert.deepEqual(files.sort(), Object.keys(DASHBOARDS).map((name) => `${name}.json`).sort());
  for (const name of Object.keys(DASHBOARDS)) {
    assert.equal(readFileSync(join(DEPLOY, 'grafana', `${name}.json`), 'utf8'), written(name), 'run node deploy/grafana/generate.mjs');
  }
});

test('Prometheus reads each expression, and not a broken one', { skip: lacks('promtool') }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-dashboards-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const check = async (/** @type {string[]} */ expressions) => {
    const file = join(folder, 'drawn.yml');
    writeFileSync(file, stringify({ groups: [{ name: 'drawn', rules: expressions.map((expr, at) => ({ record: `drawn_${at}`, expr })) }] }));
    await promisify(execFile)(find('promtool') ?? '', ['check', 'rules', file]);
  };
  await check(drawn);
  await assert.rejects(check(['sum(rate(munjigi_refusals_total[5m])']));
});

test('each recorded name that is drawn or alerted on is recorded', () => {
  const recorded = rules.flatMap(({ record }) => record ?? []);
  const used = [...drawn, ...rules.map(({ expr }) => expr)].flatMap(named).filter((name) => name.includes(':'));
  assert.deepEqual([...new Set(used)].filter((name) => !recorded.includes(name)), []);
  assert.deepEqual(recorded.filter((name) => !used.includes(name)), [], 'recorded for nothing');
});

/** Starts an exporter; its metrics. */
async function exported(/** @type {import('node:test').TestContext} */ t, /** @type {string} */ name, /** @type {string[]} */ words, path = '/metrics') {
  const port = await freePort();
  const exporter = spawn(find(name) ?? name, [...words, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  t.after(() => exporter.kill('SIGKILL'));
  const ask = () => fetch(`http://127.0.0.1:${port}${path}`).then((answer) => answer.text(), () => '');
  await until(name, async () => (await ask()) !== '', 20_000);
  return ask();
}

const EXPORTERS = ['prometheus-node-exporter', 'prometheus-blackbox-exporter'];

test('each metric that is drawn or alerted on is in a scrape of what runs', { skip: lacks(...EXPORTERS), timeout: 300_000 }, async (t) => {
  const stage = await openStage(t, 'gate', LITTLE_WORK);
  const [token] = await sendFleet(stage, stage.site.sitekey, 1);
  const body = new URLSearchParams({ secret: stage.site.secret, response: token ?? '' });
  const verified = await (await fetch(`${stage.edge}/siteverify`, { method: 'POST', body })).json();
  assert.equal(verified.success, true);
  const scrape = async (/** @type {string} */ url) => (await fetch(`${url}/metrics`)).text();
  const counted = /^munjigi_intake_events_total\{outcome="new"\} 1$/m;
  await until('the event at the origin', async () => counted.test(await scrape(stage.operators)), 60_000);
  // Counts come once a minute.
  await until('counts at the origin', async () => (await scrape(stage.operators)).includes('munjigi_intake_count_batches_total'), 120_000);
  const blackbox = join(DEPLOY, 'prometheus', 'blackbox.yml');
  const scraped = [
    await scrape(stage.operators),
    await scrape(stage.edge_operators),
    await exported(t, 'prometheus-node-exporter', []),
    await exported(t, 'prometheus-blackbox-exporter', [`--config.file=${blackbox}`], `/probe?module=http_2xx&target=${stage.edge}/health`),
  ].join('\n');
  assert.match(scraped, /^probe_success 1$/m);
  const found = new Set([...scraped.matchAll(/^(\w+)[{ ]/gm)].map(([, name]) => name));
  const used = [...drawn, ...rules.map(({ expr }) => expr)].flatMap(named).filter((name) => !name.includes(':'));
  const missing = [...new Set(used)].filter((name) => !found.has(name));
  // Only over TLS.
  const rare = [...RARE, 'probe_ssl_earliest_cert_expiry'];
  const base = (/** @type {string} */ name) => name.replace(/_(?:bucket|sum)$/, '');
  assert.deepEqual(missing.filter((name) => !rare.includes(base(name))), []);
  const sources = await output('git', ['-C', ROOT, 'grep', '-h', '-o', '"munjigi_[a-z_]*"', '--', 'gate', 'origin', 'crates', 'gpu-backend/src']);
  assert.deepEqual(RARE.filter((name) => !sources.includes(`"${name}"`)), [], 'no source counts them');
});
