// The attackers: automation tools as their documentation shows them, nothing changed. Each opens a
// fresh browser, fills the form in the tool's own words and sends it.

import { createRequire } from 'node:module';
import { ARGUMENTS, CHROMIUM, FIREFOX } from '../support/browsers.mjs';
import { bare } from './bare.mjs';
import { robot } from './desktop.mjs';
import { extension } from './extension.mjs';
import { startChromium, startFirefox } from './launch.mjs';
import { pinned, zendriver } from './python.mjs';
import * as selenium from './selenium.mjs';

/**
 * How a tool gets its browser: without a window, in a window, or attached to one that was started
 * by hand.
 * @typedef {'headless' | 'headful' | 'attached'} Way
 *
 * @typedef {object} Driven
 * @property {(url: string) => Promise<unknown>} open
 * @property {(selector: string, text: string) => Promise<unknown>} type
 * @property {(selector: string) => Promise<unknown>} click
 * @property {() => Promise<unknown>} close
 *
 * @typedef {object} Tool
 * @property {string} name
 * @property {string} version
 * @property {'default' | 'stealth'} kind whether it hides that it is a tool
 * @property {Way[]} ways
 * @property {(way: Way, display: string) => Promise<Driven>} start
 */

/** @type {Way[]} */
const ALL_WAYS = ['headless', 'headful', 'attached'];

/** A Firefox started by hand has nothing to attach to. @type {Way[]} */
const WITHOUT_ATTACHING = ['headless', 'headful'];

const require = createRequire(import.meta.url);

/** @param {string} name */
const version = (name) => /** @type {{version: string}} */ (require(`${name}/package.json`)).version;

/**
 * Playwright and what is made from it.
 * @param {any} library
 * @param {Way} way
 * @param {string} display
 * @returns {Promise<Driven>}
 */
async function playwright(library, way, display) {
  const own = way === 'attached' ? await startChromium({ display }) : null;
  const browser = own
    ? await library.chromium.connectOverCDP(own.base)
    : await library.chromium.launch({
        executablePath: CHROMIUM,
        headless: way === 'headless',
        args: ARGUMENTS,
        env: { ...process.env, DISPLAY: display },
      });
  const page = own ? await browser.contexts()[0].newPage() : await browser.newPage();
  return {
    open: (url) => page.goto(url),
    type: (selector, text) => page.fill(selector, text),
    click: (selector) => page.click(selector),
    close: async () => {
      await browser.close();
      await own?.stop();
    },
  };
}

/**
 * Puppeteer and what is made from it.
 * @param {any} library
 * @param {Way} way
 * @param {string} display
 * @param {object} [launch] further options
 * @returns {Promise<Driven>}
 */
async function puppeteer(library, way, display, launch = {}) {
  const own = way === 'attached' ? await startChromium({ display }) : null;
  const browser = own
    ? await library.connect({ browserURL: own.base, defaultViewport: null })
    : await library.launch({
        executablePath: CHROMIUM,
        headless: way === 'headless',
        args: ARGUMENTS,
        env: { ...process.env, DISPLAY: display },
        ...launch,
      });
  const page = await browser.newPage();
  return {
    open: (url) => page.goto(url),
    type: (selector, text) => page.type(selector, text),
    click: (selector) => page.click(selector),
    close: async () => {
      if (own) await browser.disconnect();
      else await browser.close();
      await own?.stop();
    },
  };
}

const IN_FIREFOX = {
  browser: 'firefox',
  executablePath: FIREFOX,
  args: [],
};

/** Chromium without what says that it is driven. */
const NOT_CONTROLLED = {
  args: [...ARGUMENTS, '--disable-blink-features=AutomationControlled'],
  ignoreDefaultArgs: ['--enable-automation'],
};

/** @type {Tool[]} */
export const TOOLS = [
  {
    name: 'playwright',
    version: version('playwright-core'),
    kind: 'default',
    ways: ALL_WAYS,
    start: async (way, display) => playwright((await import('playwright-core')).default, way, display),
  },
  {
    name: 'puppeteer',
    version: version('puppeteer-core'),
    kind: 'default',
    ways: ALL_WAYS,
    start: async (way, display) => puppeteer((await import('puppeteer-core')).default, way, display),
  },
  {
    name: 'puppeteer, Firefox',
    version: version('puppeteer-core'),
    kind: 'default',
    ways: WITHOUT_ATTACHING,
    start: async (way, display) => puppeteer((await import('puppeteer-core')).default, way, display, IN_FIREFOX),
  },
  {
    name: 'selenium',
    version: version('selenium-webdriver'),
    kind: 'default',
    ways: ALL_WAYS,
    start: selenium.chromium,
  },
  {
    name: 'selenium, Firefox',
    version: version('selenium-webdriver'),
    kind: 'default',
    ways: WITHOUT_ATTACHING,
    start: selenium.firefox,
  },
  {
    name: 'puppeteer with its stealth plug-in',
    version: version('puppeteer-extra-plugin-stealth'),
    kind: 'stealth',
    ways: ALL_WAYS,
    start: async (way, display) => {
      const { addExtra } = require('puppeteer-extra');
      const library = addExtra((await import('puppeteer-core')).default);
      library.use(require('puppeteer-extra-plugin-stealth')());
      return puppeteer(library, way, display);
    },
  },
  {
    name: 'puppeteer, AutomationControlled off',
    version: version('puppeteer-core'),
    kind: 'stealth',
    ways: WITHOUT_ATTACHING,
    start: async (way, display) => puppeteer((await import('puppeteer-core')).default, way, display, NOT_CONTROLLED),
  },
  {
    name: 'playwright-extra with the stealth plug-in',
    version: version('playwright-extra'),
    kind: 'stealth',
    ways: ALL_WAYS,
    start: async (way, display) => {
      const { addExtra } = require('playwright-extra');
      const chromium = addExtra((await import('playwright-core')).default.chromium);
      chromium.use(require('puppeteer-extra-plugin-stealth')());
      return playwright({ chromium }, way, display);
    },
  },
  {
    name: 'patchright',
    version: version('patchright-core'),
    kind: 'stealth',
    ways: ALL_WAYS,
    start: async (way, display) => playwright((await import('patchright-core')).default, way, display),
  },
  {
    name: 'rebrowser',
    version: version('rebrowser-puppeteer-core'),
    kind: 'stealth',
    ways: ALL_WAYS,
    start: async (way, display) => puppeteer((await import('rebrowser-puppeteer-core')).default, way, display),
  },
  {
    name: 'zendriver',
    version: pinned('zendriver'),
    kind: 'stealth',
    ways: ALL_WAYS,
    start: zendriver,
  },
  {
    name: 'bare debugging protocol',
    version: '',
    kind: 'stealth',
    ways: ['attached'],
    start: bare,
  },
  {
    name: 'browser extension',
    version: '',
    kind: 'stealth',
    ways: ['headful'],
    start: extension,
  },
  {
    name: 'desktop robot (XTEST)',
    version: version('x11'),
    kind: 'stealth',
    ways: ['headful'],
    start: (_, display) => robot(display, (url) => startChromium({ display, url })),
  },
  {
    name: 'desktop robot (XTEST), Firefox',
    version: version('x11'),
    kind: 'stealth',
    ways: ['headful'],
    start: (_, display) => robot(display, (url) => startFirefox({ display, url })),
  },
];
