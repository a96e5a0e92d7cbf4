// What crawlers and other programs ask through the proxy: connections that are kept, no redirects
// followed. The address is the one that the proxy, which trusts this machine, passes on.

import { Agent, request } from 'node:https';

/**
 * @typedef {{host: string, port: number}} Proxy
 * @typedef {{method?: string, headers?: Record<string, string>, body?: string}} Asked
 * @typedef {{status: number, headers: import('node:http').IncomingHttpHeaders, text: string}} Answer
 * @typedef {(path: string, asked?: Asked) => Promise<Answer>} Ask
 */

/**
 * @param {Proxy} proxy
 * @param {number} connections
 * @returns {{ask: Ask, close: () => void}}
 */
export function open({ host, port }, connections) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  /** @type {Ask} */
  const ask = (path, { method = 'GET', headers = {}, body = '' } = {}) =>
    new Promise((resolve, reject) => {
      const length = body ? { 'content-length': String(Buffer.byteLength(body)) } : {};
      const own = { host: `${host}:${port}`, ...length, ...headers };
      const where = { agent, host: '127.0.0.1', port, path, method, servername: host, rejectUnauthorized: false, headers: own };
      const asking = request(where, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk) => (text += chunk)).on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      });
      asking.setTimeout(30_000, () => asking.destroy(new Error(`${method} ${path}: no answer`)));
      asking.on('error', reject).end(body);
    });
  return { ask, close: () => agent.destroy() };
}

/** Whether the application itself answered, and with what was asked. @param {Answer} answer @param {string} path */
export const isGot = ({ status, headers }, path) => status === 200 && headers['x-application'] === path;
