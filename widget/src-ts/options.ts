// The options that an integrator may set, read from `munjigi.render`'s argument or from `data-*`,
// and checked at once: a mistake is reported on the console with its code, before a visitor finds
// it.
import type { PageOptions } from "./protocol";

export type Callback = (value?: string) => unknown;

export interface Options {
  sitekey: string;
  /** The options for the frame; `theme` and `language` are still as given. */
  wishes: PageOptions;
  appearance: string;
  /** What starts the check without a click: rendering, an interaction with the form, or nothing. */
  start: "render" | "interaction" | "execute";
  refresh: string;
  /** Creates the hidden fields for the token. */
  fields(id: string): (HTMLInputElement | HTMLTextAreaElement)[];
  call(name: string, value?: string): unknown;
  /** Called when the widget's state changes. */
  changed?(): void;
  /** Called when its token is dropped, or the widget removed. */
  gone?(): void;
  /** Whether a form that is sent too early waits for its token. */
  holds: boolean;
}

/** An option that the widget cannot work with. */
export class Misconfigured extends Error {
  constructor(
    readonly code: string,
    text: string,
  ) {
    super(`${code}: ${text}`);
  }
}

const CHOICES: Record<string, string[]> = {
  theme: ["auto", "light", "dark"],
  size: ["normal", "flexible", "compact", "invisible"],
  appearance: ["always", "execute", "interaction-only"],
  execution: ["render", "execute"],
  "refresh-expired": ["auto", "manual", "never"],
  retry: ["auto", "never"],
  hold: ["auto", "never"],
};

/** A hidden field. */
export function hidden(name: string, id = ""): HTMLInputElement {
  const input = document.createElement("input");
  input.type = "hidden";
  input.name = name;
  if (id) input.id = id;
  return input;
}

/** Reads options: `given` first, then `data-*` of the element. */
export const read = (element: Element, given: object): Options =>
  parse((name) => given[name as never] ?? element.getAttribute("data-" + name), "munjigi-response");

/** Maps options to our names, from any names that a page uses. */
export function parse(raw: (name: string) => unknown, field: string): Options {
  const text = (name: string): string => String(raw(name) ?? "");
  const choice = <T>(name: string): T => {
    const choices = CHOICES[name]!;
    const value = text(name) || choices[0]!;
    if (!choices.includes(value))
      throw new Misconfigured("invalid-" + name, `one of ${choices}`);
    return value as T;
  };
  const sitekey = text("sitekey");
  const action = text("action");
  const cdata = text("cdata");
  if (!sitekey) throw new Misconfigured("missing-sitekey", "is needed");
  if (!/^[\w/-]{0,32}$/.test(action))
    throw new Misconfigured("invalid-action", "at most 32 of A-Z a-z 0-9 _ / -");
  if (new TextEncoder().encode(cdata).length > 255)
    throw new Misconfigured("invalid-cdata", "at most 255 bytes");
  return {
    sitekey,
    wishes: {
      action,
      cdata,
      theme: choice("theme"),
      size: choice("size"),
      language: text("language"),
      tabindex: Number(text("tabindex")) || 0,
      retry: choice("retry"),
      start: "page",
    },
    appearance: choice("appearance"),
    start: choice("execution") == "execute" ? "execute" : "interaction",
    refresh: choice("refresh-expired"),
    holds: choice("hold") == "auto" && choice("execution") != "execute",
    fields: () =>
      text("response-field") == "false" ? [] : [hidden(text("response-field-name") || field)],
    call(name, value) {
      const wanted = raw(name);
      const callback = typeof wanted == "function" ? wanted : (globalThis as never)[wanted as never];
      if (callback) return (callback as Callback)(value);
      if (wanted) console.error(`Munjigi: no function "${String(wanted)}" for ${name}`);
      return undefined;
    },
  };
}
