// Writes the dashboards beside it: `node deploy/grafana/generate.mjs`. A panel is a title, a unit
// and what it draws; where it stands and everything else that Grafana wants is the same for all.

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @typedef {{title: string, unit: string, about: string, draws: [expr: string, legend: string][], limit?: number}} Panel */

/** @type {(title: string, unit: string, about: string, draws: [string, string][], limit?: number) => Panel} */
const panel = (title, unit, about, draws, limit) => ({ title, unit, about, draws, ...(limit === undefined ? {} : { limit }) });

/** @type {Record<string, {title: string, panels: Panel[]}>} */
export const DASHBOARDS = {
  service: {
    title: 'Munjigi: service',
    panels: [
      panel('Alerts that fire', 'short', 'By name; docs/runbook.md has a section for each.', [['count by (alertname, severity) (ALERTS{alertname=~"Munjigi.*", alertstate="firing"})', '{{alertname}}']]),
      panel('Requests', 'reqps', 'Answered by each service, on all routes.', [['munjigi:requests:rate5m', '{{job}}']]),
      panel('Failed requests', 'percentunit', 'The share of answers with a status of 500 or above.', [['munjigi:errors:ratio5m', '{{job}}']], 0.01),
      panel('95th percentile of answers', 's', 'One request in twenty takes longer.', [['munjigi:request_seconds:p95_5m', '{{job}}']], 2),
      panel('99th percentile of answers', 's', 'One request in a hundred takes longer.', [['munjigi:request_seconds:p99_5m', '{{job}}']]),
      panel('Requests in flight', 'short', 'Being answered at the moment of the scrape.', [['munjigi_http_requests_in_flight', '{{job}} {{instance}}']], 80),
      panel('95th percentile of commits', 's', 'Until the store has a transaction on its disk.', [['munjigi:store_commit_seconds:p95_5m', '{{job}}']], 0.5),
      panel('Redemptions that wait for the origin', 'short', 'At the gate. They are kept for 14 days.', [['munjigi_edge_events_waiting', '{{instance}}']], 10_000),
      panel('From redemption to record', 's', 'The 95th percentile of the newest event of each batch.', [['histogram_quantile(0.95, sum by (le) (rate(munjigi_event_lag_seconds_bucket[5m])))', 'lag']]),
      panel('Deliveries that wait', 'short', 'By topic.', [['munjigi_delivery_pending', '{{topic}}']], 1_000),
      panel('Failed deliveries', 'short', 'A second, by topic and code.', [['sum by (topic, code) (rate(munjigi_delivery_failures_total[5m]))', '{{topic}} {{code}}']]),
      panel('Failed jobs', 'short', 'In the last hour, by job.', [['sum by (exported_job) (increase(munjigi_job_failures_total[1h]))', '{{exported_job}}']]),
    ],
  },
  resources: {
    title: 'Munjigi: resources',
    panels: [
      panel('Services that answer', 'short', '1: Prometheus reaches it.', [['up', '{{job}} {{instance}}']]),
      panel('Processors', 'percentunit', 'The share of the time in which they work.', [['munjigi:cpu:ratio5m', '{{instance}}']], 0.8),
      panel('Memory', 'percentunit', 'What is not available to programs.', [['munjigi:memory:ratio', '{{instance}}']], 0.85),
      panel('Disks', 'percentunit', 'How full each file system is.', [['munjigi:disk:ratio', '{{instance}} {{mountpoint}}']], 0.85),
      panel('Disk time', 'percentunit', 'The share of the time in which a disk is busy.', [['rate(node_disk_io_time_seconds_total[5m])', '{{instance}} {{device}}']]),
      panel('Network', 'Bps', 'Received and sent.', [
        ['sum by (instance) (rate(node_network_receive_bytes_total{device!="lo"}[5m]))', '{{instance}} in'],
        ['sum by (instance) (rate(node_network_transmit_bytes_total{device!="lo"}[5m]))', '{{instance}} out'],
      ]),
      panel('Connections to Postgres', 'percentunit', 'In use, of those that a pool may have.', [['munjigi:pool:ratio', '{{instance}} {{pool}}']], 0.8),
      panel('Wait for a connection', 's', 'How long the scrape itself waited; 1 means that the pool is exhausted.', [['munjigi_pool_wait_seconds', '{{instance}}']]),
      panel('Replica', 's', 'How far it is behind; above a minute it is not used.', [['munjigi_database_replica_lag_seconds', '{{instance}}']]),
      panel('GPU or the processor in its place', 'percentunit', 'The share of the time in which it computes or draws.', [['munjigi:gpu:ratio5m', '{{instance}}']]),
      panel('Work that waits for it', 'short', 'By queue and priority.', [['sum by (queue, priority) (munjigi_gpu_queue_depth)', '{{queue}} {{priority}}']], 1_000),
      panel('Age of the last backup', 's', 'Of each store.', [['munjigi:backup:age_seconds', '{{job}}']], 172_800),
      panel('Days of the certificate', 'd', 'Until it ends.', [['munjigi:certificate:left_seconds / 86400', '{{instance}}']]),
    ],
  },
  business: {
    title: 'Munjigi: visitors',
    panels: [
      panel('Redeemed tokens', 'short', 'A second, from the origin’s records.', [['munjigi:redeemed:rate5m', 'redeemed']]),
      panel('Calls of visitors and back ends', 'reqps', 'By route of the gate. A Worker has no metrics: the console shows its counts.', [['sum by (route) (rate(munjigi_http_requests_total{job="gate", route!~"asset|none"}[5m]))', '{{route}}']]),
      panel('Refused at the gate', 'reqps', 'Answers with 4xx, by route and status.', [['sum by (route, status) (rate(munjigi_http_requests_total{job="gate", status=~"4.."}[5m]))', '{{route}} {{status}}']]),
      panel('Refused at the origin', 'short', 'A second, by code.', [['munjigi:refused:rate5m', '{{code}}']]),
      panel('Events recorded', 'short', 'A second: new, raised, or delivered again.', [['sum by (outcome) (rate(munjigi_intake_events_total[5m]))', '{{outcome}}']]),
      panel('Visits to the console’s forms', 'short', 'A second, by form and outcome.', [['sum by (form, outcome) (rate(munjigi_console_visits_total[5m]))', '{{form}} {{outcome}}']]),
      panel('Pictures left', 'short', 'Challenges in published packs, by kind.', [['munjigi_picture_pool_challenges_left', '{{type}}']]),
      panel('Pictures missed', 'short', 'Due, and not there, in the last hour.', [['sum by (type) (increase(munjigi_pictures_missed_total[1h]))', '{{type}}']]),
      panel('Anomalies', 'short', 'Opened in the last day.', [['increase(munjigi_anomalies_opened_total[1d])', 'opened']]),
    ],
  },
};

