// A small HTTP client that prepares what is measured later: keep-alive, a fixed number of
// concurrent requests. The measured load itself comes from `munjigi-load`, never from here.

import { Agent, request } from 'node:http';

/**
 * @typedef {{status: number, body: string}} Answer
 * @typedef {(method: string, path: string, body?: string, headers?: Record<string, string>) => Promise<Answer>} Call
 */

/**
 * @param {string} base
 * @param {number} connections
 * @returns {{call: Call, close: () => void}}
 */
export function client(base, connections) {
  const { hostname, port } = new URL(base);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  /** @type {Call} */
  const call = (method, path, body = '', headers = {}) =>
    new Promise((resolve, reject) => {
      const sent = request(
        {
          agent,
          hostname,
          port,
          method,
          path,
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            ...headers,
          },
        },
        (answer) => {
          /** @type {Buffer[]} */
          const chunks = [];
          answer.on('data', (chunk) => chunks.push(chunk));
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
          );
          answer.on('error', reject);
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  return { call, close: () => agent.destroy() };
}

/**
 * Makes `count` things, `width` at a time.
 * @template T
 * @param {number} count
 * @param {number} width
 * @param {(number: number) => Promise<T>} make
 * @returns {Promise<T[]>}
 */
export async function many(count, width, make) {
  /** @type {T[]} */
  const made = new Array(count);
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < count) {
        const number = next;
        next += 1;
        made[number] = await make(number);
      }
    }),
  );
  return made;
}
