// The worker's module: hands the platform's events to Rust. Plain handlers and
// one plain class: `worker-build`'s own shim puts two proxies around each call,
// which took longer than everything that Rust does to issue a challenge.

import * as rust from "./index.js";

// Written by `worker` when an instance starts and when it panics.
const state = globalThis.__worker_init_state;

/** After a panic nothing of the instance can be trusted: the next call begins a new one. */
function instance() {
  if (state.criticalError) {
    console.error(JSON.stringify({ level: "error", event: "instance-restarted" }));
    rust.__wbg_reset_state();
    state.criticalError = false;
  }
  return state.instanceId;
}

/** What traps without a panic: a stack or a memory that ran out. */
function note(error) {
  if (error instanceof WebAssembly.RuntimeError) state.criticalError = true;
  throw error;
}

addEventListener("error", ({ error }) => {
  if (error instanceof WebAssembly.RuntimeError) state.criticalError = true;
});

function call(handler, ...event) {
  instance();
  try {
    return handler(...event);
  } catch (error) {
    note(error);
  }
}

/** The headers that most routes look at. */
const HEADERS = [
  "content-type",
  "content-length",
  "sec-fetch-site",
  "user-agent",
  "sec-ch-ua",
  "sec-ch-ua-platform",
  "sec-ch-ua-mobile",
  "accept",
  "priority",
];

/** The routes whose body is read before Rust is asked, and the longest that each of them takes. */
const POSTS = {
  "/v1/challenges": 16_384,
  "/v1/solutions": 65_536,
  "/v1/outcomes": 16_384,
  "/clearance": 16_384,
  "/siteverify": 16_384,
  "/turnstile/v0/siteverify": 16_384,
  "/hcaptcha/siteverify": 16_384,
  "/recaptcha/api/siteverify": 16_384,
};

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

function serve(request, url, env, context, own = "") {
  const description = describe(request, url, own);
  const answer = (text) => call(rust.fetch, request, text, env, context);
  return typeof description === "string" ? answer(description) : description.then(answer);
}

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

/** Where a protected host has our routes. */
const WELL_KNOWN = "/.well-known/munjigi";

const CHECK = "/v1/clearance/check?answer=303";

/** What an application is told of a visitor. */
const TOLD = ["munjigi-level", "munjigi-score", "munjigi-reasons", "munjigi-id"];

/** The names of a visitor's headers that an application could take for one of these. */
const FORGED = /^munjigi[-_]/i;

const complain = (event, error) =>
  console.error(JSON.stringify({ level: "error", event, detail: String(error) }));

/** The object that a text is. */
function object(text) {
  try {
    const value = JSON.parse(text);
    if (value.constructor === Object) return value;
  } catch {
    // The parser's message would quote the text.
  }
  throw "it is no JSON object";
}

/**
 * What of `MUNJIGI_PROTECT` concerns each host: the address of its checks, without method and path.
 * A host in another spelling than a browser's would match nothing, so that it is an error.
 */
function protectedHosts(text) {
  const hosts = new Map();
  for (const [name, site] of Object.entries(object(text))) {
    const { sitekey, fail = "closed", ...unknown } = site?.sitekey ? site : { sitekey: site };
    const { hostname, host } = URL.parse(`https://${name}/`) ?? {};
    const isHost = host === hostname && hostname === name.toLowerCase() && !/\.workers\.dev$|\.$|\*/.test(host);
    const isSite = /^mj_[\w-]+$/.test(sitekey) && ["open", "closed"].includes(fail);
    // One text for all: the Worker's size is limited.
    if (!isHost || !isSite || Object.keys(unknown).length) throw `${name}: wrong host, sitekey or fail`;
    hosts.set(hostname, { fail, check: `${CHECK}&sitekey=${sitekey}&fail=${fail}` });
  }
  return hosts;
}

/** The environment that was read last, its variables but `MUNJIGI_PROTECT`, and the hosts in that one. */
let known = {};

/** Hosts are undefined where the variable is wrong: no one knows then which are protected. */
function read(env) {
  if (known.env === env) return known;
  const { MUNJIGI_PROTECT: text, ...rest } = env;
  known = { env, rest, hosts: new Map() };
  try {
    if (text) known.hosts = protectedHosts(text);
  } catch (error) {
    known.hosts = undefined;
    complain("configuration", `MUNJIGI_PROTECT: ${error}`);
  }
  return known;
}

