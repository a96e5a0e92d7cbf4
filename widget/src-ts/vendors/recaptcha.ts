// `/recaptcha/api.js` and `/recaptcha/enterprise.js`: the loader with the interface that pages
// written for reCAPTCHA call.
import { begin, call, element, ready, type Page } from "../core";
import { parse } from "../options";
import { area, draw, promise, telling, type Given, type Held } from "./promised";

type Target = string | Element | undefined;
type Id = number | undefined;

const NAMES = { "timeout-callback": "expired-callback" };

function open({ asked, add, tidy, scan }: Page) {
  /** In the order of their numbers; a removed one leaves a gap. */
  const all: Held[] = [];
  let scores = 0;
  /** The sitekey of version 3 that a script of the page names. */
  let v3 = "";

  const hold = (container: Element, raw: (name: string) => unknown, name: string, field?: string): Held => {
    const held = { id: name } as Held;
    held.options = telling(parse(raw, ""), NAMES, () => "", () => held);
    held.options.fields = () => (field ? [area("g-recaptcha-response", field)] : []);
    held.widget = add(name, container, held.options);
    return held;
  };

  /** In the corner of the page, if no place is given. */
  const corner = (): HTMLElement => {
    const container = document.body.appendChild(document.createElement("div"));
    container.style.cssText = "position:fixed;inset:auto 0 0 auto;z-index:2147483647";
    return container;
  };

  const render = (target: Target | Given, given: Given = {}): Id => {
    // Parameters without a place belong to an invisible widget.
    if (target && typeof target == "object" && !("nodeType" in target))
      return render(corner(), { size: "invisible", ...target });
    const container = element(target);
    tidy();
    const raw = (name: string): unknown => {
      const value = given[name] ?? container?.getAttribute("data-" + name);
      if (name == "theme") return value == "dark" ? "dark" : "light";
      if (name == "language") return value ?? asked.get("hl");
      if (name == "execution") return raw("size") == "invisible" ? "execute" : "";
      return value;
    };
    if (!container) throw new Error("reCAPTCHA placeholder element must be an element or id");
    if (all.some(({ widget }) => widget.container == container && widget.isWhole))
      throw new Error("reCAPTCHA has already been rendered in this element");
    const number = all.length;
    const field = "g-recaptcha-response" + (number ? "-" + number : "");
    all.push(hold(container, raw, String(number), field));
    return number;
  };

  /**
   * A token for a sitekey and an action: from a widget that stays invisible unless it has to ask.
   */
  const score = async (sitekey: string, action: unknown): Promise<string> => {
    const container = corner();
    const given: Given = {
      sitekey, action, size: "flexible", appearance: "interaction-only", execution: "execute",
      language: asked.get("hl"),
    };
    try {
      return await promise(hold(container, (name) => given[name], "score-" + ++scores));
    } finally {
      // And with it the widget.
      container.remove();
    }
  };

  const api = {
    ready,
    render,
    execute(target?: number | string, { action }: { action?: unknown } = {}): Promise<string | void> {
      if (typeof target == "string" && Number.isNaN(Number(target))) return score(target, action);
      if (target === undefined && v3) return score(v3, action);
      const held = all[Number(target ?? 0)];
      if (!held) return Promise.reject(new Error("No reCAPTCHA clients exist."));
      // An action means version 3: each call earns a token of its own.
      return action === undefined ? promise(held) : score(held.options.sitekey, action);
    },
    reset: (id: Id = 0) => all[id]?.widget.restart(),
    getResponse: (id: Id = 0) => all[id]?.widget.response ?? "",
  };
  const there = (window as never as { grecaptcha?: { ready?: unknown } }).grecaptcha;
  // What pages create while they wait: a queue of callbacks.
  const queue = (window as never as { ___grecaptcha_cfg?: { fns?: (() => void)[] } }).___grecaptcha_cfg?.fns;
  Object.assign(window, { grecaptcha: Object.assign(there || {}, api, { enterprise: api }) });
  queue?.forEach((callback) => callback());
  const place = (found: Element): void => {
    try {
      draw(found, render, (id) => void api.execute(id).catch(() => {}));
    } catch (failure) {
      // The page's other widgets are drawn all the same.
      console.error(failure);
    }
  };
  return (asked: URLSearchParams): void => {
    const shown = asked.get("render") || "onload";
    if (shown == "onload") scan(["g-recaptcha"], place);
    else if (shown != "explicit") v3 = shown;
    call(asked.get("onload"));
  };
}

begin("recaptcha", open);
