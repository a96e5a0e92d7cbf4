// Signed calls between our services, as PROTOCOL defines them.

import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** @param {(string | Buffer)[]} parts each after its length as u32le */
function framed(parts) {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

/**
 * The header of a POST to one of our services.
 * @param {string} ring the internal ring, `kid:key,…`; the first signs, by its key for the audience
 * @param {'origin' | 'edge' | 'gpu'} audience
 * @param {string} target path, and query if any
 * @param {string} body
 */
export function signature(ring, audience, target, body) {
  const [kid, key] = ring.split(',')[0].split(':');
  const [path, query = ''] = target.split('?');
  const seconds = String(Math.floor(Date.now() / 1000));
  const nonce = randomBytes(16);
  const digest = createHash('sha256').update(body).digest();
  const parts = [audience, 'POST', path, query, seconds, nonce, digest];
  const info = `munjigi/v1/call/${audience}`;
  const own = Buffer.from(hkdfSync('sha256', Buffer.from(key, 'base64url'), '', info, 32));
  const tag = createHmac('sha256', own).update(framed(parts)).digest();
  const [n, d, s] = [nonce, digest, tag].map((bytes) => bytes.toString('base64url'));
  return `k=${kid}, a=${audience}, t=${seconds}, n=${n}, d=${d}, s=${s}`;
}
