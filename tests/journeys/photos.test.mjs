// An operator's photos from a folder to a visitor: a real classifier names sixty, people look at
// them by keyboard in two languages and frame what can be pointed at, a site is switched to them,
// visitors in three engines answer grids and areas of them, and they are switched off again. A site
// with drawn pictures alone is never shown one.

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import { ROOT } from '../support/stack.mjs';
import { accessible } from './axe.mjs';
import { person, signUp, theatre } from '../support/people.mjs';
import { LITTLE_WORK, munjigi, openEngine, openPage, PICTURES, see, siteverify, until } from '../support/stage.mjs';

const REAL = join(ROOT, '.munjigi', 'photos');
const OPERATOR = 'operator@shop.example';
const EVERYBODY = JSON.stringify([{ match: {}, verdict: 'picture' }]);
const IMPORT = ['--model', 'efficientnet-lite0', '--labels', 'imagenet-1k', '--json'];

/** Photos of the sixty, by folder; the rest are composed. */
const FOLDERS = { fish: 28, farm: 9, world: 15, wildlife: 2 };

/** Animals laid small over landscapes: what a person sees there, and where, in pixels of the picture. */
const COMPOSED = [
  { name: 'one', animal: 'farm/dog', over: 'places/canyondeChelly', thing: 'dog', at: [40, 60] },
  { name: 'two', animal: 'farm/duck', over: 'places/machuPicchu', thing: 'bird', at: [330, 200] },
  { name: 'three', animal: 'farm/sheep', over: 'places/greatWallofChina', thing: 'sheep', at: [200, 110] },
  { name: 'four', animal: 'wildlife/kingfisher', over: 'places/redPyramid', thing: 'bird', at: [90, 20] },
  { name: 'five', animal: 'world/scarlet_macaw', over: 'places/navajo', thing: 'bird', at: [260, 30] },
  { name: 'six', animal: 'world/panda', over: 'places/montStMichel', thing: 'bear', at: [60, 190] },
];
/** Width and height of each animal. */
const SMALL = 90;

/** What a person says that the others show; a photo that is not here shows something else. */
const NAMES = /** @type {Record<string, string>} */ ({
  'farm/cat': 'cat', 'farm/chicken': 'bird', 'farm/cow': 'cow', 'farm/dog': 'dog', 'farm/duck': 'bird',
  'farm/horse': 'horse', 'farm/owl': 'bird', 'farm/sheep': 'sheep', 'world/panda': 'bear',
  'world/polar_bear': 'bear', 'world/scarlet_macaw': 'bird', 'wildlife/kingfisher': 'bird',
});
/** @param {string} name of its file */
const named = (name) => name.startsWith('fish/') ? 'fish'
  : (COMPOSED.find((one) => name === `composed/${one.name}.jpg`)?.thing ?? NAMES[name.replace(/\.\w+$/, '')]);

const own = theatre('photos', {
  edge: 'workerd',
  stack: [...LITTLE_WORK, '--pictures', '--gpu-var', `MUNJIGI_GPU_MODELS=${join(REAL, 'models')}`,
    '--origin-var', `MUNJIGI_OPERATORS=${OPERATOR}`, '--origin-var', 'MUNJIGI_PICTURES_PER_PACK=4',
    '--origin-var', 'MUNJIGI_PICTURES_OVERSAMPLE=1'],
});
const missing = existsSync(join(REAL, 'photos')) ? undefined : 'there are no photos: run gpu-backend/real/make';
const required = (process.env.MUNJIGI_REQUIRE ?? '').split(',').includes('photos');
before(() => (missing && !required ? undefined : own.open()));
after(own.close);

