// Takes out of the generated glue what `worker` exports and this Worker never uses: streams made in
// Rust, containers, object storage. Writes which of the module's exports are then still called.
//
//   node edge/prune.mjs FOLDER    (index.js and index_bg.wasm in, index.js and exports.json out)

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const UNUSED = [
  "ContainerStartupOptions",
  "IntoUnderlyingByteSource",
  "IntoUnderlyingSink",
  "IntoUnderlyingSource",
  "MinifyConfig",
  "R2Range",
];

/** Names of a module's exports. Read by hand: it uses types that not every Node compiles. */
function exportsOf(wasm) {
  let at = 8;
  const number = () => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  };
  while (at < wasm.length) {
    const section = wasm[at++];
    const end = number() + at;
    if (section == 7)
      return Array.from({ length: number() }, () => {
        const length = number();
        const name = wasm.toString("utf8", at, (at += length));
        at += 1;
        number();
        return name;
      });
    at = end;
  }
  return [];
}

const folder = process.argv[2];
const path = join(folder, "index.js");
let glue = readFileSync(path, "utf8");
for (const name of UNUSED) {
  for (const part of [
    `^(export )?class ${name} \\{[\\s\\S]*?^\\}\\n`,
    `^if \\(Symbol\\.dispose\\) ${name}\\..*\\n`,
    `^const ${name}Finalization = [\\s\\S]*?^\\}\\);\\n`,
  ])
    glue = glue.replace(new RegExp(part, "m"), "");
  if (new RegExp(`\\b${name}\\b`).test(glue)) throw new Error(`${name} is used, or written otherwise than before`);
}
writeFileSync(path, glue);

const called = new Set([...glue.matchAll(/\.([A-Za-z_$][\w$]*)/g)].map(([, name]) => name));
const kept = exportsOf(readFileSync(join(folder, "index_bg.wasm"))).filter((name) => called.has(name));
if (!kept.includes("memory")) throw new Error("the module exports no memory: what was read is not it");
const root = { name: "root", root: true, reaches: kept };
writeFileSync(join(folder, "exports.json"), JSON.stringify([root, ...kept.map((name) => ({ name, export: name }))]));
