import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { Tracer } = await load("picture/trace.ts");

function features(acts, offsets = [], end = 5000) {
  const tracer = new Tracer();
  tracer.begin(1000);
  acts.forEach((act, index) => tracer.act(1000 + act, offsets[index]));
  return tracer.features(1000 + end);
}

test("times are tenths of seconds from when the picture was seen", () => {
  const { first_act, whole, acts } = features([1234, 2000]);
  assert.deepEqual([first_act, whole, acts], [12, 50, 2]);
});

test("a picture confirmed without an act has no rhythm and no scatter", () => {
  assert.deepEqual(features([]), { first_act: 50, whole: 50, acts: 0, rhythm: 0, scatter: 0 });
});

test("pauses that are all alike are told from those of a person", () => {
  assert.equal(features([500, 1000, 1500, 2000]).rhythm, 0);
  assert.equal(features([500, 900, 1500, 2000]).rhythm, 1);
  assert.ok(features([500, 600, 1500, 3900]).rhythm >= 2);
});

test("keys have no scatter, pointers only where they miss the middle", () => {
  assert.equal(features([500, 900], []).scatter, 0);
  assert.equal(features([500, 900], [0, 0.01]).scatter, 0);
  assert.equal(features([500, 900], [0.1, 0.2]).scatter, 1);
  assert.equal(features([500, 900], [0.3, 0.4]).scatter, 2);
  assert.equal(features([500, 900], [0.9, 0.8]).scatter, 3);
});

test("nothing leaves the ranges of the wire", () => {
  const many = features(Array.from({ length: 400 }, (_, index) => index * 10), [], 1e9);
  assert.deepEqual([many.acts, many.whole], [255, 65_535]);
});
