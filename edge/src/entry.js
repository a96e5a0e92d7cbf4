// The worker's module: hands the platform's events to Rust. Plain handlers:
// `worker-build`'s own shim puts two proxies around each call, which took longer
// than everything that Rust does to issue a challenge.

import * as rust from "./index.js";
import { serve } from "./describe.js";
import { read } from "./environment.js";
import { call } from "./instance.js";
import { WELL_KNOWN, explain, protect } from "./protect.js";

export { Meter, Redemptions } from "./storage.js";

/**
 * Serves what is asked below a path of ours, `/captcha`, as if it were asked at the top. The
 * platform finds no files there, so they are asked for here; those that begin with `_` are for Rust.
 */
async function serveBelow(base, request, env, context) {
  const url = new URL(request.url);
  if (url.pathname.startsWith(`${base}/`)) url.pathname = url.pathname.slice(base.length);
  const isFile = /^(GET|HEAD)$/.test(request.method) && !url.pathname.startsWith("/_");
  if (isFile) {
    const file = await env.ASSETS.fetch(new Request(url, request));
    if (file.status !== 404) return file;
  }
  return serve(request, url.href, env, context);
}

export default {
  fetch(request, whole, context) {
    const path = request.url.indexOf("/", "https://".length);
    const { rest: env, hosts } = read(whole);
    if (request.url.startsWith(`${WELL_KNOWN}/`, path)) return serveBelow(WELL_KNOWN, request, env, context);
    const base = env.MUNJIGI_BASE_PATH?.replace(/\/$/, "");
    if (hosts?.size && !(base && request.url.startsWith(`${base}/`, path))) {
      const url = new URL(request.url);
      const host = hosts.get(url.hostname.replace(/\.$/, ""));
      if (host) return protect(host, url, request, env, context);
    }
    const served = base ? serveBelow(base, request, env, context) : serve(request, request.url, env, context);
    return hosts ? served : explain(served, request, env, context);
  },
  queue: (batch, env) => call(rust.queue, batch, read(env).rest),
  scheduled: (_event, env) => call(rust.scheduled, read(env).rest),
};
