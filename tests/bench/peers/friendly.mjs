// The puzzle server for the friendly-challenge widget. The package is a widget only; puzzle format
// and difficulty are those of the vendor's own free server (FriendlyCaptcha/friendly-lite-server,
// Env.template.php: a visitor's first requests get 51 solutions of difficulty 122).
//
//   node tests/bench/peers/friendly.mjs

import { createHmac, randomBytes } from 'node:crypto';
import { packaged, page, serve } from './server.mjs';

const SOLUTIONS = 51;
const DIFFICULTY = 122;
const EXPIRY_TIMES_5_MINUTES = 12;

function puzzle() {
  const buffer = Buffer.alloc(32);
  buffer.writeUInt32BE(Math.floor(Date.now() / 1000), 0);
  buffer.writeUInt32BE(1, 4); // account
  buffer.writeUInt32BE(1, 8); // app
  buffer.writeUInt8(1, 12); // version
  buffer.writeUInt8(EXPIRY_TIMES_5_MINUTES, 13);
  buffer.writeUInt8(SOLUTIONS, 14);
  buffer.writeUInt8(DIFFICULTY, 15);
  randomBytes(8).copy(buffer, 24);
  const signature = createHmac('sha256', 'a secret of this benchmark').update(buffer).digest('hex');
  return `${signature}.${buffer.toString('base64')}`;
}

// The widget refuses to work if the browser says that a program drives it. A solution is eight
// bytes: the last four are the number of hashes it took.
const head = `<script>
Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => false });
for (const name of ['userAgent', 'appVersion']) {
  const plain = navigator[name].replace('Headless', '');
  Object.defineProperty(Navigator.prototype, name, { get: () => plain });
}
bench.solved = (token) => {
  const bytes = Uint8Array.from(atob(token.split('.')[2]), (c) => c.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  let hashes = 0;
  for (let at = 4; at < bytes.length; at += 8) hashes += view.getUint32(at, true) + 1;
  bench.resolve({ token, hashes });
};
bench.failed = ({ description }) => bench.reject(new Error(description));
window.benchSolved = (token) => bench.solved(token);
</script><script type="module" src="/widget.module.min.js"></script>`;
const script = `
bench.solve = () => new Promise((resolve, reject) => {
  Object.assign(bench, { resolve, reject });
  friendlyChallenge.autoWidget.start();
});
bench.ready = new Promise((resolve) => addEventListener('load', resolve));`;

serve(
  { 'GET /puzzle': () => ({ data: { puzzle: puzzle() } }) },
  {
    '/': {
      type: 'text/html',
      body: page({
        head,
        body: '<div class="frc-captcha" data-sitekey="bench" data-puzzle-endpoint="/puzzle" data-start="none" data-callback="benchSolved"></div>',
        script,
      }),
    },
    '/widget.module.min.js': packaged('friendly-challenge/widget.module.min.js'),
  },
  { solutions: SOLUTIONS, difficulty: DIFFICULTY },
);
