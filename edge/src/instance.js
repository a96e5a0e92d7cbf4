// The instance of the Rust program, which is replaced after a panic.

import * as rust from "./index.js";

// Written by `worker` when an instance starts and when it panics.
const state = globalThis.__worker_init_state;

/** After a panic nothing of the instance can be trusted: the next call begins a new one. */
export function instance() {
  if (state.criticalError) {
    console.error(JSON.stringify({ level: "error", event: "instance-restarted" }));
    rust.__wbg_reset_state();
    state.criticalError = false;
  }
  return state.instanceId;
}

/** What traps without a panic: a stack or a memory that ran out. */
export function note(error) {
  if (error instanceof WebAssembly.RuntimeError) state.criticalError = true;
  throw error;
}

addEventListener("error", ({ error }) => {
  if (error instanceof WebAssembly.RuntimeError) state.criticalError = true;
});

export function call(handler, ...event) {
  instance();
  try {
    return handler(...event);
  } catch (error) {
    note(error);
  }
}
