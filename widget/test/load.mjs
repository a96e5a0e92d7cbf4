// Loads a TypeScript module of the widget into Node.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

export const room = join(fileURLToPath(import.meta.url), "../..");

/** @param {string} module */
export function load(module) {
  const { outputFiles } = buildSync({
    entryPoints: [join(room, "src-ts", module)],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2020",
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}
