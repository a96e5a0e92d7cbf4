// Connections that want nothing but to be open, of three sorts. As a program it holds many of them,
// each opened again once it is closed: holding.mjs SORT PORT CONNECTIONS NETWORKS SECONDS

import { connect as connectHttp2 } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';

const FILE = '/v1/api.js';

/** @typedef {import('node:tls').TLSSocket} Socket */

/** @param {number} port @param {string} from @param {string} protocol */
function open(port, from, protocol) {
  const socket = connect(/** @type {import('node:tls').ConnectionOptions} */ (
    { host: '127.0.0.1', port, localAddress: from, servername: 'localhost', ALPNProtocols: [protocol], rejectUnauthorized: false }
  ));
  return socket.on('error', () => {});
}

/** Opens one from an address. @type {Record<string, (port: number, from: string) => Socket>} */
export const SORTS = {
  'HTTP/2, nothing sent': (port, from) => open(port, from, 'h2'),
  'HTTP/2, nothing read': (port, from) => {
    const socket = open(port, from, 'h2');
    socket.once('secureConnect', () => {
      const session = connectHttp2('https://localhost', { createConnection: () => socket, settings: { initialWindowSize: 0 } });
      session.on('error', () => {}).request({ ':path': FILE }).on('error', () => {});
    });
    return socket;
  },
  'HTTP/1.1, nothing read': (port, from) => {
    const socket = open(port, from, 'http/1.1');
    socket.pause().write(`GET ${FILE} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(2_000));
    return socket;
  },
};

/** An address of one of many networks of this machine. @param {number} number */
export const addressIn = (number) => `127.0.${10 + number}.1`;

if (process.argv[1] === import.meta.filename) {
  const [sort = '', ...numbers] = process.argv.slice(2);
  const [port = 0, connections = 0, networks = 1, seconds = 0] = numbers.map(Number);
  const hold = SORTS[sort];
  if (!hold) throw new Error(`no such sort: ${sort}`);
  const end = Date.now() + 1_000 * seconds;
  const one = async (/** @type {number} */ index) => {
    // Not all at once.
    await sleep(index % 5_000);
    while (Date.now() < end) {
      const socket = hold(port, addressIn(index % networks));
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, end - Date.now());
        socket.once('close', () => resolve(clearTimeout(timer)));
      });
      socket.destroy();
      await sleep(1_000);
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, index) => one(index)));
  process.exit();
}
