// Our widget among the others: a customer's page on its own origin, with two lines of HTML.

import { createServer } from 'node:http';
import { page } from './peers/server.mjs';

/** A site's defaults; the page requests no more than an ordinary customer's does. */
export const DEFAULT = { count: 16, work: 40_000 };

/**
 * Serves the page of a customer of the stack's ordinary site.
 * @param {import('../support/stack.mjs').Stack} stack
 * @param {import('../support/stack.mjs').Site} [site]
 * @returns {Promise<{page: string, own: string[], stop: () => Promise<void>}>}
 */
export function customer(stack, site = stack.site) {
  const html = page({
    head: `<script src="${stack.edge}/v1/api.js" async defer></script>`,
    body: '<div id="widget"></div>',
    script: `
bench.ready = new Promise((resolve) => addEventListener('load', () => munjigi.ready(() => {
  bench.id = munjigi.render('#widget', {
    sitekey: ${JSON.stringify(site.sitekey)},
    action: 'bench',
    execution: 'execute',
    callback: (token) => bench.resolve({ token, hashes: null }),
    'error-callback': (code) => bench.reject(new Error(code)),
  });
  resolve();
})));
bench.solve = () => new Promise((resolve, reject) => {
  Object.assign(bench, { resolve, reject });
  munjigi.execute(bench.id);
});`,
  });
  const server = createServer((request, response) => {
    const found = request.url === '/';
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/html', 'cache-control': 'no-store' });
    response.end(found ? html : '');
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      resolve({
        page: `http://localhost:${port}/`,
        own: [new URL(stack.edge).origin],
        stop: async () => {
          server.closeAllConnections();
          server.close();
        },
      });
    });
  });
}

/**
 * @param {import('../support/stack.mjs').Stack} stack
 * @returns {import('./widgets.mjs').Widget}
 */
export const munjigi = (stack) => ({
  name: 'munjigi',
  difficulty: `${DEFAULT.count} sub-puzzles of ${DEFAULT.work.toLocaleString('en-US')} (a site's default)`,
  expected: DEFAULT.count * DEFAULT.work,
  hash: 'HashWX',
  serve: () => customer(stack),
});
