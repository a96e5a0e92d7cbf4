// What the journeys' browsers themselves must do.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

test('a Chromium that dies at its launch is launched once more, and no more than once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-browser-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const chromium = process.env.MUNJIGI_CHROMIUM ?? '/usr/bin/chromium';
  const mortal = join(folder, 'chromium');
  const die = (/** @type {string} */ where) => writeFileSync(mortal, `#!/bin/sh\n${where}\nexec ${chromium} "$@"\n`, { mode: 0o755 });
  process.env.MUNJIGI_CHROMIUM = mortal;
  const { launchChromium } = await import('../support/browsers.mjs');

  die(`mkdir ${folder}/died 2>/dev/null && exit 3`);
  const browser = await launchChromium();
  assert.match(browser.version(), /^\d/);
  await browser.close();

  die(`echo >> ${folder}/launches; exit 3`);
  await assert.rejects(launchChromium());
  assert.equal(readFileSync(join(folder, 'launches'), 'utf8'), '\n\n');
});
