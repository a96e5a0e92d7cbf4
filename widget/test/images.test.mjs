import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { image } = await load("picture/images.ts");

/** An image whose file loads, or does not. */
const arrives = (comes) =>
  class {
    set src(path) {
      this.path = path;
      queueMicrotask(() => (comes ? this.onload() : this.onerror()));
    }
    /** In a frame that is not painted, Chromium never answers. */
    decode() {
      return new Promise(() => {});
    }
  };

test("an image is there once its file is, also where nothing is painted yet", { timeout: 5_000 }, async () => {
  globalThis.Image = arrives(true);
  assert.equal((await image("/v1/pictures/x")).path, "../../v1/pictures/x");
});

test("an image that does not come says why", async (t) => {
  globalThis.Image = arrives(false);
  const answers = [
    [async () => new Response("", { status: 404 }), 404],
    [async () => new Response("", { status: 503 }), 503],
    [async () => { throw new TypeError("Failed to fetch"); }, 0],
    [async () => new Response(new ReadableStream({ start: (body) => body.error(new TypeError("network error")) })), 0],
    // It loads now: the attempt starts again and requests it once more.
    [async () => new Response("image"), 404],
  ];
  const { fetch } = globalThis;
  t.after(() => { globalThis.fetch = fetch; });
  for (const [answer, status] of answers) {
    globalThis.fetch = answer;
    await assert.rejects(image("/v1/pictures/x"), (why) => why === status);
  }
});