/** A folder of sixty photos, each with its licence. @param {import('node:test').TestContext} t */
async function sixty(t) {
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-photos-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [from, most] of Object.entries(FOLDERS)) {
    const photos = readdirSync(join(REAL, 'photos', from)).filter((name) => name.endsWith('.webp')).sort();
    for (const name of photos.slice(0, most)) {
      for (const file of [name, `${name}.license`]) cpSync(join(REAL, 'photos', from, file), join(folder, from, file));
    }
  }
  const page = await own.browser.newPage();
  const data = (/** @type {string} */ name) =>
    `data:image/webp;base64,${readFileSync(join(REAL, 'photos', `${name}.webp`)).toString('base64')}`;
  for (const { name, animal, over, at } of COMPOSED) {
    const jpeg = await page.evaluate(async ([below, above, [x, y], size]) => {
      const load = async (/** @type {string} */ source) => {
        const image = new Image();
        image.src = source;
        await image.decode();
        return image;
      };
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [480, 320];
      const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
      // Each fills its place, cut at the longer side.
      const fill = (/** @type {HTMLImageElement} */ image, /** @type {number[]} */ [left, top, width, height]) => {
        const scale = Math.min(image.width / width, image.height / height);
        const [w, h] = [width * scale, height * scale];
        paint.drawImage(image, (image.width - w) / 2, (image.height - h) / 2, w, h, left, top, width, height);
      };
      fill(await load(below), [0, 0, 480, 320]);
      paint.beginPath();
      paint.ellipse(x + size / 2, y + size / 2, size / 2, size / 2, 0, 0, 7);
      paint.clip();
      fill(await load(above), [x, y, size, size]);
      return canvas.toDataURL('image/jpeg', 0.9).split(',')[1];
    }, /** @type {const} */ ([data(over), data(animal), at, SMALL]));
    cpSync(join(REAL, 'photos', `${over}.webp.license`), join(folder, 'composed', `${name}.jpg.license`));
    writeFileSync(join(folder, 'composed', `${name}.jpg`), Buffer.from(jpeg, 'base64'));
  }
  await page.close();
  return folder;
}

