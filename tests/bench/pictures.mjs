// Pictures: how many are drawn per second, how many inferences each engine makes, how long the edge
// takes to deal one and to check an answer, and what a visitor downloads. The gpu-backend draws
// with any adapter that it finds; if that is a GPU, `--engine=cpu` measures the processor for the
// ratio.
//
//   node tests/bench/pictures.mjs [--json] [--drawn=16] [--answers=500] [--per-pack=24] [--engine=auto] [--without-engines]

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { client, many } from './client.mjs';
import { command, say, whole } from './command.mjs';
import { output } from '../support/processes.mjs';
import { median, percentile } from './report.mjs';
import { signature } from './signature.mjs';
import { createSite, openStack, ROOT, seeAll } from '../support/stack.mjs';

const KINDS = ['grid', 'area', 'turn'];
const EVERYBODY = JSON.stringify([{ match: {}, verdict: 'picture' }]);
/** Largest intended size of a grid. */
const AIM_BYTES = 60 * 1024;
const RENDER = '/v1/render?caller=bench&priority=low&deadline_ms=120000';
/** Pictures per call; the upper limit is 16. */
const AT_ONCE = 4;

/** @typedef {import('./report.mjs').Table} Table */

/**
 * Draws some of each kind, one call after the other.
 * @param {any} stack
 * @param {number} count
 */
async function draw(stack, count) {
  const { call, close } = client(stack.gpu, 1);
  const found = [];
  for (const type of KINDS) {
    say(`pictures: drawing ${count} × ${type}`);
    /** @type {number[]} */
    const sizes = [];
    let by = '';
    let clear = 0;
    const begun = performance.now();
    while (sizes.length < count) {
      const pictures = Array.from({ length: Math.min(AT_ONCE, count - sizes.length) }, () => ({
        type,
        seed: randomBytes(32).toString('hex'),
      }));
      const body = JSON.stringify({ pictures });
      const signed = { 'munjigi-signature': signature(stack.keys.MUNJIGI_INTERNAL_KEYS, 'gpu', RENDER, body) };
      const answer = await call('POST', RENDER, body, signed);
      if (answer.status !== 200) throw new Error(`render: ${answer.status} ${answer.body.slice(0, 300)}`);
      const reply = JSON.parse(answer.body);
      by = reply.drawn_by;
      for (const picture of reply.pictures) {
        if (picture.clarity >= 0.5) clear += 1;
        sizes.push(picture.images.reduce((/** @type {number} */ sum, /** @type {{data: string}} */ { data }) => sum + Buffer.from(data, 'base64url').length, 0));
      }
    }
    const seconds = (performance.now() - begun) / 1000;
    found.push({ type, by, per_second: count / seconds, clear: clear / count, bytes: median(sizes) });
  }
  close();
  return found;
}

