// A Postgres that archives to a bucket, as `deploy/postgres/archive.conf` says, is killed and its disk
// taken away while visitors pass at a gate. It comes back from the bucket, and the gate sends again
// what it lost. And the portable second, `munjigi backup`: written, restored, and each thing that can
// be wrong with it told apart.
//
//   scripts/drill restore [--events=1000000] [--seconds=130]

import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, say, whole } from '../bench/command.mjs';
import { output, start } from '../support/processes.mjs';
import { until } from '../support/stage.mjs';
import { fill, munjigi, NOBODY, openEdge, POSTGRES, Postgres, PUBLIC, RELEASE, SECRET } from './parts.mjs';
import { DEPLOY } from './places.mjs';

const ARCHIVE = join(DEPLOY, 'postgres', 'archive.conf');
/** Where that file keeps everything. */
const [BUCKET, PLACE, SERVER] = ['shop-backups', 's3://shop-backups/postgres', 'munjigi'];
const [LOST_S, AGAIN_S] = [60, 600];
/** Visits a second meanwhile. */
const RATE = 10;

/** @param {import('../bench/command.mjs').Options} options @returns {Promise<import('../bench/report.mjs').Result>} */
export async function measure(options) {
  const [events, seconds] = [whole(options, 'events', 1_000_000), whole(options, 'seconds', 130)];
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-restore-'));
  chmodSync(folder, 0o777);
  mkdirSync(join(folder, 'buckets', BUCKET), { recursive: true });
  const bucket = await start(join(RELEASE, 'munjigi-bucket'), [join(folder, 'buckets')]);
  const s3 = { AWS_ENDPOINT_URL: bucket.ready.endpoint, AWS_ACCESS_KEY_ID: 'drill', AWS_SECRET_ACCESS_KEY: 'drill-secret', AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' };
  /** @type {import('../bench/report.mjs').Cell[][]} */
  const rows = [];
  const row = (/** @type {string} */ what, /** @type {number | string} */ measured, limit = '', /** @type {boolean | null} */ holds = null) => {
    rows.push([what, measured, limit, holds === null ? '' : holds ? 'yes' : 'NO']);
    say(`${what}: ${measured}`);
  };
  const timed = async (/** @type {() => unknown} */ work) => {
    const begun = performance.now();
    await work();
    return (performance.now() - begun) / 1000;
  };
  /** @type {Awaited<ReturnType<typeof openEdge>> | undefined} */
  let opened;
  const first = new Postgres(folder, join(folder, 'first'), s3);
  const second = new Postgres(folder, join(folder, 'second'), s3);
  try {
    first.run(join(POSTGRES, 'initdb'), '-D', first.data, '-U', 'postgres', '--auth=trust');
    copyFileSync(ARCHIVE, join(folder, 'archive.conf'));
    appendFileSync(join(first.data, 'postgresql.conf'), `include '${join(folder, 'archive.conf')}'\n`);
    await first.start();
    await first.ask('CREATE DATABASE munjigi');
    const migrated = munjigi({ MUNJIGI_DATABASE_URL: first.url() }, 'migrate');
    if (migrated.status !== 0) throw new Error(migrated.said);
    say(`filling with ${events} events`);
    row(`seconds to write ${events} events`, await timed(() => fill(first, events)));
    row('MB of the database', Number(await first.ask('SELECT pg_database_size(current_database())', 'munjigi')) / 1e6);
    const base = () => first.run('barman-cloud-backup', '--gzip', '--immediate-checkpoint', '-h', folder, '-p', String(first.port), '-U', 'postgres', PLACE, SERVER);
    row('seconds of the base backup', await timed(base));

    say(`${RATE} visits a second for ${seconds} s, then losing the disk`);
    const edge = await openEdge(folder, first.url());
    opened = edge;
    const visits = async (/** @type {number} */ length) => {
      const bounds = [`--base=${edge.gate}`, '--connections=8', `--seconds=${length}`, `--per-second=${RATE}`];
      const site = [`--sitekey=${edge.site.sitekey}`, `--secret=${edge.site.secret}`, '--hostname=localhost'];
      return JSON.parse(await output(join(RELEASE, 'munjigi-load'), [...bounds, 'passes', ...site], { anyExit: true }));
    };
    const begun = Date.now();
    const met = await visits(seconds);
    const events_of = (/** @type {Postgres} */ postgres) => postgres.ask(`SELECT count(*) FROM redeemed WHERE sitekey = '${edge.site.sitekey}'`, 'munjigi').then(Number);
    await until('the last events', async () => (await events_of(first)) === met.successes);
    const killed = Date.now();
    await first.kill();
    await edge.away();
    rmSync(first.data, { recursive: true, force: true });

    const again = await timed(async () => {
      second.run('barman-cloud-restore', PLACE, SERVER, 'latest', second.data);
      appendFileSync(join(second.data, 'postgresql.conf'), `restore_command = 'barman-cloud-wal-restore ${PLACE} ${SERVER} %f %p'\n`);
      writeFileSync(join(second.data, 'recovery.signal'), '');
      chownSync(join(second.data, 'recovery.signal'), NOBODY.uid ?? -1, NOBODY.gid ?? -1);
      await second.start();
      await until('the end of the recovery', async () => (await second.ask('SELECT pg_is_in_recovery()')) === false, 600_000);
      const latest = await second.ask(`SELECT max(received_at) FROM redeemed WHERE sitekey = '${edge.site.sitekey}'`, 'munjigi');
      const lost = (killed - (latest?.getTime() ?? begun)) / 1000;
      row('RPO: seconds of events lost', lost, `≤ ${LOST_S}`, lost <= LOST_S);
      row(`events lost, of ${met.successes} written meanwhile`, met.successes - (await events_of(second)));
      const kept = Number(await second.ask("SELECT count(*) FROM redeemed WHERE sitekey = 'mj_drill'", 'munjigi'));
      row('events lost of those before', events - kept, '0', kept === events);
      await edge.back(second.url());
    });
    row('RTO: seconds until an origin serves again', again, `≤ ${AGAIN_S}`, again <= AGAIN_S);
    const later = await visits(5);
    const all = met.successes + later.successes;
    const deadline = Date.now() + 120_000;
    while ((await events_of(second)) < all && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 500));
    row('events missing once the gate has sent them again', all - (await events_of(second)), '0', (await events_of(second)) === all);
    row('visits that failed', met.failures + later.failures, '0', met.failures + later.failures === 0);
    await portable(second, folder, s3, row, timed);
  } finally {
    await opened?.close();
    await first.kill();
    await second.kill();
    await bucket.stop();
    rmSync(folder, { recursive: true, force: true });
    if (rows.some((cells) => cells[3] === 'NO')) process.exitCode = 1;
  }
  const tables = [{ title: `A Postgres with ${events} events is lost`, columns: ['what', 'measured', 'limit', 'holds'], rows }];
  return { name: 'restore', tables, data: { rows } };
}

