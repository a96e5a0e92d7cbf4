// A page written for another vendor, changed only in the script's host.

import { createServer } from 'node:http';
import { until } from '../support/stage.mjs';

const PATHS = {
  turnstile: '/turnstile/v0/siteverify',
  hcaptcha: '/siteverify',
  recaptcha: '/recaptcha/api/siteverify',
};

/** @typedef {keyof typeof PATHS} VendorName */

/**
 * Opens a page whose HTML may name {edge} and {sitekey}.
 * @param {import('node:test').TestContext} t
 * @param {import('../support/people.mjs').Theatre} own
 * @param {VendorName} vendor
 * @param {string} html
 * @param {{keys?: {sitekey?: string, secret?: string}, context?: object,
 * prepare?: (context: import('playwright-core').BrowserContext) => unknown}} [options]
 */
export async function openVendorPage(t, own, vendor, html, { keys = {}, context: wanted = {}, prepare } = {}) {
  const { edge, dialects } = own.stage;
  const { sitekey, secret } = { ...dialects[vendor], ...keys };
  const text = html.replaceAll('{edge}', edge).replaceAll('{sitekey}', sitekey);
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>A form</title>${text}`);
  });
  const port = await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(/** @type {any} */ (server.address()).port));
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const context = await own.browser.newContext(wanted);
  t.after(() => context.close());
  await prepare?.(context);
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(`http://localhost:${port}/`);
  /** The text of a global that the page's callbacks write. @param {string} name */
  const noted = (name) => until(name, () => page.evaluate(`String(window.${name} ?? '')`).then(String), 30_000);
  /** @param {string} name of a field */
  const field = (name) => until(name, () => page.locator(`[name="${name}"]`).first().inputValue(), 30_000);
  /** @param {string} token */
  const verify = async (token) => {
    const body = new URLSearchParams({ secret, response: token });
    return (await fetch(edge + PATHS[vendor], { method: 'POST', body })).json();
  };
  return { page, context, errors, noted, field, verify };
}