/** Presses keys one after the other. @param {import('playwright-core').Page} page @param {...string} keys */
async function keys(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

/**
 * Looks at the photo of the page, decides by keyboard, and waits for what comes next.
 * @param {import('playwright-core').Page} page
 */
async function review(page) {
  const name = await page.locator('h1').innerText();
  const thing = named(name);
  const composed = COMPOSED.find((one) => name === `composed/${one.name}.jpg`);
  await page.locator('[data-framed]:focus').waitFor();
  if (composed) {
    // The first arrow brings a frame of 80 by 60, which is then moved and made larger.
    const [left, top] = composed.at;
    await keys(page, 'ArrowRight');
    const move = (/** @type {number} */ by, /** @type {string} */ more, /** @type {string} */ less) =>
      keys(page, ...Array(Math.abs(by) / 10).fill(by > 0 ? more : less));
    const [x, y] = [await page.locator('[name=left]').inputValue(), await page.locator('[name=top]').inputValue()];
    await move(left - Number(x), 'ArrowRight', 'ArrowLeft');
    await move(top - Number(y), 'ArrowDown', 'ArrowUp');
    await keys(page, 'Shift+ArrowRight', ...Array(3).fill('Shift+ArrowDown'));
    const frame = await page.locator('.numbers-of-frame input').evaluateAll((inputs) =>
      inputs.map((input) => Number(/** @type {HTMLInputElement} */ (input).value)));
    assert.deepEqual(frame, [left, top, SMALL, SMALL]);
  }
  if (thing) {
    const radio = page.locator(`[name=thing][value="${thing}"]`);
    if (await radio.count()) await keys(page, String(await radio.getAttribute('data-key')));
    else {
      // By its name, as one finds it in a list: typed while the list has the focus.
      await page.locator('#other').focus();
      await page.locator('#other').selectOption(thing);
      await page.locator('[value=accept]').focus();
    }
  }
  const before = page.url();
  await keys(page, thing ? 'a' : 'r');
  await page.waitForURL((url) => url.href !== before);
  return thing ? 'accepted' : 'rejected';
}

/**
 * Has models look at a photo of the gallery and at a file, in Korean, and says what to think of it.
 * @param {import('playwright-core').Page} page
 * @param {string} file
 */
async function tryModels(page, file) {
  const ask = page.getByRole('button', { name: '모델에 물어보기' });
  const first = page.locator('.models-said li').first();
  await page.goto('/operations/models');
  await page.getByText('준비됨').waitFor();
  await accessible(page);
  await page.screenshot({ path: join(PICTURES, 'models.png'), fullPage: true });
  await page.locator('[name=photo]').first().focus();
  await keys(page, 'Space');
  await ask.focus();
  await keys(page, 'Enter');
  await first.waitFor();
  // A broken file is told; another one is asked about in place of the photo.
  await page.goto('/operations/models');
  const input = page.locator('#file');
  await input.setInputFiles({ name: 'broken.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no picture') });
  assert.equal(await until('a mistake', () => input.evaluate((/** @type {HTMLInputElement} */ it) => it.validationMessage)),
    '브라우저가 이 그림을 읽을 수 없습니다.');
  await input.setInputFiles(file);
  await page.locator('[data-shown]').waitFor();
  await ask.focus();
  await keys(page, 'Enter');
  await first.waitFor();
  await accessible(page);
  await page.screenshot({ path: join(PICTURES, 'models-said.png'), fullPage: true });
  // The full network and the one with weights of eight bits, compared.
  assert.deepEqual(await page.locator('.models-said h2').allInnerTexts(), ['efficientnet-lite0@1.0.0', 'efficientnet-lite0-int8@1.0.0']);
  assert.ok(await page.getByText(/^첫 모델보다 /).count() > 0);
  await page.getByLabel('싫어요').last().focus();
  await keys(page, 'Space');
  await page.getByLabel('설명').last().fill('판다를 보지 못함');
  await page.getByRole('button', { name: '의견 남기기' }).focus();
  await keys(page, 'Enter');
  await page.getByText('의견 1개를 남겼습니다').waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /^모두 내려받기/ }).click()]);
  const [opinion] = readFileSync(await download.path(), 'utf8').split('\n', 1).map((line) => JSON.parse(line));
  const { model, name, likes, comment, said } = opinion;
  assert.deepEqual({ model, name, likes, comment, classes: said.classes.length },
    { model: 'efficientnet-lite0-int8@1.0.0', name: 'six.jpg', likes: false, comment: '판다를 보지 못함', classes: 5 });
}

