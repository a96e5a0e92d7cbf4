// What watches a machine: the settings of Prometheus and Alertmanager as their own tools read them,
// and each alert with its cases and its section in the runbook.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { output } from '../support/processes.mjs';
import { ROOT } from '../support/stack.mjs';
import { DEPLOY, find, lacks } from './places.mjs';

const PROMETHEUS = join(DEPLOY, 'prometheus');
const ROUTES = join(DEPLOY, 'alertmanager', 'alertmanager.yml');
const read = (/** @type {string} */ path) => readFileSync(path, 'utf8');
const yaml = (/** @type {string} */ name) => parse(read(join(PROMETHEUS, name)));

/** @type {{alert: string, labels: {severity: string}, annotations: {summary: string, runbook: string}}[]} */
const alerts = yaml('alerts.yml').groups.flatMap((/** @type {any} */ group) => group.rules);

/** A copy of the folder, as an operator has it; gone after the test. */
function installed(/** @type {import('node:test').TestContext} */ t) {
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-prometheus-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(PROMETHEUS, folder, { recursive: true });
  renameSync(join(folder, 'edge.yml.example'), join(folder, 'edge.yml'));
  return folder;
}

const promtool = (/** @type {string} */ cwd, /** @type {string[]} */ ...words) => output(find('promtool') ?? '', words, { cwd });
/** What a tool prints; what it warns of is dropped. */
const quietly = promisify(execFile);
const amtool = async (/** @type {string[]} */ ...words) => (await quietly(find('amtool') ?? '', words)).stdout;

test('Prometheus reads its settings and rules', { skip: lacks('promtool') }, async (t) => {
  const folder = installed(t);
  await promtool(folder, 'check', 'config', 'prometheus.yml');
  const rules = await promtool(folder, 'check', 'rules', '--lint-fatal', 'recording.yml', 'alerts.yml');
  assert.match(rules, new RegExp(`${alerts.length} rules found`));
});

test('each alert fires where it should and nowhere else', { skip: lacks('promtool') }, async (t) => {
  await promtool(installed(t), 'test', 'rules', 'alerts.test.yml');
});

test('each alert has a case in which it fires and one in which it does not', () => {
  /** @type {{alertname: string, exp_alerts: unknown[]}[]} */
  const cases = yaml('alerts.test.yml').tests.flatMap((/** @type {any} */ one) => one.alert_rule_test);
  for (const { alert } of alerts) {
    const own = cases.filter((one) => one.alertname === alert).map((one) => one.exp_alerts.length > 0);
    assert.deepEqual([...new Set(own)].sort(), [false, true], alert);
  }
  const names = alerts.map(({ alert }) => alert);
  assert.deepEqual(cases.filter((one) => !names.includes(one.alertname)), []);
});

test('a rule that is turned round fails its cases', { skip: lacks('promtool') }, async (t) => {
  const text = read(join(PROMETHEUS, 'alerts.yml'));
  for (const [rule, wrong] of [
    ['munjigi:request_seconds:p95_5m > 2', 'munjigi:request_seconds:p95_5m > 20'],
    ['munjigi:memory:ratio > 0.85', 'munjigi:memory:ratio < 0.85'],
    ['munjigi_database_up == 0', 'munjigi_database_is_up == 0'],
  ]) {
    const folder = installed(t);
    assert.ok(text.includes(rule ?? ''), rule);
    writeFileSync(join(folder, 'alerts.yml'), text.replace(rule ?? '', wrong ?? ''));
    await assert.rejects(quietly(find('promtool') ?? '', ['test', 'rules', 'alerts.test.yml'], { cwd: folder }), rule);
  }
});

test('each alert has its section in the runbook, and each section its alert', () => {
  const sections = [...read(join(ROOT, 'docs', 'runbook.md')).matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
  assert.deepEqual([...sections].sort(), alerts.map(({ alert }) => alert).sort());
  for (const { alert, annotations, labels } of alerts) {
    assert.equal(annotations.runbook, `docs/runbook.md#${alert.toLowerCase()}`);
    assert.ok(['page', 'ticket'].includes(labels.severity), alert);
  }
});

test('Alertmanager sends pages and tickets to where they belong', { skip: lacks('amtool') }, async () => {
  await amtool('check-config', ROUTES);
  const goes = async (/** @type {string[]} */ ...labels) =>
    (await amtool('config', 'routes', 'test', '--config.file', ROUTES, ...labels)).trim();
  for (const { alert, labels } of alerts) {
    const expected = labels.severity === 'page' ? 'pages' : 'tickets';
    assert.equal(await goes(`alertname=${alert}`, `severity=${labels.severity}`), expected, alert);
  }
});