/**
 * Whether Rust lets a request continue. `url` is that of the request as the application would get
 * it: a path in another spelling would be checked for nothing. `check` is without method and path.
 */
function ask(request, url, check, env, context) {
  const { method, headers, cf } = request;
  // A visitor's own header of the host could be another one than the platform's.
  const get = (name) => (name === "host" ? url.host : headers.get(name));
  const asked = { method: "GET", headers: { get }, cf };
  const query = `method=${encodeURIComponent(method)}&path=${url.pathname}${url.search}`;
  return serve(asked, `${url.origin}${check}&${query}`, env, context, "own");
}

/** A check that ended with an exception has no answer of its own. */
function unavailable(url) {
  const request_id = crypto.randomUUID();
  const type = `${url.origin}${WELL_KNOWN}/errors/unavailable`;
  const status = 503;
  const problem = { type, title: "Unavailable", status, code: "unavailable", detail: "the check failed", request_id };
  const headers = {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    "Munjigi-Request-Id": request_id,
    "Retry-After": "2",
  };
  return Response.json(problem, { status, headers });
}

/**
 * A request of a host in `MUNJIGI_PROTECT`: checked, and then the application's. Its body is not
 * touched here, and neither is what the application answers, a socket included.
 */
async function protect({ check, fail }, url, request, env, context) {
  let answer;
  try {
    answer = await ask(request, url, check, env, context);
  } catch (error) {
    complain("check-failed", error);
    if (fail === "closed") return unavailable(url);
  }
  if (answer && answer.status !== 200) return answer;
  const passed = new Request(url, request);
  for (const name of request.headers.keys()) if (FORGED.test(name)) passed.headers.delete(name);
  for (const name of TOLD) passed.headers.set(name, answer?.headers.get(name) ?? "none");
  return fetch(passed, { redirect: "manual" });
}

/** What is none of our routes may be an application's: its operator is told, and no visitor let in. */
async function explain(answer, request, env, context) {
  const { status } = await answer;
  return status === 404 ? ask(request, new URL(request.url), CHECK, env, context) : answer;
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

/** The rust object of an object of the platform, made again after a panic. */
class Waking {
  #create;
  #object;
  #instance = 0;

  constructor(create) {
    this.#create = create;
    this.#wake();
  }

  call(operation) {
    this.#wake();
    try {
      return operation(this.#object);
    } catch (error) {
      note(error);
    }
  }

  #wake() {
    const current = instance();
    if (this.#instance === current) return;
    this.#object = this.#create();
    this.#instance = current;
  }
}

/** Where a part of the meter stores what is usual. */
const USUAL = "usual";

/** One part of the meter: a report in, the totals out. Its storage may fail: it then forgets more. */
export class Meter {
  #waking;
  #storage;

  constructor({ storage }, env) {
    this.#storage = storage.kv;
    this.#waking = new Waking(() => new rust.Meter(read(env).rest, this.#kept()));
  }

  async fetch(request) {
    const report = new Uint8Array(await request.arrayBuffer());
    const totals = this.#waking.call((object) => object.report(report));
    const usual = this.#waking.call((object) => object.keep());
    if (usual) this.#try(() => this.#storage.put(USUAL, usual));
    return new Response(totals);
  }

  #kept() {
    return this.#try(() => this.#storage.get(USUAL)) ?? new Uint8Array();
  }

  #try(operation) {
    try {
      return operation();
    } catch (error) {
      console.error(JSON.stringify({ level: "warn", event: "meter-not-kept", detail: String(error) }));
    }
  }
}

/**
 * Commands that arrive while others are read are obeyed in one turn, and so
 * reach the disk together: the runtime commits per turn, and answers leave
 * only once the commit is durable. Each commit costs more than everything else
 * that spending a token takes.
 */
export class Redemptions {
  #waking;
  #gathered = [];

  constructor(state, env) {
    this.#waking = new Waking(() => new rust.Redemptions(state, read(env).rest));
  }

  fetch({ url }) {
    return new Promise((resolve, reject) => {
      const length = this.#gathered.push({ url, resolve, reject });
      if (length === 1) setTimeout(() => this.#obey());
    });
  }

  #obey() {
    const gathered = this.#gathered;
    this.#gathered = [];
    for (const { url, resolve, reject } of gathered) {
      try {
        const reply = this.#waking.call((object) => object.obey(url));
        resolve(new Response(null, { headers: { reply } }));
      } catch (error) {
        reject(error);
      }
    }
  }

  alarm() {
    return this.#waking.call((object) => object.alarm());
  }
}
