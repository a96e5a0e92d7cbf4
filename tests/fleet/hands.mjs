// What people do with their hands, through whatever carries it to the browser.

import { openDesktop, whereIs } from './desktop.mjs';
import { pause } from './launch.mjs';

/**
 * @typedef {object} Hands
 * @property {(selector: string) => Promise<void>} point moves the pointer there and clicks
 * @property {(selector: string) => Promise<void>} touch taps it
 * @property {(selector: string) => Promise<void>} jump moves the focus there, as assistive technology does
 * @property {(text: string) => Promise<void>} type key by key
 * @property {(text: string) => Promise<void>} insert at once, as a paste, a dictation or a password manager does
 * @property {(name: 'Tab' | 'Shift+Tab' | 'Enter') => Promise<void>} press
 * @property {(milliseconds: number) => Promise<void>} wait about as long
 *
 * @typedef {{x: number, y: number}} Point
 *
 * What carries input: a desktop has no way to touch, to jump or to insert.
 * @typedef {object} Device
 * @property {(selector: string) => Promise<[number, number, number, number]>} place left, top, width and height
 * @property {(to: Point) => unknown} move
 * @property {(down: boolean, at: Point) => unknown} button
 * @property {(name: string, down: boolean) => unknown} key a character, or `Tab`, `Enter` or `Shift`
 * @property {(at: Point, hold: () => Promise<void>) => Promise<void>} [touch]
 * @property {(selector: string) => Promise<void>} [jump]
 * @property {(text: string) => Promise<void>} [insert]
 * @property {() => void} close
 */

/** The debugging protocol of a page. @param {import('./protocol.mjs').Page} page @returns {Device} */
export function ofProtocol({ send, close }) {
  /**
   * Uses an element. While the page is still loading, its ids become void: then once more.
   * @template T
   * @param {string} selector
   * @param {(nodeId: number) => Promise<T>} use
   * @returns {Promise<T>}
   */
  const on = async (selector, use) => {
    for (let tries = 1; ; tries += 1) {
      try {
        const { root } = await send('DOM.getDocument', { depth: 0 });
        const { nodeId } = await send('DOM.querySelector', { nodeId: root.nodeId, selector });
        return await use(nodeId);
      } catch (error) {
        if (tries === 50) throw error;
        await pause(100);
      }
    }
  };
  return {
    place: (selector) => on(selector, async (nodeId) => {
      await send('DOM.scrollIntoViewIfNeeded', { nodeId });
      const { model } = await send('DOM.getBoxModel', { nodeId });
      const [left, top, right, , , bottom] = model.content;
      return [left, top, right - left, bottom - top];
    }),
    move: (to) => send('Input.dispatchMouseEvent', { type: 'mouseMoved', ...to }),
    button: (down, at) =>
      send('Input.dispatchMouseEvent', { type: down ? 'mousePressed' : 'mouseReleased', ...at, button: 'left', clickCount: 1 }),
    key(name, down) {
      // Signs have codes by keyboard, which nothing needs.
      const code = { Tab: 9, Enter: 13, Shift: 16, ' ': 32 }[name] ?? (/\w/.test(name) ? name.toUpperCase().charCodeAt(0) : 0);
      const text = { Tab: '', Enter: '\r', Shift: '' }[name] ?? name;
      const type = down ? 'keyDown' : 'keyUp';
      return send('Input.dispatchKeyEvent', { type, key: name, windowsVirtualKeyCode: code, ...(down && text && { text }) });
    },
    async touch({ x, y }, hold) {
      await send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y, radiusX: 9, radiusY: 11, force: 0.6 }] });
      await hold();
      await send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    },
    jump: (selector) => on(selector, (nodeId) => send('DOM.focus', { nodeId })),
    insert: (text) => send('Input.insertText', { text }),
    close,
  };
}

/** The mouse and the keyboard of a display, for a page. @param {string} display @param {string} url @returns {Promise<Device>} */
export async function ofDesktop(display, url) {
  const desktop = await openDesktop(display);
  await whereIs(url, '#name');
  await pause(1_200);
  return {
    place: (selector) => whereIs(url, selector),
    move: ({ x, y }) => desktop.move(x, y),
    button: desktop.button,
    key: desktop.key,
    close: desktop.close,
  };
}

/** A device's way to do something that not every device can. @template T @param {T | undefined} way @param {string} what @returns {T} */
function able(way, what) {
  if (!way) throw new Error(`a desktop cannot ${what}`);
  return way;
}

/** @param {Device} device @param {{pace: number, random: () => number}} habits @returns {Hands} */
export function hands(device, { pace, random }) {
  /** Between three quarters of a number and five quarters. @param {number} about */
  const roughly = (about) => about * (0.75 + random() / 2);
  const at = { x: roughly(500), y: roughly(120) };
  const wait = (/** @type {number} */ ms) => pause(roughly(ms * pace));
  /** A point inside an element, not its middle. @param {string} selector */
  const inside = async (selector) => {
    const [left, top, width, height] = await device.place(selector);
    return { x: left + width * (0.15 + 0.6 * random()), y: top + height * (0.25 + 0.5 * random()) };
  };
  const key = async (/** @type {string} */ name) => {
    await device.key(name, true);
    await pause(roughly(45));
    await device.key(name, false);
  };
  return {
    wait,
    async point(selector) {
      const goal = await inside(selector);
      const from = { ...at };
      const bow = { x: (random() - 0.5) * 80, y: (random() - 0.5) * 60 };
      const steps = Math.round(roughly(28));
      for (let step = 1; step <= steps; step += 1) {
        const t = step / steps;
        const eased = t * t * (3 - 2 * t);
        at.x = from.x + (goal.x - from.x) * eased + bow.x * Math.sin(Math.PI * t) + (random() - 0.5);
        at.y = from.y + (goal.y - from.y) * eased + bow.y * Math.sin(Math.PI * t) + (random() - 0.5);
        await device.move(at);
        await pause(roughly(9 * pace));
      }
      await wait(90);
      await device.button(true, at);
      await pause(roughly(70));
      await device.button(false, at);
    },
    touch: async (selector) => able(device.touch, 'touch')(await inside(selector), () => pause(roughly(80))),
    jump: (selector) => able(device.jump, 'jump')(selector),
    async type(text) {
      for (const letter of text) {
        await key(letter);
        await wait(95);
      }
    },
    insert: (text) => able(device.insert, 'insert')(text),
    async press(name) {
      const shift = name === 'Shift+Tab';
      if (shift) await device.key('Shift', true);
      await key(shift ? 'Tab' : name);
      if (shift) await device.key('Shift', false);
    },
  };
}
