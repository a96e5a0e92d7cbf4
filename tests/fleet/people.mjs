// Scripted people: browsers in a window that no tool has attached to in a way that pages can see,
// with the input of fourteen habits. They show what must not be held against anybody; they prove no
// rate for people.
//
// Input goes through the browser's own `Input` domain, whose events are trusted. Nothing else of the
// debugging protocol is switched on: no `Runtime`, no `Page`.

import { pause, startChromium } from './launch.mjs';

/**
 * @typedef {object} Hands
 * @property {(selector: string) => Promise<void>} point moves the pointer there and clicks
 * @property {(selector: string) => Promise<void>} touch taps it
 * @property {(selector: string) => Promise<void>} jump moves the focus there, as assistive technology does
 * @property {(text: string) => Promise<void>} type key by key
 * @property {(text: string) => Promise<void>} insert at once, as a paste, a dictation or a password manager does
 * @property {(name: 'Tab' | 'Enter' | ' ') => Promise<void>} press
 * @property {(milliseconds: number) => Promise<void>} wait about as long
 *
 * @typedef {object} Persona
 * @property {string} name
 * @property {string[]} [args] of the browser
 * @property {object} [preferences] of its profile
 * @property {(hands: Hands) => Promise<void>} fill fills the form's three fields
 * @property {(hands: Hands) => Promise<void>} send sends it
 */

/** What goes into which field. */
export const FIELDS = [
  ['#name', 'Kim Minseo'],
  ['#email', 'minseo@customer.example'],
  ['#text', 'Do you deliver on Saturdays?'],
];

/** The debugging protocol of the browser's first page. @param {string} base */
async function connect(base) {
  const targets = await (await fetch(`${base}/json/list`)).json();
  const target = targets.find((/** @type {any} */ each) => each.type === 'page' && each.url.startsWith('http'));
  if (!target) throw new Error('the page did not open');
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', reject, { once: true });
  });
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
  const waiting = new Map();
  let last = 0;
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = JSON.parse(data);
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error) asked?.reject(new Error(error.message));
    else asked?.resolve(result);
  });
  /** @param {string} method @param {object} [params] @returns {Promise<any>} */
  const send = (method, params = {}) => new Promise((resolve, reject) => {
    last += 1;
    waiting.set(last, { resolve, reject });
    socket.send(JSON.stringify({ id: last, method, params }));
  });
  return { send, close: () => socket.close() };
}

/** @param {{send: (method: string, params?: object) => Promise<any>}} page @param {{pace: number, random: () => number}} habits @returns {Hands} */
function hands({ send }, { pace, random }) {
  /** Between three quarters of a number and five quarters. @param {number} about */
  const roughly = (about) => about * (0.75 + random() / 2);
  const at = { x: roughly(500), y: roughly(120) };
  const wait = (/** @type {number} */ ms) => pause(roughly(ms * pace));
  const node = async (/** @type {string} */ selector) => {
    const { root } = await send('DOM.getDocument', { depth: 0 });
    const { nodeId } = await send('DOM.querySelector', { nodeId: root.nodeId, selector });
    return nodeId;
  };
  /** A point inside an element, not its middle. */
  const place = async (/** @type {string} */ selector) => {
    const nodeId = await node(selector);
    await send('DOM.scrollIntoViewIfNeeded', { nodeId });
    const { model } = await send('DOM.getBoxModel', { nodeId });
    const [left, top, right, , , bottom] = model.content;
    return {
      x: left + (right - left) * (0.15 + 0.6 * random()),
      y: top + (bottom - top) * (0.25 + 0.5 * random()),
    };
  };
  const key = async (/** @type {string} */ name, /** @type {string | undefined} */ text) => {
    const code = { Tab: 9, Enter: 13, ' ': 32 }[name] ?? name.toUpperCase().charCodeAt(0);
    const params = { key: name, windowsVirtualKeyCode: code };
    await send('Input.dispatchKeyEvent', { type: 'keyDown', ...params, ...(text && { text }) });
    await pause(roughly(45));
    await send('Input.dispatchKeyEvent', { type: 'keyUp', ...params });
  };
  return {
    wait,
    async point(selector) {
      const goal = await place(selector);
      const from = { ...at };
      const bow = { x: (random() - 0.5) * 80, y: (random() - 0.5) * 60 };
      const steps = Math.round(roughly(28));
      for (let step = 1; step <= steps; step += 1) {
        const t = step / steps;
        const eased = t * t * (3 - 2 * t);
        at.x = from.x + (goal.x - from.x) * eased + bow.x * Math.sin(Math.PI * t) + (random() - 0.5);
        at.y = from.y + (goal.y - from.y) * eased + bow.y * Math.sin(Math.PI * t) + (random() - 0.5);
        await send('Input.dispatchMouseEvent', { type: 'mouseMoved', ...at });
        await pause(roughly(9 * pace));
      }
      const press = { ...at, button: 'left', clickCount: 1 };
      await wait(90);
      await send('Input.dispatchMouseEvent', { type: 'mousePressed', ...press });
      await pause(roughly(70));
      await send('Input.dispatchMouseEvent', { type: 'mouseReleased', ...press });
    },
    async touch(selector) {
      const { x, y } = await place(selector);
      await send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y, radiusX: 9, radiusY: 11, force: 0.6 }] });
      await pause(roughly(80));
      await send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    },
    async jump(selector) {
      await send('DOM.focus', { nodeId: await node(selector) });
    },
    async type(text) {
      for (const letter of text) {
        await key(letter, letter);
        await wait(95);
      }
    },
    insert: (text) => send('Input.insertText', { text }),
    press: (name) => key(name, name === 'Tab' ? undefined : name === 'Enter' ? '\r' : name),
  };
}

