// What hCaptcha's and reCAPTCHA's pages share: fields that are text areas, and promised tokens.
import type { Options } from "../options";
import type { Widget } from "../widget";

export type Given = Record<string, unknown>;

export interface Held {
  /** The page's name for the widget. */
  id: string;
  widget: Widget;
  options: Options;
  /** The token that a promise returned last. */
  given?: string;
  /** The promise that waits for a token. */
  waiting?: { resolve(token: string): void; reject(code: string): void } | undefined;
}

/** An invisible field. */
export function area(name: string, id: string): HTMLTextAreaElement {
  const area = document.createElement("textarea");
  area.name = area.className = name;
  area.id = id;
  // Themes show every text area, and browsers restore what is in one.
  area.style.setProperty("display", "none", "important");
  area.autocomplete = "off";
  area.setAttribute("aria-hidden", "true");
  return area;
}

/**
 * Options that wait for a click, and settle the waiting promise before they call the page's
 * callbacks.
 */
export function telling(options: Options, names: Record<string, string>, code: (own: string) => string, held: () => Held | undefined): Options {
  const { call } = options;
  /** Reports that a picture was dismissed. */
  let aside: (() => void) | undefined;
  const settle = (how: "resolve" | "reject", value: string): boolean => {
    const own = held();
    const { waiting } = own || {};
    if (own && waiting) {
      own.waiting = undefined;
      if (how == "resolve") own.given = value;
      waiting[how](value);
    }
    return !!waiting;
  };
  return {
    ...options,
    wishes: { ...options.wishes, start: "click" },
    gone: () => settle("reject", code("closed")),
    call(name, value = "") {
      if (name == "callback") settle("resolve", value);
      const failed = /error|timeout/.test(name);
      const told = failed ? code(value) : value;
      // A timeout only tells the page, after a minute, that it takes long; the attempt continues.
      const waited = failed && value != "timeout" && settle("reject", told);
      if (name == "after-interactive-callback") {
        const { waiting } = held() || {};
        const tell = (): void => {
          if (aside != tell) return;
          aside = undefined;
          // A picture also closes when it is answered or exchanged for another way; else the
          // widget waits for the visitor: it is asking or idle.
          if (!/^[ai]/.test(held()?.widget.state!)) return;
          if (held()?.waiting == waiting) settle("reject", code("closed"));
          call(names[name] ?? name);
        };
        aside = tell;
        setTimeout(tell, 100);
        return true;
      }
      // It opens again before the page was told that it closed.
      if (name == "before-interactive-callback") aside?.();
      return call(names[name] ?? name, told) ?? waited;
    },
  };
}

/**
 * Renders a widget in an element. A button gets an invisible widget beside it, which starts when
 * the button is clicked.
 */
export function draw<Id>(found: Element, render: (place: Element) => Id, execute: (id: Id) => unknown): void {
  if (!/^(BUTTON|INPUT)$/.test(found.tagName)) return void render(found);
  const place = document.createElement("div");
  for (const { name, value } of found.attributes) if (name.startsWith("data-")) place.setAttribute(name, value);
  place.setAttribute("data-size", "invisible");
  found.after(place);
  const id = render(place);
  found.addEventListener("click", (event) => {
    event.preventDefault();
    execute(id);
  });
}

/** Promises the next token of a widget. */
export function promise(held: Held): Promise<string> {
  const { widget } = held;
  // Each token is returned once: the next call requests another.
  const { response } = widget;
  if (response && response != held.given) return Promise.resolve((held.given = response));
  return new Promise((resolve, reject) => {
    held.waiting?.reject("challenge-closed");
    held.waiting = { resolve, reject };
    widget.run();
  });
}