/**
 * `munjigi backup`, encrypted and into the bucket, and what is wrong with a backup.
 * @param {Postgres} postgres
 * @param {string} folder
 * @param {Record<string, string>} s3
 * @param {(what: string, measured: number | string, limit?: string, holds?: boolean | null) => void} row
 * @param {(work: () => unknown) => Promise<number>} timed
 */
async function portable(postgres, folder, s3, row, timed) {
  const at = (/** @type {string} */ name) => join(folder, name);
  writeFileSync(at('key.txt'), SECRET);
  writeFileSync(at('other.txt'), 'AGE-SECRET-KEY-1QYPQXPQ9QCRSSZG2PVXQ6RS0ZQG3YYC5Z5TPWXQERGD3C8G7RUSQGPQYEE');
  const here = { PWD: folder, MUNJIGI_DATABASE_URL: postgres.url(), MUNJIGI_CONSOLE_KEYS: `k1:${'B'.repeat(42)}A` };
  const must = (/** @type {NodeJS.ProcessEnv} */ env, /** @type {string[]} */ ...words) => {
    const { status, said } = munjigi({ ...s3, ...env }, ...words);
    if (status !== 0) throw new Error(`munjigi ${words.join(' ')}: ${said}`);
  };
  const offsite = `s3://${BUCKET}/portable`;
  row('seconds of `munjigi backup` into the bucket, encrypted', await timed(() => must(here, 'backup', offsite, '--encrypt', PUBLIC)));
  await postgres.ask('CREATE DATABASE again');
  const other = { ...here, MUNJIGI_DATABASE_URL: postgres.url('again') };
  row('seconds of `munjigi restore` from there', await timed(() => must(other, 'restore', '--newest', offsite, '--identity', at('key.txt'))));
  const [before, after] = [await postgres.ask('SELECT count(*) FROM redeemed', 'munjigi'), await postgres.ask('SELECT count(*) FROM redeemed', 'again')];
  row('events that it lacks', Number(before) - Number(after), '0', before === after);

  must(here, 'backup', at('whole.backup.age'), '--encrypt', PUBLIC);
  copyFileSync(at('whole.backup.age'), at('half.backup.age'));
  truncateSync(at('half.backup.age'), Math.floor(statSync(at('whole.backup.age')).size / 2));
  row('MB of an encrypted backup', statSync(at('whole.backup.age')).size / 1e6);
  // What a later release would leave: this program is the older one then.
  await postgres.ask("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (99991231000000, 'later', true, '', 0)", 'again');
  must(other, 'backup', at('later.backup'));
  await postgres.ask('CREATE DATABASE empty');
  const small = at('small');
  mkdirSync(small);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]).status === 0;
  try {
    /** @type {[string, string[], string][]} */
    const wrong = [
      ['a wrong key', ['restore', at('whole.backup.age'), '--identity', at('other.txt'), '--check'], 'backup-wrong-key'],
      ['no key', ['restore', at('whole.backup.age'), '--check'], 'backup-encrypted'],
      ['an older release', ['restore', at('later.backup')], 'backup-newer'],
      ['another installation', ['restore', at('whole.backup.age'), '--identity', at('key.txt'), '--check'], 'backup-unsigned'],
      ['half a file', ['restore', at('half.backup.age'), '--identity', at('key.txt'), '--check'], 'backup-truncated'],
      ['a database in use', ['restore', at('whole.backup.age'), '--identity', at('key.txt')], 'database-not-empty'],
      ...(mounted ? [/** @type {[string, string[], string]} */ (['a full target', ['backup', join(small, 'new.backup')], 'backup-no-space'])] : []),
    ];
    for (const [what, words, code] of wrong) {
      const target = postgres.url(code === 'backup-newer' ? 'empty' : 'munjigi');
      const keys = code === 'backup-unsigned' ? { MUNJIGI_CONSOLE_KEYS: `k1:${'C'.repeat(42)}A` } : {};
      const { status, said } = munjigi({ ...s3, ...here, ...keys, MUNJIGI_DATABASE_URL: target }, ...words);
      const named = /backup-[a-z-]+|database-not-empty/.exec(said)?.[0] ?? said;
      row(`${what} is told`, named, code, status === 7 && named === code);
    }
    if (!mounted) row('a full target is told', 'not tried: nothing may be mounted here');
  } finally {
    if (mounted) spawnSync('umount', [small]);
  }
}

await command(import.meta.url, measure);