/** Two panels side by side. */
const place = (/** @type {number} */ number) => ({ x: (number % 2) * 12, y: Math.floor(number / 2) * 8, w: 12, h: 8 });

const drawn = (/** @type {Panel} */ { title, unit, about, draws, limit }, /** @type {number} */ number) => ({
  id: number + 1,
  type: 'timeseries',
  title,
  description: about,
  datasource: { type: 'prometheus', uid: '${source}' },
  gridPos: place(number),
  fieldConfig: {
    defaults: {
      unit,
      min: 0,
      custom: { fillOpacity: 10, showPoints: 'never', thresholdsStyle: { mode: limit === undefined ? 'off' : 'line' } },
      thresholds: { mode: 'absolute', steps: [{ color: 'green', value: null }, ...(limit === undefined ? [] : [{ color: 'red', value: limit }])] },
    },
    overrides: [],
  },
  options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
  targets: draws.map(([expr, legendFormat], index) => ({ refId: String.fromCharCode(65 + index), expr, legendFormat })),
});

/** A dashboard as Grafana imports it. */
export const dashboard = (/** @type {string} */ name) => {
  const { title, panels } = DASHBOARDS[name] ?? { title: name, panels: [] };
  return {
    uid: `munjigi-${name}`,
    title,
    tags: ['munjigi'],
    editable: false,
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    timezone: 'browser',
    templating: { list: [{ name: 'source', type: 'datasource', query: 'prometheus', label: 'Prometheus' }] },
    panels: panels.map(drawn),
  };
};

/** Its file. */
export const written = (/** @type {string} */ name) => `${JSON.stringify(dashboard(name), null, 2)}\n`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of Object.keys(DASHBOARDS)) writeFileSync(new URL(`${name}.json`, import.meta.url), written(name));
}