test('a folder of sixty photos becomes grids and areas, and stops being so', { timeout: 900_000 }, async (t) => {
  if (missing && !required) return t.skip(missing);
  const { stage } = own;
  const folder = await sixty(t);
  const imported = JSON.parse(await munjigi(stage, ['photos', 'import', folder, ...IMPORT]));
  assert.deepEqual([imported.imported, imported.known, imported.refused], [60, 0, []]);
  assert.ok(imported.labelled >= 25, JSON.stringify(imported));
  assert.equal(JSON.parse(await munjigi(stage, ['photos', 'import', folder, ...IMPORT])).known, 60);

  // Fish at once, in English: everything ticked, then what is wrong unticked.
  const someone = await person(t, own, { javaScriptEnabled: true });
  const { page } = someone;
  await signUp(someone, 'Operator', OPERATOR);
  await page.getByRole('link', { name: 'Photos', exact: true }).focus();
  await keys(page, 'Enter');
  await someone.sees('Photos');
  await accessible(page);
  await page.screenshot({ path: join(PICTURES, 'photos-gallery.png'), fullPage: true });
  await page.getByRole('link', { name: /^fish \(/ }).focus();
  await keys(page, 'Enter');
  await page.getByLabel('Tick all on this page').focus();
  await keys(page, 'Space');
  const boxes = page.locator('[name=photo]');
  let fish = 0;
  for (const box of await boxes.all()) {
    const label = await box.getAttribute('aria-label') ?? '';
    if (label.startsWith('Tick fish/')) fish += 1;
    else {
      await box.focus();
      await keys(page, 'Space');
    }
  }
  assert.ok(fish >= 15, `${fish} fish`);
  await page.getByRole('button', { name: 'Accept the ticked ones' }).focus();
  await keys(page, 'Enter');
  await page.getByText(`${fish} photos changed`).waitFor();

  // Half of the others one by one in English, the rest in Korean.
  const decided = { accepted: fish, rejected: 0 };
  const waiting = 60 - fish;
  await page.goto('/operations/photos');
  await page.locator('.photos a').first().focus();
  await keys(page, 'Enter');
  await page.locator('[data-review]').waitFor();
  await accessible(page);
  await page.screenshot({ path: join(PICTURES, 'photos-review.png'), fullPage: true });
  for (let done = 0; done < waiting; done += 1) {
    if (done === Math.floor(waiting / 2)) {
      await page.getByRole('link', { name: '한국어' }).focus();
      await keys(page, 'Enter');
      await page.locator('html[lang=ko]').waitFor();
      await accessible(page);
      await page.screenshot({ path: join(PICTURES, 'photos-review-ko.png'), fullPage: true });
    }
    decided[await review(page)] += 1;
  }
  await page.getByText('해당하는 사진이 없습니다').waitFor();
  assert.deepEqual(decided, { accepted: 28 + Object.keys(NAMES).length + COMPOSED.length, rejected: 14 });

  await tryModels(page, join(folder, 'composed', 'six.jpg'));

  // How often a program with the same classifier passes them.
  const attacked = JSON.parse(await munjigi(stage, ['photos', 'attack', ...IMPORT]));
  t.diagnostic(JSON.stringify(attacked));
  assert.deepEqual([attacked.photos, attacked.tried], [decided.accepted, 1000]);
  assert.ok(attacked.passed > 50 && attacked.interval[0] < attacked.passed / 1000, JSON.stringify(attacked));

  // On for one site.
  const create = (/** @type {string} */ pictures) => munjigi(stage, ['site', 'add', pictures, '--host', 'localhost',
    '--allow-loopback', '--mode', 'interactive', ...LITTLE_WORK, '--pictures', pictures, '--rules', '-', '--json'], EVERYBODY).then(JSON.parse);
  const sites = { drawn: await create('grid'), grid: await create('photo-grid'), area: await create('photo-area') };
  for (const kind of ['photo-grid', 'photo-area']) await munjigi(stage, ['pictures', 'on', kind]);
  const words = (/** @type {any} */ site) => ['solve', '--edge', stage.edge, '--sitekey', site.sitekey];
  const gets = (/** @type {any} */ site) => munjigi(stage, words(site)).then(() => false, () => true);
  for (const site of Object.values(sites)) await until('pictures', () => gets(site), 120_000);

  for (const engine of /** @type {const} */ (['chromium', 'firefox', 'webkit'])) {
    for (const kind of /** @type {const} */ (['grid', 'area'])) {
      await t.test(`${kind} in ${engine}`, (t) => visit(t, engine, kind, sites[kind]));
    }
  }
  await t.test('the site with drawn pictures alone', (t) => visit(t, 'chromium', 'grid', sites.drawn));

  // Off again: more work instead, and nothing changes for the other.
  for (const kind of ['photo-grid', 'photo-area']) await munjigi(stage, ['pictures', 'off', kind]);
  for (const site of [sites.grid, sites.area]) await until('no pictures', async () => !(await gets(site)), 90_000);
  assert.ok(await gets(sites.drawn));
});

test('what is no photo is told by name, and nothing of it is kept', { timeout: 300_000 }, async (t) => {
  if (missing && !required) return t.skip(missing);
  const { stage } = own;
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-photos-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const page = await own.browser.newPage();
  const painted = async (/** @type {string} */ type, /** @type {number} */ edge, /** @type {string} */ colour) =>
    Buffer.from(await page.evaluate(([type, edge, colour]) => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [edge, edge];
      const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
      paint.fillStyle = colour;
      paint.fillRect(0, 0, edge, edge);
      return canvas.toDataURL(type).split(',')[1];
    }, /** @type {const} */ ([type, edge, colour])), 'base64');
  const jpeg = await painted('image/jpeg', 200, 'teal');
  const webp = await painted('image/webp', 200, 'plum');
  /** A segment of a JPEG file: its marker, its length, what it holds. */
  const segment = (/** @type {number} */ marker, /** @type {Buffer} */ held) =>
    Buffer.concat([Buffer.from([0xff, marker, (held.length + 2) >> 8, (held.length + 2) & 255]), held]);
  // An IFD whose next one is itself, and an entry of four thousand million values.
  const exif = Buffer.from('457869660000' + '4d4d002a00000008' + '0001' + '01120003ffffffff00000008' + '00000008', 'hex');
  const script = '<script>alert(document.domain)</script>';
  const bad = {
    'a-huge.jpg': Buffer.alloc(0),
    'b-broken.jpg': jpeg.subarray(0, jpeg.length / 2),
    'c-text.png': Buffer.from(script),
    'd-animated.webp': animated(webp),
    'e-pixel.png': await painted('image/png', 1, 'red'),
    'f-empty.webp': Buffer.alloc(0),
    'g-bomb.png': bomb(30_000),
  };
  // Photos all the same: nothing of what is strange about them is kept.
  const strange = {
    'x-polyglot.jpg': Buffer.concat([jpeg, Buffer.from(script)]),
    'y-exif.jpg': Buffer.concat([jpeg.subarray(0, 2), segment(0xe1, exif),
      ...Array(40).fill(segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), Buffer.alloc(65_000, 'A')]))), jpeg.subarray(2)]),
  };
  for (const [name, bytes] of Object.entries({ ...bad, ...strange })) writeFileSync(join(folder, name), bytes);
  truncateSync(join(folder, 'a-huge.jpg'), 500 * 1024 * 1024);
  const take = (/** @type {string[]} */ ...more) => munjigi(stage, ['photos', 'import', folder, '--licence', 'CC0-1.0', ...more]);

  // Models and lists that do not fit end the command before anything is kept.
  const list = join(folder, 'labels.txt');
  writeFileSync(list, 'tench\ngoldfish\n');
  for (const [words, told] of /** @type {[string[], RegExp][]} */ ([
    [['--model', 'efficientnet-lite0', '--labels', list], /label-unknown: .*--labels/s],
    [['--model', 'efficientnet-lite0@9.9.9', '--labels', 'imagenet-1k'], /model-unknown: /],
    [['--model', 'yolo', '--labels', 'coco-80'], /model-unknown: /],
    [['--model', 'efficientnet-lite0', '--labels', 'imagenet-1k', '--segment', 'efficientnet-lite0'], /model-other-task: /],
  ])) {
    await assert.rejects(take(...words), ({ code, stderr }) => code === 9 && told.test(stderr));
  }
  const imported = JSON.parse(await take(...IMPORT));
  assert.deepEqual({ imported: imported.imported, known: imported.known }, { imported: 2, known: 0 });
  const refused = Object.fromEntries(imported.refused.map((/** @type {string} */ line) => line.split(': ', 2)));
  assert.deepEqual(refused, {
    'a-huge.jpg': 'photo-too-large', 'b-broken.jpg': 'image-truncated', 'c-text.png': 'image-type-unsupported',
    'd-animated.webp': 'image-animated', 'e-pixel.png': 'photo-too-small', 'f-empty.webp': 'image-missing',
    'g-bomb.png': 'image-too-large',
  });
  assert.equal(JSON.parse(await take(...IMPORT)).known, 2);
  assert.equal((await fetch(`${stage.gpu}/health/ready`)).status, 200);
});

