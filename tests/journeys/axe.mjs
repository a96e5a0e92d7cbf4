// What axe finds in an open page and in the frames in it: nothing.

import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';

/**
 * @param {import('playwright-core').Page} page
 * @param {{ where?: string, withoutFrames?: boolean }} [options] what a mistake names, and whether
 *   frames are left out
 */
export async function accessible(page, { where = page.url(), withoutFrames = false } = {}) {
  const axe = new AxeBuilder({ page });
  if (withoutFrames) axe.exclude('iframe');
  // Only frames of other origins need the mode that adds up in a page of its own, which takes about
  // as long as the analysis itself.
  const alone = withoutFrames || page.frames().length === 1;
  const { violations } = await axe.setLegacyMode(alone).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  assert.deepEqual(found, [], where);
}
