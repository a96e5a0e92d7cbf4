// Programs that a site wants: feed readers, link previews and verified crawlers, each asking for
// what it asks for. None of them keeps cookies or works. And what the exemptions do not cover.

import { isGot, open } from './client.mjs';

/**
 * @typedef {'feed reader' | 'link preview' | 'verified crawler'} Kind
 * @typedef {{kind: Kind, name: string, agent: string, from: string, paths: string[]}} Program
 * @typedef {{name: string, path: string, status: number, got: boolean}} Asked
 */

const FEED = 'application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.5';
const PAGE = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

/** @type {(name: string, agent: string, ...paths: string[]) => Program} */
const reader = (name, agent, ...paths) => ({ kind: 'feed reader', name, agent, from: '203.0.113.10', paths });
/** @type {(name: string, agent: string) => Program} */
const preview = (name, agent) => ({ kind: 'link preview', name, agent, from: '203.0.113.20', paths: ['/robots.txt', '/pages/1', '/wiki/1', '/archive/1'] });
/** @type {(name: string, agent: string, from: string) => Program} */
const crawler = (name, agent, from) => ({ kind: 'verified crawler', name, agent, from, paths: ['/robots.txt', '/sitemap.xml', '/pages/1', '/wiki/1', '/archive/1'] });

export const SLACK = 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)';
export const GOOGLEBOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';

/** Twenty of them; feeds also stand in the protected folders. @type {Program[]} */
export const PROGRAMS = [
  reader('Feedly', 'Feedly/1.0 (+http://www.feedly.com/fetcher.html; 12 subscribers; like FeedFetcher-Google)', '/feed', '/archive/feed/'),
  reader('Inoreader', 'Mozilla/5.0 (compatible; inoreader.com; 3 subscribers)', '/feed.xml', '/wiki/feed'),
  reader('NewsBlur', 'NewsBlur Feed Fetcher - 2 subscribers - https://www.newsblur.com', '/rss.xml', '/archive/new.rss'),
  reader('NetNewsWire', 'NetNewsWire (RSS Reader; https://netnewswire.com/)', '/feed.json', '/wiki/changes.atom'),
  reader('FreshRSS', 'FreshRSS/1.27.1 (Linux; https://freshrss.org)', '/atom.xml', '/archive/feed.xml'),
  reader('Miniflux', 'Mozilla/5.0 (compatible; Miniflux/2.2.14; +https://miniflux.app)', '/index.xml', '/wiki/feed/'),
  reader('Tiny Tiny RSS', 'Tiny Tiny RSS/25.04 (https://tt-rss.org/)', '/rss', '/archive/new.atom'),
  reader('Thunderbird', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.5.0', '/feed/', '/wiki/changes.rss'),
  preview('Slack', SLACK),
  preview('X', 'Twitterbot/1.0'),
  preview('Facebook', 'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)'),
  preview('Discord', 'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)'),
  preview('WhatsApp', 'WhatsApp/2.23.20.0'),
  preview('Telegram', 'TelegramBot (like TwitterBot)'),
  preview('LinkedIn', 'LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)'),
  preview('Mastodon', 'Mastodon/4.5.2 (http.rb/5.3.1; +https://mastodon.example/) Bot'),
  crawler('Googlebot', GOOGLEBOT, '192.0.2.10'),
  crawler('Bingbot', 'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)', '192.0.2.20'),
  crawler('DuckDuckBot', 'DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)', '192.0.2.30'),
  crawler('Applebot', 'Mozilla/5.0 (compatible; Applebot/0.1; +http://www.apple.com/go/applebot)', '192.0.2.40'),
];

/** What a rule about a folder also closes to programs: feeds that are not exempt, and pages. */
const CLOSED = [
  ['Googlebot’s name from another network', GOOGLEBOT, PAGE, ['/archive/1', '/wiki/1']],
  ['a feed reader that also fetches the article', 'Mozilla/5.0 (compatible; Miniflux/2.2.14; +https://miniflux.app)', PAGE, ['/archive/1']],
  ['a feed reader at a name that other pages have too', 'Tiny Tiny RSS/25.04 (https://tt-rss.org/)', FEED,
    ['/archive/index.xml', '/archive/?feed=rss2']],
];

/**
 * Each program's requests, and those that a rule closes.
 * @param {import('./client.mjs').Proxy} proxy
 */
export async function visit(proxy) {
  const { ask, close } = open(proxy, 4);
  const once = async (/** @type {string} */ name, /** @type {string} */ path, /** @type {Record<string, string>} */ headers) => {
    const answer = await ask(path, { headers });
    return { name, path, status: answer.status, got: isGot(answer, path) };
  };
  try {
    const asked = [];
    for (const { kind, name, agent, from, paths } of PROGRAMS)
      for (const path of paths) {
        const accept = kind === 'feed reader' ? FEED : PAGE;
        asked.push({ kind, ...await once(name, path, { 'user-agent': agent, accept, 'x-forwarded-for': from }) });
      }
    const closed = [];
    for (const [name, agent, accept, paths] of /** @type {[string, string, string, string[]][]} */ (CLOSED))
      for (const path of paths) closed.push(await once(name, path, { 'user-agent': agent, accept, 'x-forwarded-for': '198.51.100.66' }));
    return { asked, closed };
  } finally {
    close();
  }
}

/** @typedef {Awaited<ReturnType<typeof visit>>} Visited */
