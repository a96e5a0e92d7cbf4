// Hands a request to Rust, described in one text.

import * as rust from "./index.js";
import { call } from "./instance.js";
import { HEADERS, POSTS } from "./lists.js";

/**
 * What Rust looks at in a request, a line each, and behind an empty line the
 * body of a POST: one text, since each value that crosses to Wasm by itself
 * costs as much as reading it does. A body of another route or method, of unknown
 * length or too long is left for Rust to read under its route's cap, or not at all.
 * `url` is where the request would have come without a path of our own; `own` is said where no
 * visitor asks, but the Worker itself.
 */
function describe(request, url, own) {
  const { method, headers, cf } = request;
  const header = (name) => headers.get(name) ?? "";
  const length = header("content-length");
  const { country = "", asn = "", httpProtocol = "", tlsVersion = "" } = cf ?? {};
  const { tlsClientCiphersSha1 = "", tlsClientExtensionsSha1Le = "" } = cf ?? {};
  const handshake = `${tlsClientCiphersSha1} ${tlsClientExtensionsSha1Le}`.trim();
  const lines = `${method}
${url}
${header("cf-connecting-ip")}
${country}
${asn}
${httpProtocol}
${tlsVersion}
${handshake}
${HEADERS.map(header).join("\n")}
${own}
`;
  const [path] = url.slice(url.indexOf("/", "https://".length)).split("?", 1);
  const read = method === "POST" && length !== "" && Number(length) <= POSTS[path];
  return read ? request.text().then((body) => `${lines}\n${body}`) : lines;
}

export function serve(request, url, env, context, own = "") {
  const description = describe(request, url, own);
  const answer = (text) => call(rust.fetch, request, text, env, context);
  return typeof description === "string" ? answer(description) : description.then(answer);
}
