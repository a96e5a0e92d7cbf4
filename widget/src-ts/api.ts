// The loader: finds widgets on the page, keeps them, and is `window.munjigi`.
import { Misconfigured, read } from "./options";
import { count } from "./signals";
import { Widget } from "./widget";

type Target = string | Element | undefined;

const script = document.currentScript as HTMLScriptElement | null;

function begin({ origin: edge, searchParams }: URL): void {
  const widgets = new Map<string, Widget>();
  const tried = new WeakSet<Element>();
  const dark = matchMedia("(prefers-color-scheme:dark)");
  let last = 0;

  const find = (target?: Target): Widget | undefined =>
    widgets.get(target as string) ||
    [...widgets.values()].find(
      ({ container }) =>
        !target || container == (typeof target == "string" ? document.querySelector(target) : target),
    );

  const render = (target: Target, given: object = {}): string | undefined => {
    const element = typeof target == "string" ? document.querySelector(target) : target;
    try {
      if (!element) throw new Misconfigured("missing-container", `no element ${target}`);
      const there = find(element);
      if (there) return there.id;
      const options = read(element, given);
      const id = `munjigi-${++last}`;
      widgets.set(id, new Widget(id, element, options, edge));
      return id;
    } catch (failure) {
      if (!(failure instanceof Misconfigured)) throw failure;
      console.error(`Munjigi: ${failure.code}: ${failure.message}`, element);
      return undefined;
    }
  };

  const remove = (target?: Target): void => {
    const widget = find(target);
    if (!widget) return;
    widgets.delete(widget.id);
    widget.remove();
  };

  const found = document.getElementsByClassName("munjigi");
  const explicit = searchParams.get("render") == "explicit";
  const sweep = (): void => {
    for (const { id, container } of widgets.values()) {
      if (container.isConnected) continue;
      remove(id);
      tried.delete(container);
    }
    if (explicit) return;
    for (const element of found) {
      if (tried.has(element)) continue;
      tried.add(element);
      render(element);
    }
  };

  window.munjigi = {
    render,
    execute: (target) => find(target)?.execute(),
    reset: (target) => find(target)?.reset(),
    remove: (target) => remove(target),
    getResponse: (target) => find(target)?.response,
    isExpired: (target) => !!find(target)?.isExpired,
    ready(callback) {
      if (document.readyState == "loading") addEventListener("DOMContentLoaded", () => callback());
      else queueMicrotask(callback);
    },
  };

  const each = (then: (widget: Widget) => void): void => widgets.forEach(then);
  addEventListener("message", (event) => {
    if (event.origin == edge) each((widget) => widget.receive(event, dark.matches));
  });
  addEventListener("online", () => each((widget) => widget.online()));
  addEventListener("resize", () => each((widget) => widget.place()));
  addEventListener("scroll", () => each((widget) => widget.place(true)), true);
  dark.onchange = () => each((widget) => widget.dress(dark.matches));
  for (const type of ["pointermove", "pointerdown", "keydown", "focusin"])
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
  sweep();
  (window as never as Record<string, () => void>)[searchParams.get("onload") || ""]?.();
}

if (window.munjigi) console.error("Munjigi: loaded-twice");
else if (!script?.src) console.error("Munjigi: no-source: load api.js by <script src>");
else begin(new URL(script.src));