/** A black PNG of so many pixels to a side. @param {number} edge */
function bomb(edge) {
  const word = (/** @type {number} */ number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(number);
    return bytes;
  };
  const chunk = (/** @type {string} */ name, /** @type {Buffer} */ held) => {
    const body = Buffer.concat([Buffer.from(name), held]);
    return Buffer.concat([word(held.length), body, word(crc32(body))]);
  };
  const rows = deflateSync(Buffer.alloc((1 + edge / 8) * edge));
  const head = Buffer.concat([word(edge), word(edge), Buffer.from([1, 0, 0, 0, 0])]);
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', head), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

/**
 * Two frames of a still WebP, as an animation.
 * @param {Buffer} still
 */
function animated(still) {
  const chunk = (/** @type {string} */ name, /** @type {Buffer} */ held) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(held.length);
    return Buffer.concat([Buffer.from(name), size, held, Buffer.alloc(held.length % 2)]);
  };
  const edge = Buffer.from([199, 0, 0]);
  const frame = chunk('ANMF', Buffer.concat([Buffer.alloc(6), edge, edge, Buffer.from([100, 0, 0, 0]), still.subarray(still.indexOf('VP8'))]));
  const head = chunk('VP8X', Buffer.concat([Buffer.from([2, 0, 0, 0]), edge, edge]));
  const file = Buffer.concat([Buffer.from('WEBP'), head, chunk('ANIM', Buffer.alloc(6)), frame, frame]);
  return chunk('RIFF', file);
}

