import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { room } from "./load.mjs";

test("the sources are right in TypeScript's eyes", () => {
  const compiler = join(room, "../node_modules/.bin/tsc");
  const { status, stdout } = spawnSync(compiler, ["-p", room], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
});

test("integrators' types name every option that the loader reads", () => {
  const types = readFileSync(join(room, "munjigi.d.ts"), "utf8");
  const sources = ["options.ts", "widget.ts"].map((name) => readFileSync(join(room, "src-ts", name), "utf8")).join("");
  const read = [...sources.matchAll(/(?:text|choice|call|raw)\("([a-z-]+)"/g)].map(([, name]) => name);
  assert.ok(read.length > 15);
  for (const name of [...read, "error-callback", "timeout-callback"])
    assert.ok(types.includes(`${name}?:`) || types.includes(`"${name}"?:`) || types.includes(`${name}: string`), name);
});
