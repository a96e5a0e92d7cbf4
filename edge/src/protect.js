// Protects the paths of an application that stands behind the Worker.

import { serve } from "./describe.js";
import { CHECK, complain } from "./environment.js";

/** Where a protected host has our routes. */
export const WELL_KNOWN = "/.well-known/munjigi";

/** What an application is told of a visitor. */
const TOLD = ["munjigi-level", "munjigi-score", "munjigi-reasons", "munjigi-id"];

/** The names of a visitor's headers that an application could take for one of these. */
const FORGED = /^munjigi[-_]/i;

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
export async function protect({ check, fail }, url, request, env, context) {
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
export async function explain(answer, request, env, context) {
  const { status } = await answer;
  return status === 404 ? ask(request, new URL(request.url), CHECK, env, context) : answer;
}
