import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { count, signals } = await load("signals.ts");

/** A page and its window, in pixels. */
const window = (innerWidth, innerHeight) =>
  Object.assign(globalThis, { innerWidth, innerHeight, outerWidth: 1_200, outerHeight: 860 });
window(1_200, 721);

test("signals are levels and durations, and nothing that was typed or pointed at", () => {
  const before = signals(0);
  assert.deepEqual([before.pointer, before.keys, before.focus_changes], [0, 0, 0]);
  assert.equal("since_focus_ms" in before, false);
  count({ type: "keydown", key: "s", code: "KeyS" });
  for (let i = 0; i < 5; i++) count({ type: "pointermove", clientX: 3 });
  for (let i = 0; i < 300; i++) count({ type: "focusin" });
  const after = signals(performance.now());
  assert.deepEqual([after.pointer, after.keys, after.focus_changes], [2, 1, 255]);
  for (let i = 0; i < 5; i++) count({ type: "pointerdown" });
  assert.equal(signals(0).pointer, 3);
  assert.ok(after.since_load_ms >= 0 && after.since_focus_ms >= 0);
  const { whole, ...numbers } = after;
  assert.equal(whole, true);
  assert.ok(Object.values(numbers).every(Number.isInteger));
});

test("docked developer tools take their part of the window", () => {
  for (const [width, height, whole] of [[1_200, 773, true], [645, 721, false], [1_200, 400, false]]) {
    window(width, height);
    assert.equal(signals(0).whole, whole, `${width} × ${height}`);
  }
});
