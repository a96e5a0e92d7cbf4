// The page of clearance: its texts in every language, and what stands in the built document.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LOCALES } from "../build.mjs";
import { room } from "./load.mjs";

const locale = (name) => JSON.parse(readFileSync(join(room, "clearance/locales", `${name}.json`), "utf8"));
const page = (name) => readFileSync(join(room, "../dist/_clearance", `${name}.html`), "utf8");
const keys = Object.keys(locale("en"));

test("there is a file for each locale and a locale for each file", () => {
  const files = readdirSync(join(room, "clearance/locales")).map((file) => file.replace(".json", ""));
  assert.deepEqual(files.sort(), [...LOCALES].sort());
});

for (const name of LOCALES)
  test(`the page has every text in ${name}, in the right direction`, () => {
    assert.deepEqual(Object.keys(locale(name)), keys);
    for (const [key, words] of Object.entries(locale(name))) {
      assert.ok(words && !/[!！{}]/.test(words), key);
      if (key != "direction") assert.ok(page(name).includes(words), key);
    }
    const rightToLeft = /[\u0590-\u06ff]/.test(locale(name).title);
    assert.ok(page(name).includes(`<html lang="${name}" dir="${rightToLeft ? "rtl" : "ltr"}">`));
  });

test("each state of the page has its text, and the edge knows no other", () => {
  const states = [...page("en").matchAll(/class="on-([a-z]+)"/g)].map(([, state]) => state);
  for (const state of ["work", "form", "passed", "blocked", "stale", "loop", "cookies", "busy", "failed"])
    assert.ok(page("en").includes(`[data-state=${state}]`) && page("en").includes(`on-${state}`), state);
  assert.ok(states.includes("wait") && states.includes("needed"));
  const edge = readFileSync(join(room, "../crates/serving/src/endpoints/clearance/page.rs"), "utf8");
  for (const [, state] of edge.matchAll(/Self::\w+ => \("([a-z]+)", \d+\)/g)) assert.ok(page("en").includes(`on-${state}`), state);
});

test("the page loads nothing but files of the edge, from where protected hosts have them", () => {
  const files = [...page("en").matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file);
  assert.equal(files.length, 3);
  for (const file of files) assert.match(file, /^\/(\.well-known\/munjigi\/(v1\/api\.js\?render=explicit|assets\/clearance\.\w{8}\.js))?$/);
  assert.doesNotMatch(page("en"), /\son\w+=|<script>/);
});
