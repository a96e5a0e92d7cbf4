// What a browser without WebAssembly loads instead: the interface, translated to JavaScript by the
// build, and a solver for SHA-256. The same file is the workers' script.
import type { Exports, Task } from "./frame";
import { search } from "./sha256";
import { instantiate } from "interface";

if (globalThis.document) {
  globalThis.munjigiFallback = (imports) => instantiate(imports) as Exports;
} else {
  onmessage = ({ data }: MessageEvent<Task>) => {
    if (!data) return close();
    const [index, start, count, work, id] = data;
    (postMessage as (message: unknown) => void)([index, search(id, index, start, count, work)]);
  };
}
