// An extension that fills the form, in a browser that nothing is attached to.

import { fileURLToPath } from 'node:url';
import { startChromium } from './launch.mjs';

const FOLDER = fileURLToPath(new URL('extension', import.meta.url));

/** What has a browser load the extension. */
const ARGS = [`--load-extension=${FOLDER}`, '--disable-features=DisableLoadExtensionCommandLineSwitch'];

/**
 * Opens the form; all else is the extension's.
 * @param {import('./tools.mjs').Way} _
 * @param {string} display
 * @returns {Promise<import('./tools.mjs').Driven>}
 */
export async function extension(_, display) {
  /** @type {{stop: () => Promise<void>} | undefined} */
  let browser;
  return {
    async open(url) {
      browser = await startChromium({ display, url, args: ARGS });
    },
    type: async () => {},
    click: async () => {},
    close: async () => browser?.stop(),
  };
}
