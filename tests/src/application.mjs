// An application behind a protected host. Its answers are of every kind that the host passes on.
//
//   node tests/src/application.mjs     prints its port as JSON, and ends with its standard input

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

/** What RFC 6455 appends to a key. */
const SOCKETS = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** @type {import('node:http').RequestListener} */
function answer(request, response) {
  const { method, url = '/', rawHeaders } = request;
  const path = url.split('?')[0];
  if (path === '/account/upload') {
    request.pipe(response);
    return;
  }
  if (path === '/moved') response.writeHead(302, { location: '/elsewhere' });
  else if (path === '/missing') response.writeHead(404);
  else if (path === '/broken') response.writeHead(500);
  else response.setHeader('set-cookie', ['a=1; Path=/', 'b=2; Path=/; HttpOnly']);
  response.end(JSON.stringify({ method, url, headers: rawHeaders }));
}

const server = createServer({ keepAliveTimeout: 60_000 }, answer);

// One message for each socket.
server.on('upgrade', (request, socket) => {
  const key = `${request.headers['sec-websocket-key']}${SOCKETS}`;
  const accept = createHash('sha1').update(key).digest('base64');
  const head = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket'];
  socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'));
  // A text of two letters: servers do not mask.
  socket.write(Buffer.from([0x81, 2, ...Buffer.from('hi')]));
  socket.on('error', () => socket.destroy());
});

server.listen(0, '127.0.0.1', () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(JSON.stringify({ port: address.port }));
});
process.stdin.on('end', () => process.exit()).resume();
