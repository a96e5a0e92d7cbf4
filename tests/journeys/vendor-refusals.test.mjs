// What a page written for another vendor is told when the edge refuses its visitor or cannot be
// reached, row by row of the vendors' tables, in Chromium. The edge is simulated: the real one
// refuses like this after ten minutes, or after hundreds of calls from one network.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { launchShell } from '../support/browsers.mjs';
import { parse } from 'smol-toml';
import { playEdge } from '../../widget/test/play-edge.mjs';
import { ROOT } from '../support/stack.mjs';
import { until } from '../support/stage.mjs';
import { openVendorPage } from './vendor-page.mjs';

/** @typedef {import('../../widget/test/play-edge.mjs').Refusal} Refusal */

const KEYS = { sitekey: 'mj_test', secret: '' };

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  browser = await launchShell();
});
after(() => browser?.close());

for (const vendor of /** @type {import('./vendor-page.mjs').VendorName[]} */ (['turnstile', 'hcaptcha', 'recaptcha'])) {
  const table = parse(readFileSync(join(ROOT, 'tests', 'contract', `${vendor}.toml`), 'utf8'));
  for (const row of /** @type {any[]} */ (table.refusal)) {
    test(row.id, async (t) => {
      const { path, times = 1, status, code, cut } = row;
      const refuse = cut ? [] : Array.from({ length: times }, /** @returns {Refusal} */ () => [path, { status, code, after: 30 }]);
      const edge = await playEdge(t, { refuse, cut: (/** @type {string} */ wanted) => cut && wanted.startsWith(cut) });
      const html = `<script>window.said = []; function note(name) { return function (value) { said.push(name + ' ' + value); return true; }; }
        var failed = note('failed'), timed = note('timed'), expired = note('expired');</script>
        <form><label>Name <input name="who"></label>${row.form}<button type="button" id="go">Go</button></form>
        <script src="{edge}${row.script}"></script><script>${row.js ?? ''}</script>`;
      const stage = { edge: edge.url, dialects: {} };
      const { page } = await openVendorPage(t, /** @type {any} */ ({ stage, browser }), vendor, html, { keys: KEYS });
      if (row.js) await page.locator('#go').click();
      else if (vendor !== 'turnstile' && !cut) await page.frameLocator('iframe').first().locator('#b').click();
      let last = '';
      const heard = async () => (last = await page.evaluate(cut ? 'said[0]' : 'said.join()')) === row.said;
      await until(row.said, heard, 20_000).catch(() => assert.equal(last, row.said));
      assert.equal(edge.script.refuse.length, 0, 'the edge was asked as often as it refuses');
    });
  }
}
