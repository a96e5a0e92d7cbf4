// How a page looks and how it is traversed, for journeys that see every page: by axe in both themes
// and widths, and with the Tab key alone. Screenshots are kept.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { accessible } from './axe.mjs';
import { PICTURES } from '../support/stage.mjs';

/** The most presses that a page may need until the focus has passed through it. */
export const MOST_TABS = 400;

/**
 * Checks the open page in both themes and widths, and by axe once in each theme and width. Each is
 * photographed, except in CI, where no one looks at it.
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
export async function look(page, name) {
  for (const [colorScheme, width, byAxe] of /** @type {const} */ ([
    ['light', 1280, false], ['light', 360, true], ['dark', 360, false], ['dark', 1280, true],
  ])) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 900 });
    if (byAxe) await accessible(page, { where: `${name} ${colorScheme} ${width}` });
    const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    assert.ok(wider <= 0, `${name} scrolls sideways by ${wider} at ${width}`);
    const outside = await page.evaluate(`[...document.querySelectorAll('.card')].flatMap((card) => {
      const { left, right } = card.getBoundingClientRect();
      return [...card.querySelectorAll('*')].filter((it) => {
        const box = it.getBoundingClientRect();
        return box.width > 0 && (box.left < left - 1 || box.right > right + 1);
      }).map((it) => it.outerHTML.slice(0, 200));
    })`);
    assert.deepEqual(outside, [], `${name}: outside its card at ${width}`);
    if (process.env.CI) continue;
    // The longest page takes a loaded machine more than the usual half minute.
    await page.screenshot({ path: join(PICTURES, `console-${name}-${colorScheme}-${width}.png`), fullPage: true, timeout: 120_000 });
  }
}

/**
 * Traverses the page with Tab: every control is reached, each shows the focus, and nothing traps
 * it.
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
export async function walk(page, name) {
  await page.evaluate(`
    document.activeElement?.blur();
    window.reached = new Set();
    window.unshown = [];
    window.radio = (it) => it.type === 'radio' ? it.form?.id + it.name : it;
    window.wanted = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
      .filter((it) => !it.disabled && it.type !== 'hidden' && it.checkVisibility({ visibilityProperty: true })
        && it.tabIndex >= 0 && !it.closest('[aria-hidden=true]'));
    // Frames of other origins pass the focus on asynchronously, so each element reports for itself.
    document.addEventListener('focusin', ({ target: it }) => {
      reached.add(it).add(radio(it));
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(it);
      const shown = outlineStyle !== 'none' && outlineWidth !== '0px' || boxShadow !== 'none';
      if (it.tagName !== 'IFRAME' && !shown) unshown.push(it.outerHTML.slice(0, 200));
    });
    window.stood = new Set();
    window.step = () => {
      const it = document.activeElement;
      if (it === document.body || it === null || it.tagName === 'IFRAME') return false;
      const box = it.getBoundingClientRect();
      if (box.width === 0 || box.bottom <= 0 || box.top >= innerHeight) unshown.push(it.outerHTML.slice(0, 200));
      const again = stood.has(it);
      stood.add(it);
      return again && missed().length === 0;
    };
    window.missed = () => wanted.filter((it) => it.checkVisibility() && !reached.has(it) && !reached.has(radio(it)));
    undefined
  `);
  // A frame that loses the focus may pass it on once more a little later: an element that repeats
  // is the end only once all were reached.
  for (let pressed = 0, around = false; !around && pressed < MOST_TABS; pressed += 1) {
    await page.keyboard.press('Tab');
    around = /** @type {boolean} */ (await page.evaluate('step()'));
  }
  const [missed, unshown] = /** @type {[string[], string[]]} */ (await page.evaluate(`[
    missed().map((it) => it.outerHTML.slice(0, 200)),
    unshown,
  ]`));
  assert.deepEqual(missed, [], `${name}: not reached by Tab`);
  assert.deepEqual(unshown, [], `${name}: reached unseen`);
}
