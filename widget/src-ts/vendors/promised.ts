// What hCaptcha's and reCAPTCHA's pages share: fields that are text areas, and a token that is promised.
import type { Options } from "../options";
import type { Widget } from "../widget";

export type Given = Record<string, unknown>;

export interface Held {
  /** What the page calls the widget. */
  id: string;
  widget: Widget;
  options: Options;
  /** Who waits for the token. */
  waiting?: { resolve(token: string): void; reject(code: string): void } | undefined;
}

/** A field that nobody sees. */
export function area(name: string, id: string): HTMLTextAreaElement {
  const area = document.createElement("textarea");
  area.name = area.className = name;
  area.id = id;
  area.hidden = true;
  area.setAttribute("aria-hidden", "true");
  return area;
}

/** Options that tell whoever waits before the page's callbacks hear of it. */
export function telling(options: Options, names: Record<string, string>, code: (own: string) => string, held: () => Held | undefined): Options {
  const { call } = options;
  const settle = (how: "resolve" | "reject", value: string): boolean => {
    const own = held();
    const { waiting } = own || {};
    if (own) own.waiting = undefined;
    waiting?.[how](value);
    return !!waiting;
  };
  return {
    ...options,
    call(name, value = "") {
      if (name == "callback") settle("resolve", value);
      const failed = /error|timeout/.test(name);
      const told = failed ? code(value) : value;
      const waited = failed && settle("reject", told);
      if (name == "after-interactive-callback") setTimeout(() => settle("reject", code("closed")), 1e3);
      return call(names[name] ?? name, told) ?? waited;
    },
  };
}

/** Promises the next token of a widget. */
export function promise(held: Held): Promise<string> {
  const { widget } = held;
  if (widget.response) return Promise.resolve(widget.response);
  return new Promise((resolve, reject) => {
    held.waiting?.reject("challenge-closed");
    held.waiting = { resolve, reject };
    widget.execute();
  });
}