/** What `munjigi-prove nets` prints, as rows. @param {string} wish */
async function engines(wish) {
  say('pictures: inferences by engine and batch size (builds and runs munjigi-prove)');
  const words = ['run', '--release', '--quiet', '--locked', '-p', 'munjigi-prove', '--', 'nets', wish];
  const env = { ...process.env, CARGO_TARGET_DIR: process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target') };
  const printed = await output('cargo', words, { cwd: join(ROOT, 'gpu-backend'), env });
  const rows = [];
  for (const line of printed.split('\n')) {
    const read = /^(.+) ×(\d+) {2}(rten|wonnx) {2}([\d.]+) {2}([\d.]+) {2}([\d.]+)$/.exec(line);
    if (read) rows.push({ net: read[1], batch: Number(read[2]), engine: read[3], ms: Number(read[6]) });
  }
  return rows;
}

/** @param {any} stack @param {string} type */
async function site(stack, type) {
  const words = [`Bench ${type}`, '--pictures', type, '--work-floor', '1', '--work-ceiling', '1', '--rules', '-'];
  return (await createSite(stack, words, EVERYBODY)).sitekey;
}

/**
 * Takes visitors to the picture, answers correctly, and times both.
 * @param {any} stack
 * @param {string} type
 * @param {number} count
 */
async function step(stack, type, count) {
  const sitekey = await site(stack, type);
  const { call, close } = client(stack.edge_direct, 4);
  // A different network each time, so that no limit and no price applies.
  const from = (/** @type {number} */ n) => ({ 'cf-connecting-ip': `10.${n >> 8}.${n & 255}.1` });
  const timed = async (/** @type {string} */ path, /** @type {any} */ body, /** @type {number} */ n) => {
    const text = JSON.stringify(body);
    const begun = performance.now();
    const answer = await call('POST', path, text, from(n));
    const ms = performance.now() - begun;
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body.slice(0, 300)}`);
    return { ms, reply: JSON.parse(answer.body), bytes: answer.body.length };
  };
  const request = { sitekey, hostname: 'localhost', action: '', cdata: '', algorithms: ['hashwx'] };
  say(`pictures: stepping up ${count} visitors with ${type}`);
  const dealt = await many(count, 4, async (n) => {
    let { reply } = await timed('/v1/challenges', request, n);
    for (;;) {
      // With work 1, every nonce is a solution.
      const nonces = Array(reply.step.count).fill(7);
      const next = await timed('/v1/solutions', { challenge: reply.challenge, nonces }, n);
      if (next.reply.step?.kind === 'picture') return next;
      if (next.reply.status !== 'next') throw new Error(`passed without a picture: ${next.reply.status}`);
      reply = next.reply;
    }
  });
  const seen = await seeAll(stack, dealt.map(({ reply }) => reply.challenge));
  const answered = await many(count, 4, async (n) => {
    const body = { challenge: dealt[n].reply.challenge, answer: seen[n].right };
    const { ms, reply } = await timed('/v1/solutions', body, n);
    if (reply.status !== 'passed') throw new Error(`a right answer is ${reply.status}`);
    return ms;
  });
  const weights = [];
  const images = [];
  for (const { reply, bytes } of dealt.slice(0, 40)) {
    let weight = bytes;
    for (const path of reply.step.rounds.flatMap((/** @type {any} */ round) => round.images)) {
      const begun = performance.now();
      const answer = await fetch(stack.edge_direct + path);
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      weight += (await answer.arrayBuffer()).byteLength;
      images.push(performance.now() - begun);
    }
    weights.push(weight);
  }
  close();
  const rounds = dealt[0].reply.step.rounds.length;
  return { type, rounds, dealt: dealt.map(({ ms }) => ms), answered, weights, images };
}

/** @param {import('./command.mjs').Options} options @returns {Promise<import('./report.mjs').Result>} */
export async function measure(options) {
  const wish = options.engine ?? 'auto';
  const running = await openStack(['--pictures', '--origin-var', `MUNJIGI_PICTURES_PER_PACK=${whole(options, 'per-pack', 24)}`,
    '--origin-var', 'MUNJIGI_PICTURES_OVERSAMPLE=1', '--gpu-var', `MUNJIGI_GPU_ENGINE=${wish}`]);
  let drawn;
  const steps = [];
  try {
    drawn = await draw(running.stack, whole(options, 'drawn', 16));
    for (const type of KINDS) steps.push(await step(running.stack, type, whole(options, 'answers', 500)));
  } finally {
    await running.stop();
  }
  const inferences = options['without-engines'] ? [] : await engines(wish);
  const fastest = (/** @type {string} */ net, /** @type {number} */ batch) =>
    inferences.find((row) => row.net === net && row.batch === batch && row.engine === 'rten')?.ms ?? Number.NaN;
  /** @type {Table[]} */
  const tables = [
    {
      title: 'Pictures drawn',
      columns: ['kind', 'drawn by', 'per second', 'clear enough', 'bytes, median'],
      rows: drawn.map(({ type, by, per_second, clear, bytes }) => [type, by, per_second, clear, bytes]),
      notes: [`${AT_ONCE} per call, encoded; by the development build, whose dependencies are optimised`],
    },
    {
      title: 'Pictures at the edge',
      columns: ['kind', 'rounds', 'dealt p50 ms', 'p99', 'answered p50 ms', 'p99', 'image p50 ms', 'bytes per challenge, median', 'most'],
      rows: steps.map(({ type, rounds, dealt, answered, images, weights }) => [
        type, rounds, percentile(dealt, 0.5), percentile(dealt, 0.99), percentile(answered, 0.5),
        percentile(answered, 0.99), percentile(images, 0.5), median(weights), Math.max(...weights),
      ]),
      notes: [
        `dealt: the answer to a solution, with the picture; plain workerd, 4 connections, every visitor of another network`,
        'a pack of few grids may be of two rounds: a guess at one of them would pass too often',
        `aim for a grid: at most ${AIM_BYTES.toLocaleString('en-US')} bytes, images and step together`,
      ],
    },
  ];
  if (inferences.length) {
    tables.push({
      title: 'Inferences',
      columns: ['net', 'batch', 'engine', 'per second', 'this ÷ rten'],
      rows: inferences.map(({ net, batch, engine, ms }) => [net, batch, engine, (batch * 1000) / ms, fastest(net, batch) / ms]),
      notes: ['the best of five runs each; nets that are shipped, and of the tests with weights from a seed'],
    });
  }
  return { name: 'pictures', tables, data: { drawn, steps, inferences } };
}

await command(import.meta.url, measure);
