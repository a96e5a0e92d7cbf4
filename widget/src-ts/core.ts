// What every loader needs from a page: its widgets, its callbacks, and elements that come and go.
import { follow } from "./life";
import type { Options } from "./options";
import { count } from "./signals";
import { Widget } from "./widget";

export interface Page {
  widgets: Map<string, Widget>;
  /** What the page asks of the loader: `?render=explicit`. */
  asked: URLSearchParams;
  add(id: string, element: Element, options: Options): Widget;
  drop(widget?: Widget): void;
  /** Drops what the page has removed. */
  tidy(): void;
  /** Has every element of these classes drawn, now and when one is added later. */
  scan(classes: string[], draw: (element: Element) => unknown): void;
}

/** Inserted by the build: the way from the loader to the top of its edge. */
declare const EDGE: string;

/** The element that a page specifies by itself, by its selector, or by its id. */
export const element = (target: unknown): Element | null => {
  if (typeof target != "string") return (target as Element) || null;
  const byId = document.getElementById(target);
  try {
    return byId || document.querySelector(target);
  } catch {
    return null; // Not a selector either.
  }
};

/**
 * Calls the page's function of this name; after the script's `load`, as vendors do, and once it is
 * there: modules and frameworks define theirs later.
 */
export function call(name: string | null, pause = 0): void {
  if (!name) return;
  setTimeout(() => {
    const called = (window as never as Record<string, unknown>)[name];
    typeof called == "function" ? called() : call(name, pause * 2 + 9);
  }, pause);
}

/** Calls back once the document is loaded. */
export function ready(callback: () => void): void {
  if (document.readyState == "loading") addEventListener("DOMContentLoaded", () => callback());
  else queueMicrotask(callback);
}

/** What a script asks of its dialect. */
type Ask = (asked: URLSearchParams) => void;

/**
 * Opens the page that has loaded this, or tells what opened it before that there is another script.
 * Without the loader's own address no one knows where the edge is: the console says so.
 */
export function begin(name: string, open: (page: Page) => Ask): void {
  const src = (document.currentScript as HTMLScriptElement | null)?.src;
  if (!src) return console.error("Munjigi: no-source: load it by <script src>");
  // What all scripts of a page share: elements that one of them has drawn, the parts of widgets, and
  // who listens to more.
  type Shared = [tried: WeakSet<Element>, live: WeakSet<Element>, again: Record<string, Ask>];
  const [tried, live, again] = ((window as never as { $munjigi?: Shared }).$munjigi ||= [new WeakSet(), new WeakSet(), {}]);
  const { searchParams } = new URL(src);
  if (again[name]) return again[name](searchParams);
  const edge = new URL(EDGE, src);
  const widgets = new Map<string, Widget>();
  const dark = matchMedia("(prefers-color-scheme:dark)");
  let found: HTMLCollectionOf<Element>[] = [];
  let draw: (element: Element) => unknown;

  const drop = (widget?: Widget): void => {
    if (!widget) return;
    widgets.delete(widget.id);
    widget.remove();
  };
  const tidy = (): void => {
    for (const widget of widgets.values()) {
      if (widget.container.isConnected && widget.isWhole) continue;
      drop(widget);
      tried.delete(widget.container);
    }
  };
  const sweep = (): void => {
    tidy();
    for (const elements of found)
      for (const element of elements) {
        if (tried.has(element)) continue;
        tried.add(element);
        draw(element);
      }
  };

  const each = (then: (widget: Widget) => void): void => widgets.forEach(then);
  addEventListener("message", (event) => {
    if (event.origin == edge.origin) each((widget) => widget.receive(event, dark.matches));
  });
  addEventListener("online", () => each((widget) => widget.online()));
  addEventListener("resize", () => each((widget) => widget.place()));
  addEventListener("scroll", () => each((widget) => widget.place(true)), true);
  dark.onchange = () => each((widget) => widget.dress(dark.matches));
  follow(each);
  for (const type of ["pointerdown", "pointermove", "keydown", "focusin"])
    addEventListener(
      type,
      (event) => {
        if (!event.isTrusted) return;
        count(event);
        if (type == "pointermove") return;
        const path = event.composedPath();
        each((widget) => path.includes(widget.form) && widget.touch(type));
      },
      { capture: true, passive: true },
    );
  new MutationObserver(sweep).observe(document, { childList: true, subtree: true });

  again[name] = open({
    widgets,
    asked: searchParams,
    add(id, element, options) {
      tried.add(element);
      const widget = new Widget(id, element, options, edge, live);
      widgets.set(id, widget);
      return widget;
    },
    drop,
    tidy,
    scan(classes, then) {
      draw = then;
      found = classes.map((name) => document.getElementsByClassName(name));
      sweep();
    },
  });
  again[name](searchParams);
}
