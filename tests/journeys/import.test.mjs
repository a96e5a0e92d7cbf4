// A customer who moves away from Turnstile keeps the sitekey of the page and the secret of the back
// end: requested with the command, proven by a file on the host, valid at the edge, and released
// again.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { LITTLE_WORK, munjigi, openStage, until } from '../support/stage.mjs';

const KEY = '0x4AAAAAAADnPIDROrmt1Wwj';
const SECRET = '0x4AAAAAAADnPIDROrmt1WwjZZZZZZZZZZZ';
const HOST = 'localhost';

/** The host's own server. @param {import('node:test').TestContext} t */
async function openHost(t) {
  const proof = { text: '' };
  const server = createServer((request, response) => {
    const found = request.url === '/.well-known/munjigi-import.txt';
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(found ? proof.text : 'nothing');
  });
  const port = await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(/** @type {any} */ (server.address()).port));
  });
  t.after(() => server.close());
  return { proof, port: String(port) };
}

test('a site keeps the keys that it has with another vendor', { timeout: 300_000 }, async (t) => {
  const stage = await openStage(t, 'gate', LITTLE_WORK);
  const { sitekey, secret } = stage.site;
  const { proof, port } = await openHost(t);

  /** @param {string[]} words */
  const site = (...words) => munjigi(stage, ['site', 'import', sitekey, ...words, '--json'], SECRET).then(JSON.parse);
  /** A token, or the code of a refusal. @param {string} key @param {string} [hostname] */
  const solve = async (key, hostname = HOST) => {
    const words = ['solve', '--edge', stage.edge, '--sitekey', key, '--hostname', hostname];
    return munjigi(stage, words).then((text) => text.trim(), (error) => /errors\/([a-z-]+)/.exec(error.stderr)?.[1] ?? error.stderr);
  };
  /** @param {string} key @param {string} token @param {string} path */
  const verify = async (key, token, path = '/turnstile/v0/siteverify') => {
    const body = new URLSearchParams({ secret: key, response: token });
    return (await fetch(stage.edge + path, { method: 'POST', body })).json();
  };
  const isToken = (/** @type {string} */ text) => text.startsWith('mj1.');
  const unknown = async (/** @type {string} */ token) => {
    const said = await verify(SECRET, token);
    return (await solve(KEY)) === 'unknown-sitekey' && said['error-codes']?.[0] === 'invalid-input-secret';
  };
  const good = async () => {
    const token = await solve(sitekey);
    assert.ok(isToken(token), token);
    return token;
  };

  assert.ok(await unknown(await good()), 'no one has asked yet');
  const [asked] = await site('--vendor', 'turnstile', '--sitekey', KEY, '--host', HOST, '--secret-file', '-');
  assert.equal(asked.state, 'pending');
  await assert.rejects(site('--prove', '--port', port), /the file has no line with this import's token/);
  assert.ok(await unknown(await good()), 'asked for and not proven');

  proof.text = `${asked.token}\n`;
  const [live] = await site('--prove', '--port', port);
  assert.equal(live.state, 'live');
  const token = await until('the imported key', async () => {
    const said = await solve(KEY);
    return isToken(said) && said;
  });
  // The site's own and the vendor's key and secret work in any combination.
  assert.equal((await verify(SECRET, token)).success, true);
  assert.deepEqual((await verify(SECRET, token))['error-codes'], ['timeout-or-duplicate']);
  assert.equal((await verify(SECRET, await good())).success, true);
  assert.equal((await verify(secret, await solve(KEY), '/siteverify')).success, true);
  const shared = await verify(SECRET, await solve(KEY, `app.${HOST}`), '/siteverify');
  assert.deepEqual([shared.success, shared.hostname, shared.metadata], [true, `app.${HOST}`, { interactive: false }]);

  // On another host the same key belongs to no one, although the site allows that host.
  assert.equal(await solve(KEY, '127.0.0.1'), 'unknown-sitekey');
  assert.ok(isToken(await solve(sitekey, '127.0.0.1')));
  /** @param {HeadersInit} [headers] */
  const frame = async (headers) => (await fetch(`${stage.edge}/v1/frame/${KEY}`, { headers })).status;
  assert.equal(await frame({ referer: `http://${HOST}:1234/` }), 200);
  assert.equal(await frame({ referer: 'http://127.0.0.1/' }), 404);
  assert.equal(await frame(), 404);

  const kept = await solve(KEY);
  await site('--remove', KEY, '--host', HOST);
  // Asks with another token, so that waiting does not spend this one.
  await until('the key to be refused', () => unknown('mj1.x'));
  assert.equal(await frame({ referer: `http://${HOST}:1234/` }), 404);
  assert.equal((await verify(secret, kept, '/siteverify')).success, true, 'what was earned stays good');
  assert.deepEqual(await site('--list'), []);
});
