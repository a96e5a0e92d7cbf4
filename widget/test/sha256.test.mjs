import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { load } from "./load.mjs";

const { hash, search } = await load("sha256.ts");

/** SHA-256("munjigi/v1/sha256" ‖ id ‖ u32le index ‖ u64le nonce), its first eight bytes. */
function expected(id, index, nonce) {
  const message = Buffer.alloc(45);
  message.write("munjigi/v1/sha256");
  message.set(id, 17);
  message.writeUInt32LE(index, 33);
  message.writeBigUInt64LE(BigInt(nonce), 37);
  return createHash("sha256").update(message).digest().readBigUInt64BE();
}

const id = Uint8Array.from({ length: 16 }, (_, i) => 17 * i);

test("hashes as the definition says, also past 32 bits", () => {
  for (const index of [0, 1, 63, 2 ** 32 - 1])
    for (const nonce of [0, 1, 65_535, 2 ** 32, 2 ** 48 - 1])
      assert.equal(hash(id, index, nonce), Number(expected(id, index, nonce)), `${index} ${nonce}`);
});

test("the first nonce below the target is found", () => {
  const work = 1000;
  const nonce = search(id, 5, 0, 1e6, work);
  const target = 2n ** 64n / BigInt(work);
  assert.ok(expected(id, 5, nonce) < target);
  for (let earlier = 0; earlier < nonce; earlier++) assert.ok(expected(id, 5, earlier) >= target);
  assert.equal(search(id, 5, 0, nonce, work), -1);
  assert.equal(search(id, 5, nonce, 1, work), nonce);
});
