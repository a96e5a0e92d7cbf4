import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { read } = await load("options.ts");
const element = (data = {}) => ({
  getAttribute: (name) => data[name.replace(/^data-/, "")] ?? null,
});
/** The names of the created fields, in a document that only has elements. */
const named = (fields) => {
  globalThis.document = { createElement: () => ({}) };
  try {
    return fields("munjigi-1").map(({ name }) => name);
  } finally {
    delete globalThis.document;
  }
};
const code = (data, given = {}) => {
  try {
    read(element({ sitekey: "mj_x", ...data }), given);
    return "";
  } catch (failure) {
    return failure.code;
  }
};

test("an element with a sitekey has the documented defaults", () => {
  const { call, fields, ...options } = read(element({ sitekey: "mj_x" }), {});
  assert.deepEqual(options, {
    sitekey: "mj_x",
    wishes: { action: "", cdata: "", theme: "auto", size: "normal", language: "", tabindex: 0, retry: "auto", start: "page" },
    appearance: "always",
    start: "interaction",
    refresh: "auto",
    holds: true,
  });
  assert.deepEqual(named(fields), ["munjigi-response"]);
  assert.equal(call("callback", "token"), undefined);
});

test("only the page begins what waits for it", () => {
  const onDemand = read(element({ sitekey: "mj_x", execution: "execute" }), {});
  assert.deepEqual([onDemand.start, onDemand.holds], ["execute", false]);
  assert.equal(read(element({ sitekey: "mj_x", execution: "render" }), {}).start, "interaction");
});

test("what is given goes before the element's attributes", () => {
  const { wishes } = read(element({ sitekey: "mj_x", action: "old", theme: "dark" }), { action: "new" });
  assert.equal(wishes.action, "new");
  assert.equal(wishes.theme, "dark");
});

test("each mistake has its code", () => {
  assert.equal(code({ sitekey: "" }), "missing-sitekey");
  assert.equal(code({ action: "log in" }), "invalid-action");
  assert.equal(code({ action: "a".repeat(33) }), "invalid-action");
  assert.equal(code({ cdata: "가".repeat(86) }), "invalid-cdata");
  for (const name of ["theme", "size", "appearance", "execution", "refresh-expired", "retry"])
    assert.equal(code({ [name]: "sideways" }), `invalid-${name}`);
});

test("the longest values that fit are taken", () => {
  assert.equal(code({ action: "a".repeat(32), cdata: "가".repeat(85) }), "");
});

test("the hidden field can be renamed or left out", () => {
  const made = (data, given = {}) => named(read(element({ sitekey: "mj_x", ...data }), given).fields);
  assert.deepEqual(made({ "response-field-name": "token" }), ["token"]);
  assert.deepEqual(made({ "response-field": "false" }), []);
  assert.deepEqual(made({}, { "response-field": false }), []);
});

test("callbacks are functions or names of functions", () => {
  globalThis.passedByName = (token) => `named ${token}`;
  const named = read(element({ sitekey: "mj_x", callback: "passedByName" }), {});
  assert.equal(named.call("callback", "t"), "named t");
  const given = read(element({ sitekey: "mj_x" }), { callback: (token) => `given ${token}` });
  assert.equal(given.call("callback", "t"), "given t");
});
