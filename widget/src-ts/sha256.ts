// The fallback puzzle's hash, as crates/pow/src/sha256.rs defines it: the first eight bytes of
// SHA-256("munjigi/v1/sha256" ‖ id ‖ u32le index ‖ u64le nonce), which is one block. Written for
// engines that do not compile: numbers only, one array.

const LABEL = "munjigi/v1/sha256";
const K: number[] = [];
const START: number[] = [];
for (let n = 2; K.length < 64; n++) {
  let divisor = 2;
  while (n % divisor) divisor++;
  if (divisor == n) {
    START.push((n ** (1 / 2) * 2 ** 32) | 0);
    K.push((n ** (1 / 3) * 2 ** 32) | 0);
  }
}

/** The block of sub-puzzle `index`, with an empty nonce. */
function block(id: Uint8Array, index: number): DataView {
  const view = new DataView(new ArrayBuffer(64));
  for (let i = 0; i < 17; i++) view.setUint8(i, LABEL.charCodeAt(i));
  for (let i = 0; i < 16; i++) view.setUint8(17 + i, id[i]!);
  view.setUint32(33, index, true);
  view.setUint8(45, 0x80);
  view.setUint16(62, 45 * 8);
  return view;
}

/** Hashes a block; returns the first eight bytes as a number, exact in its upper 53 bits. */
function compress(view: DataView, w: Int32Array): number {
  for (let t = 0; t < 16; t++) w[t] = view.getInt32(4 * t);
  let [a, b, c, d, e, f, g, h] = START as [
    number, number, number, number, number, number, number, number,
  ];
  for (let t = 0; t < 64; t++) {
    if (t > 15) {
      const near = w[t - 15]!;
      const far = w[t - 2]!;
      w[t] =
        (w[t - 16]! +
          w[t - 7]! +
          (((near >>> 7) | (near << 25)) ^ ((near >>> 18) | (near << 14)) ^ (near >>> 3)) +
          (((far >>> 17) | (far << 15)) ^ ((far >>> 19) | (far << 13)) ^ (far >>> 10))) |
        0;
    }
    const first =
      (h +
        (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) +
        ((e & f) ^ (~e & g)) +
        K[t]! +
        w[t]!) |
      0;
    const second =
      ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) +
        ((a & b) ^ (a & c) ^ (b & c))) |
      0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  return ((a + START[0]!) >>> 0) * 2 ** 32 + ((b + START[1]!) >>> 0);
}

/** The first nonce of `count` from `start` that solves sub-puzzle `index`, or -1. */
export function search(
  id: Uint8Array,
  index: number,
  start: number,
  count: number,
  work: number,
): number {
  const view = block(id, index);
  const w = new Int32Array(64);
  const target = 2 ** 64 / work;
  for (let nonce = start; nonce < start + count; nonce++) {
    view.setUint32(37, nonce, true);
    view.setUint32(41, nonce / 2 ** 32, true);
    if (compress(view, w) < target) return nonce;
  }
  return -1;
}

/** The hash of one nonce, for the tests. */
export function hash(id: Uint8Array, index: number, nonce: number): number {
  const view = block(id, index);
  view.setUint32(37, nonce, true);
  view.setUint32(41, nonce / 2 ** 32, true);
  return compress(view, new Int32Array(64));
}
