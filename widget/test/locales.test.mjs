import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LOCALES, offline, texts } from "../build.mjs";
import { room } from "./load.mjs";

const source = (name) => readFileSync(join(room, "src", name), "utf8");
const locale = (name) => JSON.parse(readFileSync(join(room, "locales", `${name}.json`), "utf8"));
const numbered = [...source("text.rs").matchAll(/^    (\w+) = "([a-z-]+)",$/gm)];
/** The empty text says nothing: no locale contains it. */
const keys = numbered.map(([, , key]) => key).filter((key) => key != "empty").concat("embedded");

test("there is a file for each locale and a locale for each file", () => {
  const files = readdirSync(join(room, "locales")).map((file) => file.replace(".json", ""));
  assert.deepEqual(files.sort(), [...LOCALES].sort());
});

for (const name of LOCALES) {
  test(`${name} has every text, and only those`, () => {
    assert.deepEqual(Object.keys(locale(name)), keys);
    for (const [key, words] of Object.entries(locale(name))) assert.ok(words, key);
  });

  test(`${name} has its numbers where English has them, and does not shout`, () => {
    const english = locale("en");
    for (const [key, words] of Object.entries(locale(name))) {
      assert.equal(words.split("{n}").length, english[key].split("{n}").length, key);
      assert.doesNotMatch(words, /[!！]/, key);
    }
  });

  test(`${name} is written in the right direction`, () => {
    const rightToLeft = /[\u0590-\u06ff]/.test(locale(name).idle);
    assert.equal(locale(name).direction, rightToLeft ? "rtl" : "ltr");
  });
}

test("the loader says in each language that there is no connection, and nothing of when", () => {
  const said = LOCALES.map(offline);
  assert.equal(new Map(said).size, LOCALES.length);
  for (const [at, [language, words]] of said.entries()) {
    assert.ok(LOCALES[at].startsWith(language));
    assert.doesNotMatch(words, /\{n\}|[.。，]/, language);
    assert.ok(words.length > 3 && words.length < locale(LOCALES[at]).offline.length - 5, language);
  }
});

test("every text is used", () => {
  const used = ["view.rs", "retry.rs", "glue.rs"].map(source).join("");
  /** Read by frame.ts: the direction and the document's title. */
  const elsewhere = ["Direction", "Title"];
  for (const [, name] of numbered)
    assert.ok(elsewhere.includes(name) || used.includes(`Text::${name}`) || used.includes("Self::Empty") && name == "Empty", name);
});

test("the build numbers texts as the interface does", () => {
  const english = texts("en");
  assert.equal(english.length, numbered.length);
  assert.deepEqual([english[0], english[1], english[2]], ["ltr", "", locale("en").title]);
});

// The picture step's texts are a separate asset: a first visit does without them.
const pictures = (name) => JSON.parse(readFileSync(join(room, "picture/locales", `${name}.json`), "utf8"));
const kinds = [...readFileSync(join(room, "../crates/scene/src/kind.rs"), "utf8").matchAll(/^    [A-Z]\w+ "([a-z-]+)" \d+ \w+;$/gm)].map(([, key]) => key);
const english = pictures("en");

for (const name of LOCALES) {
  const { things, ...words } = pictures(name);
  test(`${name} has every text of the picture step, with its places, and does not shout`, () => {
    assert.deepEqual(Object.keys(words), Object.keys(english).slice(0, -1));
    for (const [key, text] of Object.entries(words)) {
      assert.ok(text, key);
      assert.doesNotMatch(text, /[!！]/, key);
      const places = (of) => [...of.matchAll(/\{(\w+)\}/g)].map(([place]) => place).sort();
      assert.deepEqual(places(text), places(english[key]), key);
    }
  });

  test(`${name} has a word for every kind of thing`, () => {
    assert.ok(kinds.length >= 30);
    // What is drawn, then what only photos show.
    assert.deepEqual(Object.keys(things).slice(0, kinds.length), kinds);
    assert.deepEqual(Object.keys(things), Object.keys(english.things));
    // One form or two, the same for all.
    const forms = new Set(Object.values(things).map((word) => word.split("|").filter(Boolean).length));
    assert.equal(forms.size, 1);
  });
}

test("a screen reader is told that another way needs no sight", () => {
  for (const name of LOCALES) {
    const { about, way } = pictures(name);
    assert.ok(about.toLowerCase().includes(way.toLowerCase()), name);
  }
});
