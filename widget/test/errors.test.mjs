import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { LANGUAGES, page, paragraphs } from "../errors/pages.mjs";

const read = (language) => readFileSync(new URL(`../errors/${language}.txt`, import.meta.url), "utf8");

test("every code is explained in every language, to three readers", () => {
  const [first, ...others] = LANGUAGES.map((language) => paragraphs(read(language)).map(({ code }) => code));
  for (const other of others) assert.deepEqual(other, first);
  assert.ok(first.includes("rate-limited") && first.includes("offline"));
});

test("a page names its code and language, and marks code up", () => {
  const found = paragraphs(read("ko")).find(({ code }) => code == "rate-limited");
  const html = page("ko", found);
  assert.ok(html.startsWith('<!doctype html><html lang="ko">'));
  assert.ok(html.includes("<code>rate-limited</code>"));
  assert.ok(html.includes("<code>Retry-After</code>"));
  assert.ok(!html.includes("`"));
});

test("a text without a reader's line stops the build, and markup is no markup", () => {
  assert.throws(() => paragraphs("blocked\nBlocked\nOne.\nTwo.\n"));
  const html = page("en", { code: "x", title: "<b>", readers: ["a < b", "c", "d"] });
  assert.ok(html.includes("<h1>&#60;b&#62;</h1>") && html.includes("a &#60; b"));
});
