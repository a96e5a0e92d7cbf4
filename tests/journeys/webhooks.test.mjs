// An integrator verifies a message as docs/webhooks.md says: with the page's own code and message.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const page = await readFile(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
const between = (/** @type {string} */ from, /** @type {string} */ to) => page.split(from)[1]?.split(to)[0] ?? '';
const code = between('```js\n', '```');
const [head, body] = between('```http\n', '\n```').split('\n\n');
const headers = Object.fromEntries(head.split('\n').slice(1).map((line) => line.split(': ')));
const secret = between('signed with the secret `', '`');
const at = Number(headers['webhook-timestamp']);
const { isMunjigis } = await import(`data:text/javascript,${encodeURIComponent(code)}`);

test('the code of the page takes the message of the page', () => {
  assert.equal(isMunjigis(secret, headers, body, at + 10), true);
});

test('it refuses what was changed, is late, or was signed by someone else', () => {
  const other = `whsec_${Buffer.alloc(32).toString('base64')}`;
  const signature = headers['webhook-signature'];
  for (const [name, call] of Object.entries({
    body: () => isMunjigis(secret, headers, body.replace('critical', 'warning'), at),
    id: () => isMunjigis(secret, { ...headers, 'webhook-id': 'msg_other' }, body, at),
    late: () => isMunjigis(secret, headers, body, at + 301),
    early: () => isMunjigis(secret, headers, body, at - 301),
    timeless: () => isMunjigis(secret, { ...headers, 'webhook-timestamp': 'soon' }, body, at),
    secret: () => isMunjigis(other, headers, body, at),
    version: () => isMunjigis(secret, { ...headers, 'webhook-signature': signature.replace('v1', 'v2') }, body, at),
    nothing: () => isMunjigis(secret, { ...headers, 'webhook-signature': 'v1' }, body, at),
  })) assert.equal(call(), false, name);
});

test('one good signature among others is enough, as while a secret is changed', () => {
  const several = { ...headers, 'webhook-signature': `v1,AAAA v1a,BBBB ${headers['webhook-signature']}` };
  assert.equal(isMunjigis(secret, several, body, at), true);
});
