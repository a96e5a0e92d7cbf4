// The mouse and the keyboard of a desktop: the display is told of moves, buttons and keys (the
// extension XTEST), as hardware tells it. Nothing is attached to the browser, and nothing of it is
// known but where a page says that its fields are.

import { createRequire } from 'node:module';
import { pause } from './launch.mjs';

const require = createRequire(import.meta.url);

/** Keys without a letter, by their X keysyms. @type {{[name: string]: number}} */
const KEYSYMS = { Tab: 0xff09, Enter: 0xff0d, Shift: 0xffe1 };

/** How long a page may take to say where its fields are. */
const WHERE_MS = 60_000;

/**
 * @typedef {object} Desktop
 * @property {(x: number, y: number) => void} move
 * @property {(down: boolean) => void} button
 * @property {(name: string, down: boolean) => void} key a character, or a key of [`KEYSYMS`]; Shift is held where the character needs it
 * @property {() => void} close
 */

/** @param {string} display @returns {Promise<Desktop>} */
export async function openDesktop(display) {
  const { createClient } = require('x11');
  const screen = await new Promise((resolve, reject) => {
    const client = createClient({ display }, (/** @type {any} */ error, /** @type {any} */ opened) => (error ? reject(error) : resolve(opened)));
    client.on('error', reject);
  });
  const { client } = screen;
  const test = await new Promise((resolve, reject) => {
    client.require('xtest', (/** @type {any} */ error, /** @type {any} */ extension) => (error ? reject(error) : resolve(extension)));
  });
  const { min_keycode: first, max_keycode: last } = screen;
  /** @type {number[][]} */
  const keysyms = await new Promise((resolve, reject) => {
    client.GetKeyboardMapping(first, last - first + 1, (/** @type {any} */ error, /** @type {any} */ list) => (error ? reject(error) : resolve(list)));
  });
  const shift = first + keysyms.findIndex(([plain]) => plain === KEYSYMS.Shift);
  /** @param {string} name */
  const code = (name) => {
    const keysym = KEYSYMS[name] ?? name.charCodeAt(0);
    const plain = keysyms.findIndex(([symbol]) => symbol === keysym);
    const at = plain < 0 ? keysyms.findIndex(([, symbol]) => symbol === keysym) : plain;
    if (at < 0) throw new Error(`the keyboard has no key for ${name}`);
    return { keycode: first + at, shifted: plain < 0 };
  };
  return {
    move: (x, y) => test.FakeInput(test.MotionNotify, 0, 0, screen.screen[0].root, Math.round(x), Math.round(y)),
    button: (down) => test.FakeInput(down ? test.ButtonPress : test.ButtonRelease, 1, 0, 0, 0, 0),
    key(name, down) {
      const { keycode, shifted } = code(name);
      const press = (/** @type {number} */ which) => test.FakeInput(down ? test.KeyPress : test.KeyRelease, which, 0, 0, 0, 0);
      if (shifted && down) press(shift);
      press(keycode);
      if (shifted && !down) press(shift);
    },
    close: () => client.terminate(),
  };
}

/**
 * Where on the screen something of the open page is.
 * @param {string} page its address
 * @param {string} selector
 * @returns {Promise<[number, number, number, number]>} left, top, width and height
 */
export async function whereIs(page, selector) {
  const address = new URL('/where', page);
  for (let waited = 0; waited < WHERE_MS; waited += 100) {
    const all = await (await fetch(address)).json();
    if (all[selector]) return all[selector];
    await pause(100);
  }
  throw new Error(`the page did not say where ${selector} is`);
}

/**
 * A robot at the desktop, as `Driven`: it jumps to the middle of what it wants, clicks, and types as
 * fast as the display takes keys.
 * @param {string} display
 * @param {(url: string) => Promise<{stop: () => Promise<void>}>} start starts the browser with a page
 * @returns {Promise<import('./tools.mjs').Driven>}
 */
export async function robot(display, start) {
  const desktop = await openDesktop(display);
  let page = '';
  /** @type {{stop: () => Promise<void>} | undefined} */
  let browser;
  const click = async (/** @type {string} */ selector) => {
    const [left, top, width, height] = await whereIs(page, selector);
    desktop.move(left + width / 2, top + height / 2);
    desktop.button(true);
    desktop.button(false);
    await pause(50);
  };
  return {
    async open(url) {
      page = url;
      browser = await start(url);
      await whereIs(page, '#name');
      await pause(500);
    },
    async type(selector, text) {
      await click(selector);
      for (const letter of text) {
        desktop.key(letter, true);
        desktop.key(letter, false);
        await pause(2);
      }
    },
    click,
    async close() {
      desktop.close();
      await browser?.stop();
    },
  };
}
