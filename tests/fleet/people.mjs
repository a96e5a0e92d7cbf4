// Scripted people: browsers in a window that no tool has attached to in a way that pages can see,
// each with the input of one habit. They show what must not be held against anyone; they prove no
// rate for people.
//
// In Chromium, input goes through the browser's own `Input` domain, whose events are trusted. Nothing
// else of the debugging protocol is switched on: no `Runtime`, no `Page`. Firefox says of itself that
// it is driven once anything is attached, so people in Firefox use the desktop's mouse and keyboard.

import { hands, ofDesktop, ofProtocol } from './hands.mjs';
import { pause, startChromium, startFirefox } from './launch.mjs';
import { connect } from './protocol.mjs';

/**
 * @typedef {import('./hands.mjs').Hands} Hands
 *
 * @typedef {object} Persona
 * @property {string} name
 * @property {'Firefox'} [browser] otherwise Chromium
 * @property {string[]} [args] of the browser
 * @property {object} [preferences] of its profile
 * @property {number} [pace] how many times as long everything takes
 * @property {(hands: Hands) => Promise<void>} fill fills the form's three fields
 * @property {(hands: Hands) => Promise<void>} send sends it
 */

/** What goes into which field. */
export const FIELDS = [
  ['#name', 'Kim Minseo'],
  ['#email', 'minseo@customer.example'],
  ['#text', 'Do you deliver on Saturdays?'],
];

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

/** What is typed into a form with the keyboard alone is sent from one of its fields. @param {Hands} hand */
async function enterInField(hand) {
  await hand.press('Shift+Tab');
  await hand.wait(300);
  await hand.press('Enter');
}

/** How Firefox is set where people choose its strict protection. */
const STRICT = {
  'browser.contentblocking.category': 'strict',
  'network.cookie.cookieBehavior': 5,
  'privacy.donottrackheader.enabled': true,
  'privacy.fingerprintingProtection': true,
  'privacy.globalprivacycontrol.enabled': true,
  'privacy.trackingprotection.enabled': true,
  'webgl.disabled': true,
};

/** @type {Persona[]} */
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
  {
    name: 'developer tools in a window of their own',
    args: ['--auto-open-devtools-for-tabs'],
    preferences: { devtools: { preferences: { currentDockState: '"undocked"' } } },
    fill: pointAndType,
    send: pointToSend,
  },
  { name: 'Firefox, mouse', browser: 'Firefox', fill: pointAndType, send: pointToSend },
  { name: 'Firefox, fast', browser: 'Firefox', pace: 0.25, fill: pointAndType, send: pointToSend },
  { name: 'Firefox, keyboard alone', browser: 'Firefox', fill: (hand) => tabThrough(hand, hand.type), send: enterInField },
  { name: 'Firefox, strict privacy settings', browser: 'Firefox', preferences: STRICT, fill: pointAndType, send: pointToSend },
  {
    name: 'Firefox, resisting fingerprints',
    browser: 'Firefox',
    preferences: { ...STRICT, 'privacy.resistFingerprinting': true, 'privacy.resistFingerprinting.letterboxing': true },
    // Pages do not learn where on the screen they are.
    fill: (hand) => tabThrough(hand, hand.type),
    send: enterInField,
  },
];

/**
 * Lets a persona open the page. `send` is for when the visit has passed.
 * @param {Persona} persona
 * @param {string} url
 * @param {string} display
 * @param {() => number} random between 0 and 1: what varies from visit to visit
 */
export async function arrive({ browser, args, preferences, pace = 1, fill, send }, url, display, random) {
  const started = browser
    ? await startFirefox({ display, url, preferences })
    : await startChromium({ display, url, args, preferences });
  try {
    const device = 'base' in started ? await inChromium(/** @type {{base: string}} */ (started).base) : await ofDesktop(display, url);
    const hand = hands(device, { pace, random });
    return {
      fill: () => fill(hand),
      send: () => send(hand),
      close: async () => {
        device.close();
        await started.stop();
      },
    };
  } catch (error) {
    await started.stop();
    throw error;
  }
}

/** @param {string} base */
async function inChromium(base) {
  await pause(1_200);
  return ofProtocol(await connect(base));
}
