// Counts events on the page: how many, never what, where or which key.
import type { Signals } from "./protocol";

/** A day: longer times are read as this. */
const LONGEST_MS = 864e5;

/** In pixels: tabs, bars and borders take less of a window, docked developer tools more. */
const DOCKED = 240;

/** Moves after which it is telling that the browser put none of them together. */
const ENOUGH = 30;

const counts: Record<string, number> = {};
let together = false;

/** Counts an event by its kind. */
export function count(event: Event): void {
  const { type } = event;
  counts[type] = (counts[type] || 0) + 1;
  // Browsers that tell no samples count as putting them together.
  together ||= !((event as PointerEvent).getCoalescedEvents?.().length < 2);
}

/** None, one, a few, many. */
const level = (number = 0): number => (number > 9 ? 3 : number > 1 ? 2 : number);

/** The counts so far; `focusedAt` is when the form first had the focus, 0 for not yet. */
export function signals(focusedAt: number): Signals {
  const now = performance.now();
  const elapsed = (since: number): number => Math.min(Math.round(now - since), LONGEST_MS);
  return {
    whole: innerWidth + innerHeight > outerWidth + outerHeight - DOCKED,
    since_load_ms: elapsed(0),
    ...(focusedAt && { since_focus_ms: elapsed(focusedAt) }),
    pointer: level((counts["pointerdown"] || 0) + (counts["pointermove"] || 0)),
    keys: level(counts["keydown"]),
    ...(counts["pointermove"]! >= ENOUGH && { single: !together }),
    focus_changes: Math.min(counts["focusin"] || 0, 255),
  };
}
