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

function call(handler, event, env, context) {
  instance();
  try {
    return handler(event, env, context);
  } catch (error) {
    note(error);
  }
}

export default {
  fetch: (request, env, context) => call(rust.fetch, request, env, context),
  queue: (batch, env, context) => call(rust.queue, batch, env, context),
  scheduled: (event, env, context) => call(rust.scheduled, event, env, context),
};

export class Redemptions {
  #state;
  #env;
  #object;
  #instance = 0;

  constructor(state, env) {
    this.#state = state;
    this.#env = env;
    this.#wake();
  }

  fetch(request) {
    return this.#call((object) => object.fetch(request));
  }

  alarm() {
    return this.#call((object) => object.alarm());
  }

  #call(operation) {
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
    this.#object = new rust.Redemptions(this.#state, this.#env);
    this.#instance = current;
  }
}
