import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { count, signals } = await load("signals.ts");

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
  assert.ok(Object.values(after).every(Number.isInteger));
});
