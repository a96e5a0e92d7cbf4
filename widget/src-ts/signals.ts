// Counts events on the page: how many, never what, where or which key.
import type { Signals } from "./protocol";

/** A day: longer times are read as this. */
const LONGEST_MS = 864e5;

const counts: Record<string, number> = {};

/** Counts an event by its kind. */
export function count({ type }: Event): void {
  counts[type] = (counts[type] || 0) + 1;
}

/** None, one, a few, many. */
const level = (number = 0): number => (number > 9 ? 3 : number > 1 ? 2 : number);

/** The counts so far; `focusedAt` is when the form first had the focus, 0 for not yet. */
export function signals(focusedAt: number): Signals {
  const now = performance.now();
  const elapsed = (since: number): number => Math.min(Math.round(now - since), LONGEST_MS);
  return {
    since_load_ms: elapsed(0),
    ...(focusedAt && { since_focus_ms: elapsed(focusedAt) }),
    pointer: level((counts["pointerdown"] || 0) + (counts["pointermove"] || 0)),
    keys: level(counts["keydown"]),
    focus_changes: Math.min(counts["focusin"] || 0, 255),
  };
}
