// The vendors' hosts, as far as client libraries can tell: a proxy that terminates TLS with its own
// certificate and passes each request to the edge unchanged. It answers nothing itself and reaches
// no other host.

import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { createServer, request } from 'node:http';
import { createServer as createSecureServer } from 'node:https';

const HOSTS = ['www.google.com', 'hcaptcha.com', 'challenges.cloudflare.com'];
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/**
 * @typedef {{name: string, keys: CryptoKeyPair, certificate: string}} Certified
 * @param {string} name
 * @param {object[]} extensions
 * @param {Certified} [issuer] itself where there is none
 * @returns {Promise<Certified>}
 */
async function certify(name, extensions, issuer) {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const by = issuer ?? { name, keys };
  const certificate = await x509.X509CertificateGenerator.create({
    subject: name,
    issuer: by.name,
    publicKey: keys.publicKey,
    signingKey: by.keys.privateKey,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    extensions: [
      ...extensions,
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(by.keys.publicKey),
    ],
  });
  return { name, keys, certificate: certificate.toString('pem') };
}

/** A certificate authority and the certificates that it issued. */
async function certificates() {
  const authority = await certify('CN=Tests of clients', [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
  ]);
  const host = await certify('CN=A vendor', [
    new x509.BasicConstraintsExtension(false),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension(HOSTS.map((value) => new x509.GeneralName('dns', value))),
  ], authority);
  const key = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', host.keys.privateKey), 'PRIVATE KEY');
  return { authority: authority.certificate, cert: host.certificate, key };
}

/**
 * Opens the proxy in front of an edge.
 * @param {string} edge
 * @returns {Promise<{proxy: string, authority: string, close: () => void}>} its address, and whom to trust
 */
export async function openFront(edge) {
  const { authority, cert, key } = await certificates();
  const { hostname, port } = new URL(edge);
  const secure = createSecureServer({ cert, key }, (asked, answer) => {
    const { method, url, headers } = asked;
    const onward = request({ hostname, port, method, path: url, headers }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  });
  const front = createServer((_, answer) => answer.writeHead(403).end());
  front.on('connect', ({ url = '' }, socket, head) => {
    if (!HOSTS.some((host) => url === `${host}:443`)) {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    secure.emit('connection', socket);
  });
  const listening = await new Promise((resolve) => {
    front.listen(0, '127.0.0.1', () => resolve(/** @type {any} */ (front.address()).port));
  });
  const close = () => {
    front.close();
    front.closeAllConnections();
    secure.closeAllConnections();
  };
  return { proxy: `http://127.0.0.1:${listening}`, authority, close };
}
