// Checks of clearance beside a bare route of hyper that answers the same bytes, by wrk at 32
// connections; rounds in turn, medians. And the share of its processor time.
//
//   node tests/bench/clearance.mjs [--json] [--seconds=5] [--rounds=3]

import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { command, say, whole } from './command.mjs';
import { buildGate, CONNECTIONS, medians, openBare, openGate, wrk } from './gate.mjs';
import * as prepare from './prepare.mjs';
import { cpuMs } from '../support/processes.mjs';

const PAGE = '/account/orders?page=2';
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0';
/** What is promised of checks beside the bare route. */
const LIMIT = 0.7;

/**
 * Asks without following, as a proxy does.
 * @param {string} url
 * @param {{method?: string, headers?: Record<string, string>, body?: string}} [asked]
 * @returns {Promise<{status: number, headers: import('node:http').IncomingHttpHeaders, raw: string[], body: string}>}
 */
function ask(url, { method = 'GET', headers = {}, body = '' } = {}) {
  return new Promise((resolve, reject) => {
    const asking = request(url, { method, headers: { 'user-agent': AGENT, accept: 'text/html', ...headers } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      answer.on('end', () => resolve({ status: Number(answer.statusCode), headers: answer.headers, raw: answer.rawHeaders, body: text }));
    });
    asking.on('error', reject).end(body);
  });
}

/** @param {string | string[] | undefined} set @param {string} name */
const cookie = (set, name) => [set].flat().map((text) => String(text).split(';')[0]).find((pair) => pair?.startsWith(`${name}=`)) ?? '';

/** @param {import('./command.mjs').Options} options @returns {Promise<import('./report.mjs').Result>} */
export async function measure(options) {
  const [seconds, rounds] = [whole(options, 'seconds', 5), whole(options, 'rounds', 3)];
  await buildGate();
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-bench-'));
  /** @type {(() => unknown)[]} */
  const closing = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    const gate = await openGate();
    closing.push(gate.remove);
    const { edge_direct: base, bench_site: site } = gate.edge;
    appendFileSync(join(dirname(gate.file), 'gate.toml'), `\n[[protect]]\nsite = "${site.sitekey}"\npath = "/account/*"\nlevel = "worked"\n`);
    const { child } = await gate.begin();
    closing.push(() => gate.end(child));
    const path = `/v1/clearance/check?sitekey=${site.sitekey}&answer=303&method=GET&path=${PAGE}`;
    const refused = await ask(base + path);
    const to = String(refused.headers.location).split('to=')[1];
    const [token] = await prepare.ourTokens(/** @type {any} */ (gate.edge), 1);
    const body = JSON.stringify({ to, token: new URLSearchParams(token).get('response') });
    const headers = { 'content-type': 'application/json', cookie: '__Host-munjigi-rounds=0' };
    const given = await ask(`${base}/clearance`, { method: 'POST', headers, body });
    const clearance = cookie(given.headers['set-cookie'], '__Host-munjigi-clearance');
    if (given.status !== 200 || !clearance) throw new Error(`no clearance: ${given.status} ${given.body}`);
    const allowed = await ask(base + path, { headers: { cookie: clearance } });
    if (allowed.status !== 200 || allowed.headers['munjigi-level'] !== 'worked') throw new Error(`not allowed: ${allowed.status}`);
    const lines = allowed.raw.flatMap((name, i, all) => (i % 2 ? [] : [`${name}: ${all[i + 1]}`]));
    const own = lines.filter((line) => !/^(date|content-length|connection|keep-alive)/i.test(line));
    const bare = await openBare(['HTTP/1.1 200 OK', ...own, '', ''].join('\r\n'));
    closing.push(() => bare.child.kill('SIGKILL'));
    const servers = [
      { who: 'gate', base, cpu: () => cpuMs(Number(child.pid)) },
      { who: 'bare hyper', base: bare.base, cpu: () => cpuMs(Number(bare.child.pid)) },
    ];
    const call = { path, headers: { cookie: clearance, 'user-agent': AGENT, accept: 'text/html' } };
    /** @type {Record<string, import('./gate.mjs').Round[]>} */
    const all = { gate: [], 'bare hyper': [] };
    for (let number = 0; number < rounds; number += 1)
      for (const server of servers) {
        say(`clearance: round ${number + 1}, ${server.who}`);
        all[server.who]?.push(await wrk(folder, server, call, seconds));
      }
    const found = Object.entries(all).map(([who, of]) => ({ who, ...medians(of) }));
    const [ours, theirs] = found.map(({ per_second }) => per_second);
    const ratio = Number(ours) / Number(theirs);
    return {
      name: 'clearance',
      tables: [
        {
          title: `Checks of clearance per second at ${CONNECTIONS} connections`,
          columns: ['server', 'per second', 'CPU ms', 'p50 ms', 'p99 ms'],
          rows: found.map(({ who, per_second, cpu_ms, p50_ms, p99_ms }) => [who, Math.round(per_second), cpu_ms, p50_ms, p99_ms]),
          notes: [`checks ÷ bare hyper: ${ratio.toFixed(2)}, at least ${LIMIT}: ${ratio >= LIMIT ? 'holds' : 'DOES NOT HOLD'}`],
        },
      ],
      data: { found, ratio, limit: LIMIT },
    };
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

await command(import.meta.url, measure);
