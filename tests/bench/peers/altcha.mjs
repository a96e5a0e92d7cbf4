// altcha-lib behind node:http, set up as its README says: PBKDF2/SHA-256 of cost 5,000, a counter
// from 5,000 to 10,000 known to the server (deterministic mode), both HMAC secrets, and the store
// of its framework plugins (`CappedMap` with `setIfAbsent`) against replays.
//
//   node tests/bench/peers/altcha.mjs [--counter=N] [--cost=N]
//
// `--counter` and `--cost` fix a cheap puzzle so that solutions can be prepared by the thousand:
// checking costs the same, because deterministic mode compares HMACs and derives nothing. The
// challenge route is measured with the README's cost, since issuing derives one key.

import { createChallenge, randomInt } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { CappedMap, deriveHmacKeySecret, create } from 'altcha-lib/frameworks/express';
import { parse, whole } from '../command.mjs';
import { packaged, page, serve } from './server.mjs';

/** @type {{algorithm: string, cost: number, counter: () => number}} */
export const README = {
  algorithm: 'PBKDF2/SHA-256',
  cost: 5_000,
  counter: () => randomInt(5_000, 10_000),
};

const { options } = parse(process.argv.slice(2));
const cost = whole(options, 'cost', README.cost);
const counter = options.counter ? () => whole(options, 'counter', 1) : README.counter;
const hmacSignatureSecret = 'a secret of this benchmark';
const hmacKeySignatureSecret = await deriveHmacKeySecret(hmacSignatureSecret);
const { verify } = create({
  deriveKey,
  createChallengeParameters: () => ({ algorithm: README.algorithm, cost, counter: counter() }),
  hmacSignatureSecret,
  hmacKeySignatureSecret,
});
// The documented store of the plugins is bounded by the caller; here large enough that a run evicts
// nothing.
const store = new CappedMap({ maxSize: 1_000_000 });

const script = `
bench.solve = () => new Promise((resolve, reject) => {
  const widget = document.querySelector('altcha-widget');
  widget.addEventListener('verified', ({ detail }) => resolve({
    token: detail.payload,
    hashes: JSON.parse(atob(detail.payload)).solution.counter,
  }));
  widget.addEventListener('statechange', ({ detail }) => {
    if (detail.state === 'error') reject(new Error('altcha: error'));
  });
  widget.verify();
});
bench.ready = customElements.whenDefined('altcha-widget').then(
  () => new Promise((resolve) => setTimeout(resolve, 50)));`;

serve(
  {
    'GET /challenge': () =>
      createChallenge({
        algorithm: README.algorithm,
        cost,
        counter: counter(),
        deriveKey,
        hmacSignatureSecret,
        hmacKeySignatureSecret,
      }),
    'POST /verify': async (body) => {
      const { error } = await verify(
        JSON.parse(body).altcha,
        deriveKey,
        hmacSignatureSecret,
        hmacKeySignatureSecret,
        store,
      );
      return error ? { success: false, error } : { success: true };
    },
  },
  {
    '/': {
      type: 'text/html',
      body: page({
        head: '<script async defer src="/altcha.js" type="module"></script>',
        body: '<altcha-widget challenge="/challenge"></altcha-widget>',
        script,
      }),
    },
    '/altcha.js': packaged('altcha/dist/main/altcha.min.js'),
  },
  { cost },
);
