// A gate is killed and its disk taken away while visitors pass. It comes back from its backup, and the
// origin has everything that it was told: nothing is missing and nothing is there twice. Then the
// same once more while no one comes.
//
//   scripts/drill edge-loss [--events=1000000] [--seconds=60]

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, say, whole } from '../bench/command.mjs';
import { output } from '../support/processes.mjs';
import { until } from '../support/stage.mjs';
import { fill, munjigi, openEdge, POSTGRES, Postgres, RELEASE, SECRET } from './parts.mjs';

/** What the gate has not told its origin yet: it does so each second. */
const LOST_S = 5;
const AGAIN_S = 60;
/** Visits a second meanwhile. */
const RATE = 10;

/** @param {import('../bench/command.mjs').Options} options @returns {Promise<import('../bench/report.mjs').Result>} */
export async function measure(options) {
  const [events, seconds] = [whole(options, 'events', 1_000_000), whole(options, 'seconds', 60)];
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-edge-loss-'));
  chmodSync(folder, 0o777);
  /** @type {import('../bench/report.mjs').Cell[][]} */
  const rows = [];
  const row = (/** @type {string} */ what, /** @type {number | string} */ measured, limit = '', /** @type {boolean | null} */ holds = null) => {
    rows.push([what, measured, limit, holds === null ? '' : holds ? 'yes' : 'NO']);
    say(`${what}: ${measured}`);
  };
  const postgres = new Postgres(folder, join(folder, 'postgres'), {});
  /** @type {Awaited<ReturnType<typeof openEdge>> | undefined} */
  let opened;
  try {
    postgres.run(join(POSTGRES, 'initdb'), '-D', postgres.data, '-U', 'postgres', '--auth=trust');
    await postgres.start();
    await postgres.ask('CREATE DATABASE munjigi');
    const migrated = munjigi({ MUNJIGI_DATABASE_URL: postgres.url() }, 'migrate');
    if (migrated.status !== 0) throw new Error(migrated.said);
    say(`filling with ${events} events`);
    await fill(postgres, events);
    const edge = await openEdge(folder, postgres.url());
    opened = edge;
    const backups = join(folder, 'backups');
    mkdirSync(backups);
    writeFileSync(join(folder, 'key.txt'), SECRET);
    const visits = async (/** @type {number} */ length) => {
      const bounds = [`--base=${edge.gate}`, '--connections=8', `--seconds=${length}`, `--per-second=${RATE}`];
      const site = [`--sitekey=${edge.site.sitekey}`, `--secret=${edge.site.secret}`, '--hostname=localhost'];
      return JSON.parse(await output(join(RELEASE, 'munjigi-load'), [...bounds, 'passes', ...site], { anyExit: true }));
    };
    const ask = (/** @type {string} */ what) => postgres.ask(`SELECT ${what} FROM redeemed WHERE sitekey = '${edge.site.sitekey}'`, 'munjigi');
    const recorded = () => ask('count(*)').then(Number);
    const token = async () => (await output(join(RELEASE, 'munjigi'), ['solve', '--edge', edge.gate, '--sitekey', edge.site.sitekey], {})).trim();
    const redeem = async (/** @type {string} */ response) => {
      const body = JSON.stringify({ secret: edge.site.secret, response });
      const answer = await fetch(`${edge.gate}/siteverify`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      return (await answer.json()).success === true;
    };
    const again = async () => {
      const [backup = ''] = readdirSync(backups).sort().reverse();
      await edge.command('restore', join(backups, backup), '--identity', join(folder, 'key.txt'));
      await edge.serve();
      await until('a token that is good', async () => redeem(await token()), AGAIN_S * 1000);
    };

    const before = await visits(seconds / 2);
    await edge.command('backup', backups);
    // Redeemed after the backup, which therefore does not know of it.
    const spent = await token();
    row('a token redeemed before', String(await redeem(spent)), 'true', true);
    say(`${RATE} visits a second for ${seconds} s, and the gate's disk is lost in the middle`);
    const coming = visits(seconds);
    await new Promise((resolve) => setTimeout(resolve, (seconds / 3) * 1000));
    const lostAt = Date.now();
    await edge.lose();
    const known = /** @type {Date | null} */ (await ask('max(redeemed_at)'));
    const begun = performance.now();
    await again();
    const took = (performance.now() - begun) / 1000;
    const met = await coming;
    const lost = (lostAt - (known?.getTime() ?? 0)) / 1000;
    row('RPO: seconds of redemptions that no one was told', lost, `≤ ${LOST_S}`, lost <= LOST_S);
    row('RTO: seconds until a new token is good', took, `≤ ${AGAIN_S}`, took <= AGAIN_S);
    row('the token of before, once more', String(await redeem(spent)), 'false', !(await redeem(spent)));
    // Besides the visits: the one before, and the one that showed that it was back.
    const all = before.successes + met.successes + 2;
    await until('the last events', async () => {
      const first = await recorded();
      await new Promise((resolve) => setTimeout(resolve, 3000));
      return first === (await recorded());
    });
    const missing = all - (await recorded());
    row(`redemptions not on record, of ${all}`, missing, `≤ ${RATE * LOST_S}`, missing >= 0 && missing <= RATE * LOST_S);

    say('once more, while no one comes');
    await edge.command('backup', backups);
    const quiet = await visits(10);
    const told = (await recorded()) + quiet.successes;
    await until('the last events', async () => (await recorded()) >= told, 30_000).catch(() => {});
    const kept = await recorded();
    await edge.lose();
    await again();
    await until('the event of the new token', async () => (await recorded()) > kept, 30_000);
    row('rows missing after a loss while no one comes', kept + 1 - (await recorded()), '0', (await recorded()) === kept + 1);
    const drill = Number(await postgres.ask("SELECT count(*) FROM redeemed WHERE sitekey = 'mj_drill'", 'munjigi'));
    row('rows missing of those before', events - drill, '0', drill === events);
  } finally {
    await opened?.close();
    await postgres.kill();
    rmSync(folder, { recursive: true, force: true });
    if (rows.some((cells) => cells[3] === 'NO')) process.exitCode = 1;
  }
  const tables = [{ title: "A gate's disk is lost", columns: ['what', 'measured', 'limit', 'holds'], rows }];
  return { name: 'edge-loss', tables, data: { rows } };
}

await command(import.meta.url, measure);
