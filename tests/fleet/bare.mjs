// An attacker without any tool: the debugging port of a browser that was started by hand, of which
// only input and the document are used.

import { ofProtocol } from './hands.mjs';
import { pause, startChromium } from './launch.mjs';
import { connect } from './protocol.mjs';

/**
 * @param {import('./tools.mjs').Way} _
 * @param {string} display
 * @returns {Promise<import('./tools.mjs').Driven>}
 */
export async function bare(_, display) {
  /** @type {Awaited<ReturnType<typeof startChromium>> | undefined} */
  let browser;
  /** @type {import('./hands.mjs').Device | undefined} */
  let device;
  const its = () => {
    if (!device) throw new Error('no page is open');
    return device;
  };
  return {
    async open(url) {
      browser = await startChromium({ display, url });
      await pause(1_200);
      device = ofProtocol(await connect(browser.base));
    },
    async type(selector, text) {
      await its().jump?.(selector);
      await its().insert?.(text);
    },
    async click(selector) {
      const [left, top, width, height] = await its().place(selector);
      const middle = { x: left + width / 2, y: top + height / 2 };
      await its().button(true, middle);
      await its().button(false, middle);
    },
    async close() {
      device?.close();
      await browser?.stop();
    },
  };
}
