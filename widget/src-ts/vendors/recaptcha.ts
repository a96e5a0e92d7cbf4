// `/recaptcha/api.js` and `/recaptcha/enterprise.js`: the loader as pages written for reCAPTCHA call it.
import { begin, call, element, ready, source } from "../core";
import { Misconfigured, parse } from "../options";
import { area, promise, telling, type Given, type Held } from "./promised";

type Target = string | Element | undefined;
type Id = number | undefined;

const NAMES = { "timeout-callback": "expired-callback" };

function open({ origin, searchParams }: URL): void {
  const { add, drop, scan } = begin(origin);
  /** In the order of their numbers; what has gone leaves its place. */
  const all: Held[] = [];
  const shown = searchParams.get("render") || "onload";
  const v3 = shown != "onload" && shown != "explicit" ? shown : "";

  const hold = (container: Element, raw: (name: string) => unknown, field: boolean): number => {
    const number = all.length;
    const options = telling(parse(raw, ""), NAMES, () => "", () => all[number]);
    const suffix = number ? "-" + number : "";
    options.fields = () => (field ? [area("g-recaptcha-response", "g-recaptcha-response" + suffix)] : []);
    const id = String(number);
    const held: Held = { id, options, widget: undefined as never };
    all.push(held);
    held.widget = add(id, container, options);
    return number;
  };

  const render = (target: Target, given: Given = {}): Id => {
    const container = element(target);
    const raw = (name: string): unknown => {
      const value = given[name] ?? container?.getAttribute("data-" + name);
      if (name == "theme") return value == "dark" ? "dark" : "light";
      if (name == "language") return value ?? searchParams.get("hl");
      if (name == "execution") return raw("size") == "invisible" ? "execute" : "";
      return value;
    };
    if (!container) throw new Error("reCAPTCHA placeholder element must be an element or id");
    if (all.some(({ widget }) => widget.container == container))
      throw new Error("reCAPTCHA has already been rendered in this element");
    try {
      return hold(container, raw, true);
    } catch (failure) {
      if (failure instanceof Misconfigured) throw new Error(`${failure.code}: ${failure.message}`);
      throw failure;
    }
  };

  /** A token of a sitekey alone, for an action: of a widget that nobody sees unless it has to ask. */
  const score = (sitekey: string, action: unknown): Promise<string> => {
    const container = document.body.appendChild(document.createElement("div"));
    container.style.cssText = "position:fixed;inset:auto 0 0 auto;z-index:2147483647";
    const given: Given = {
      sitekey, action, size: "flexible", appearance: "interaction-only", execution: "execute",
      "refresh-expired": "never", language: searchParams.get("hl"),
    };
    try {
      const held = all[hold(container, (name) => given[name], false)]!;
      const done = (): void => {
        drop(held.widget);
        container.remove();
      };
      const promised = promise(held);
      promised.then(done, done);
      return promised;
    } catch (failure) {
      container.remove();
      return Promise.reject(failure);
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
      return promise(held);
    },
    reset: (id: Id = 0) => all[id]?.widget.reset(),
    getResponse: (id: Id = 0) => all[id]?.widget.response ?? "",
  };
  const there = (window as never as { grecaptcha?: { ready?: unknown } }).grecaptcha;
  // What pages put there to wait with: a queue of callbacks.
  const queue = (window as never as { ___grecaptcha_cfg?: { fns?: (() => void)[] } }).___grecaptcha_cfg?.fns;
  Object.assign(window, { grecaptcha: Object.assign(there || {}, api, { enterprise: api }) });
  scan(shown == "onload" ? ["g-recaptcha"] : [], (found) => {
    // A button that carries the class is bound to its click.
    const isButton = /^(BUTTON|INPUT)$/.test(found.tagName);
    if (!isButton) return render(found);
    const place = document.createElement("div");
    for (const { name, value } of found.attributes) if (name.startsWith("data-")) place.setAttribute(name, value);
    place.setAttribute("data-size", "invisible");
    found.after(place);
    const id = render(place);
    found.addEventListener("click", (event) => {
      event.preventDefault();
      void api.execute(id)?.catch(() => {});
    });
    return id;
  });
  queue?.forEach((callback) => callback());
  call(searchParams.get("onload"));
}

const from = source();
if (from) open(from);