/** Points at each field and types. @param {Hands} hand */
async function pointAndType(hand) {
  for (const [field, text] of FIELDS) {
    await hand.point(field);
    await hand.type(text);
    await hand.wait(300);
  }
}

/** @param {Hands} hand */
const pointToSend = (hand) => hand.point('#send');

/** Goes from field to field by Tab. @param {Hands} hand @param {(text: string) => Promise<void>} put */
async function tabThrough(hand, put) {
  for (const [, text] of FIELDS) {
    await hand.press('Tab');
    await hand.wait(250);
    await put(text);
    await hand.wait(250);
  }
}

/** To the button from wherever the focus is, and Enter. @param {Hands} hand */
async function enterToSend(hand) {
  await hand.jump('#send');
  await hand.wait(300);
  await hand.press('Enter');
}

const PRIVATE = {
  profile: { block_third_party_cookies: true, cookie_controls_mode: 1 },
  enable_do_not_track: true,
  webkit: { webprefs: { webgl_enabled: false } },
};

/** @type {(Persona & {pace?: number})[]} */
export const PEOPLE = [
  { name: 'mouse', fill: pointAndType, send: pointToSend },
  {
    name: 'trackpad',
    pace: 1.4,
    fill: async (hand) => {
      await hand.point('h1');
      await pointAndType(hand);
    },
    send: pointToSend,
  },
  {
    name: 'touch',
    args: ['--touch-events=enabled', '--window-size=400,860'],
    fill: async (hand) => {
      for (const [field, text] of FIELDS) {
        await hand.touch(field);
        await hand.wait(400);
        for (const word of text.split(/(?<= )/)) {
          await hand.insert(word);
          await hand.wait(500);
        }
      }
    },
    send: (hand) => hand.touch('#send'),
  },
  { name: 'keyboard alone', fill: (hand) => tabThrough(hand, hand.type), send: enterToSend },
  {
    name: 'screen reader’s order',
    args: ['--force-renderer-accessibility'],
    pace: 1.3,
    fill: async (hand) => {
      for (const [field, text] of FIELDS) {
        await hand.jump(field);
        await hand.wait(700);
        await hand.type(text);
      }
    },
    send: enterToSend,
  },
  {
    name: 'switch access',
    pace: 2,
    fill: (hand) => tabThrough(hand, async (text) => {
      for (const word of text.split(/(?<= )/)) {
        await hand.wait(700);
        await hand.insert(word);
      }
    }),
    send: enterToSend,
  },
  { name: 'slow', pace: 3, fill: pointAndType, send: pointToSend },
  { name: 'fast', pace: 0.25, fill: pointAndType, send: pointToSend },
  {
    name: 'paste',
    fill: async (hand) => {
      for (const [field, text] of FIELDS) {
        await hand.point(field);
        await hand.wait(200);
        await hand.insert(text);
      }
    },
    send: pointToSend,
  },
  {
    name: 'password manager',
    fill: async (hand) => {
      for (const [field, text] of FIELDS.slice(0, 2)) {
        await hand.jump(field);
        await hand.insert(text);
      }
      await hand.point('#text');
      await hand.type('Hello');
    },
    send: pointToSend,
  },
  { name: '200 % zoom', args: ['--force-device-scale-factor=2'], fill: pointAndType, send: pointToSend },
  { name: 'reduced motion', args: ['--force-prefers-reduced-motion'], fill: pointAndType, send: pointToSend },
  {
    name: 'strict privacy settings',
    args: ['--disable-3d-apis', '--disable-reading-from-canvas', '--force-webrtc-ip-handling-policy=disable_non_proxied_udp'],
    preferences: PRIVATE,
    fill: pointAndType,
    send: pointToSend,
  },
  { name: 'developer tools open', args: ['--auto-open-devtools-for-tabs'], fill: pointAndType, send: pointToSend },
];

/**
 * Lets a persona open the page. `send` is for when the visit has passed.
 * @param {Persona & {pace?: number}} persona
 * @param {string} url
 * @param {string} display
 * @param {() => number} random between 0 and 1: what varies from visit to visit
 */
export async function arrive({ args, preferences, pace = 1, fill, send }, url, display, random) {
  const browser = await startChromium({ display, url, args, preferences });
  try {
    await pause(1_200);
    const page = await connect(browser.base);
    const hand = hands(page, { pace, random });
    return {
      fill: () => fill(hand),
      send: () => send(hand),
      close: async () => {
        page.close();
        await browser.stop();
      },
    };
  } catch (error) {
    await browser.stop();
    throw error;
  }
}