/**
 * A visitor answers wrongly, then rightly, and the site's back end asks.
 * @param {import('node:test').TestContext} t
 * @param {'chromium' | 'firefox' | 'webkit'} engine
 * @param {'grid' | 'area'} kind
 * @param {any} site
 */
async function visit(t, engine, kind, site) {
  const { stage } = own;
  const browser = await openEngine(t, engine);
  if (!browser) return;
  const form = `<form><div class="munjigi" data-sitekey="${site.sitekey}"></div><button>Send</button></form>`;
  const served = await openPage(t, stage, form);
  await browser.goto(served.url);
  const within = (/** @type {string} */ script) => browser.framed(script).catch(() => null);
  await until('the widget', () => within("!!document.querySelector('#b:not([hidden])')"), 60_000);
  // What the edge answers, the newest last.
  await within(`(() => { const real = fetch; window.told = []; window.fetch = async (...words) => {
    const answer = await real(...words);
    answer.clone().json().then((reply) => { if (reply.step) told.push(reply); }, () => {});
    return answer; }; return true; })()`);
  await within("document.querySelector('#b').click()");
  const panel = "document.querySelector('[data-place] section:not([hidden])')";
  const picture = (/** @type {string} */ not) => until('a picture', async () => {
    const shown = await within(`!!${panel}?.querySelector('.veil[hidden]') && JSON.stringify(told.at(-1))`);
    const reply = shown ? JSON.parse(shown) : null;
    return reply?.step.kind === 'picture' && reply.challenge !== not && reply;
  }, 120_000);
  const give = async (/** @type {any} */ answer) => {
    for (const round of answer.cells ?? answer.points) {
      if (kind === 'grid') {
        await within(`${JSON.stringify(round)}.forEach((cell) => ${panel}.querySelectorAll('[role=checkbox]')[cell].click())`);
      } else {
        await within(`((area) => { const { left, top, width, height } = area.getBoundingClientRect();
          area.dispatchEvent(new MouseEvent('click', { bubbles: true, clientX: left + width * ${round[0] / 1000},
            clientY: top + height * ${round[1] / 1000} })); })(${panel}.querySelector('.area'))`);
      }
      await within(`${panel}.querySelector('.confirm').click()`);
      // The next round comes at once.
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const first = await picture('');
  assert.equal(first.step.type, kind);
  await give((await see(stage, first.challenge)).wrong);
  const second = await picture(first.challenge);
  await give((await see(stage, second.challenge)).right);
  const token = await until('a token', () => browser.evaluate("document.querySelector('[name=munjigi-response]').value"), 60_000);
  const reply = await siteverify(stage, token, site);
  assert.equal(reply.success, true, JSON.stringify(reply));
  assert.equal((await siteverify(stage, token, site)).success, false);
}
