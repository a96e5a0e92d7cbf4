// Checks what `node widget/build.mjs` wrote to `dist/`.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { room } from "./load.mjs";

const dist = join(room, "../dist");
const read = (path) => readFileSync(join(dist, path));
const frame = read("_frame.html").toString();
const sizes = JSON.parse(readFileSync(join(room, "../.munjigi/widget-sizes.json"), "utf8"));
const first = sizes.filter(({ visit }) => visit == "yes");

test("a first visit stays below 16.5 KiB", () => {
  const total = first.reduce((sum, { brotli }) => sum + brotli, 0);
  assert.ok(total < 16_896, `${total} bytes`);
  assert.equal(first.length, 5, "loader, frame, script, module, one locale");
});

test("the picture step is downloaded only where one is asked, and stays below 12 KiB", () => {
  const files = sizes.filter(({ visit }) => visit == "picture");
  assert.equal(files.length, 4, "script, style, one locale, what shows the frame above the page");
  assert.ok(files.reduce((sum, { brotli }) => sum + brotli, 0) < 12_288);
  const [script] = readdirSync(join(dist, "assets")).filter((name) => /^picture\.\w+\.js$/.test(name));
  const named = [...read(`assets/${script}`).toString().matchAll(/"\.\.\/\.\.\/(assets\/[^"]+)"/g)];
  assert.equal(named.length, 11, "style, ten locales");
  for (const [, path] of named) read(path);
});

test("each loader is under 5 KiB", () => {
  for (const path of ["v1/api.js", "turnstile/v0/api.js", "1/api.js", "recaptcha/api.js", "recaptcha/enterprise.js"])
    assert.ok(sizes.find((file) => file.path == path).brotli < 5120, path);
});

test("assets are named by what they hold and are sent with", () => {
  for (const name of readdirSync(join(dist, "assets"))) {
    const hash = createHash("sha256").update(read(`assets/${name}`)).update(read("_headers")).digest("hex");
    assert.equal(name.split(".")[1], hash.slice(0, 8), name);
  }
});

test("the frame's policy allows its own files and its one style, nothing inline", () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(frame)[1];
  const style = /<style>(.*?)<\/style>/s.exec(frame)[1];
  assert.match(policy, /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; /);
  assert.match(policy, /; img-src 'self'; /);
  assert.ok(policy.includes(`'sha256-${createHash("sha256").update(style).digest("base64")}'`));
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|blob:|data:|\*/);
  assert.doesNotMatch(frame, /\son\w+=|\sstyle=|<script>/);
  assert.ok(frame.indexOf("Content-Security-Policy") < frame.indexOf("<style>"));
});

test("the frame leaves room for the worker's attributes and names files that exist", () => {
  assert.match(frame, /^<!doctype html><html /);
  for (const [, path] of frame.matchAll(/(?:href|src)="\.\.\/\.\.\/(assets\/[^"]+)"/g)) read(path);
  const script = /src="\.\.\/\.\.\/(assets\/frame[^"]+)"/.exec(frame)[1];
  const named = [...read(script).toString().matchAll(/"\.\.\/\.\.\/(assets\/[^"]+)"/g)];
  assert.equal(named.length, 13, "module, fallback, pictures, ten locales");
  for (const [, path] of named) read(path);
});

test("the fallback needs no WebAssembly and no evaluation of text", () => {
  const [fallback] = readdirSync(join(dist, "assets")).filter((name) => name.startsWith("fallback"));
  assert.doesNotMatch(read(`assets/${fallback}`).toString(), /WebAssembly|\beval\b|new Function/);
});

test("headers are set for both kinds of path", () => {
  const headers = read("_headers").toString();
  assert.match(headers, /\/assets\/\*\n(  .*\n)*  Cache-Control: public, max-age=31536000, immutable/);
  assert.match(headers, /\/v1\/\*\n  Cache-Control: .*stale-while-revalidate/);
});
