// The application behind the proxy: pages in three folders that link to each other, feeds, and what
// else programs ask for. A process of its own, so that its processor time can be counted.

import { createServer } from 'node:http';

/** Folders, in each of which is a page for every number. */
const FOLDERS = ['pages', 'wiki', 'archive'];
const ARTICLES = Array.from({ length: 3_000 }, (_, i) => ({ number: i + 1, title: `Article ${(i * 7_919) % 3_000}` }));
const FEED = /\/(?:feed|rss)\/?$|\.(?:rss|atom)$|(?:feed|rss|atom|index)\.xml$|feed\.json$/;
const FILES = ['/robots.txt', '/sitemap.xml', '/favicon.ico'];

/** What came with each clearance: requests, and what is said of its holder. @type {Map<string, {count: number, score: string, reasons: string}>} */
const ids = new Map();

/** A page: a list that is searched and sorted for each request, and links. @param {string} folder @param {number} number */
function page(folder, number) {
  const near = ARTICLES.filter(({ title }) => title.includes(String(number % 10)));
  const sorted = near.toSorted((a, b) => a.title.localeCompare(b.title)).slice(0, 100);
  const rows = sorted.map((article) => `<tr><td>${article.number}</td><td>${article.title}</td></tr>`).join('\n');
  const next = [2 * number, 2 * number + 1];
  const links = FOLDERS.flatMap((to) => next.map((child) => `<a href="/${to}/${child}">${to} ${child}</a>`)).join('\n');
  return `<!doctype html><html lang="en"><title>${folder} ${number}</title><table>${rows}</table><nav>${links}</nav>`;
}

const server = createServer((request, response) => {
  const said = (/** @type {string} */ name) => String(request.headers[`munjigi-${name}`] ?? 'none');
  const path = String(request.url).split('?')[0];
  if (path === '/ids') {
    response.end(JSON.stringify(Object.fromEntries(ids)));
    return void ids.clear();
  }
  const count = (ids.get(said('id'))?.count ?? 0) + 1;
  ids.set(said('id'), { count, score: said('score'), reasons: said('reasons') });
  const [, folder, number] = /^\/(pages|wiki|archive)\/(\d+)$/.exec(path) ?? [];
  const asked = { 'x-application': path };
  if (folder) return void response.writeHead(200, { ...asked, 'content-type': 'text/html' }).end(page(folder, Number(number)));
  if (FEED.test(path)) return void response.writeHead(200, { ...asked, 'content-type': 'application/xml' }).end('<feed/>');
  if (FILES.includes(path)) return void response.writeHead(200, { ...asked, 'content-type': 'text/plain' }).end('\n');
  response.writeHead(404, asked).end();
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify(server.address())));
process.stdin.resume().on('end', () => process.exit());
