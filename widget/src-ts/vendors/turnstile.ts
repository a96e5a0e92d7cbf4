// `/turnstile/v0/api.js`: the loader with the interface that pages written for Turnstile call.
import { begin, call, element, ready, type Page } from "../core";
import { hidden, Misconfigured, parse } from "../options";
import type { Widget } from "../widget";

type Target = string | Element | undefined;
type Given = Record<string, unknown>;

/** Turnstile's families of client errors, by the prefix of ours. */
const CODES: [string, string][] = [
  ["missing-sitekey", "110100"],
  ["invalid-action", "110420"],
  ["invalid-cdata", "110430"],
  ["invalid-size", "400020"],
  ["unknown-sitekey", "110100"],
  ["site-paused", "400070"],
  ["hostname-not-allowed", "110200"],
  ["unsupported", "110500"],
  ["timeout", "110600"],
  ["challenge-expired", "110600"],
  ["attempts-exhausted", "110620"],
  ["offline", "200500"],
  ["blocked", "600010"],
  ["answer-wrong", "600010"],
  ["solution-wrong", "600010"],
];
const code = (own = ""): string => CODES.find(([name]) => own == name)?.[1] ?? "300030";

function open({ asked, widgets, add, drop, tidy, scan }: Page) {
  const compat = asked.get("compat") == "recaptcha";
  let last = 0;

  const find = (target?: Target): Widget | undefined =>
    widgets.get(target as string) ||
    [...widgets.values()].find(({ container }) => !target || container == element(target));

  const render = (target: Target, given: Given = {}): string | undefined => {
    const container = element(target);
    tidy();
    const there = container && find(container);
    if (there) return there.id;
    const raw = (name: string): unknown =>
      given[name == "cdata" ? "cData" : name] ?? given[name] ?? container?.getAttribute("data-" + name);
    try {
      if (!container) throw new Misconfigured("missing-container", `no element ${target}`);
      const options = parse(raw, "cf-turnstile-response");
      const { appearance, call, fields } = options;
      const start = options.start == "execute" ? "execute" : "render";
      const id = `cf-chl-widget-${(++last).toString(36)}${Math.random().toString(36).slice(2, 7)}`;
      let asking = false;
      /** The widget is interactive while it waits for the visitor: for a click or for a picture. */
      const ask = (now: boolean): void => {
        if (asking == now) return;
        asking = now;
        call(now ? "before-interactive-callback" : "after-interactive-callback");
      };
      const changed = (): void => ask(!!widgets.get(id)?.isAsking);
      return add(id, container, {
        ...options,
        start,
        // The check starts at once, so the widget is visible at once.
        appearance: start + appearance == "renderexecute" ? "always" : appearance,
        changed,
        fields: () => {
          const made = fields(id);
          for (const field of made) field.id = id + "_response";
          return compat && made[0] ? [...made, hidden("g-recaptcha-response")] : made;
        },
        call(name, value) {
          if (/^bef/.test(name)) return ask(true);
          if (/^aft/.test(name)) return changed();
          if (!/error|timeout/.test(name)) return call(name, value);
          if (value == "unsupported" && raw("unsupported-callback")) return call("unsupported-callback") ?? true;
          // While the visitor has to act, the time that ran out is theirs.
          if (name == "timeout-callback" && raw(name)) return call(name) ?? true;
          return call("error-callback", code(value));
        },
      }).id;
    } catch (failure) {
      if (!(failure instanceof Misconfigured)) throw failure;
      console.error(`Munjigi: ${failure.message} (${code(failure.code)})`, container);
      const told = raw("error-callback");
      const callback = typeof told == "function" ? told : (window as never as Given)[told as string];
      (callback as ((code: string) => void) | undefined)?.(code(failure.code));
      return undefined;
    }
  };

  const classes = compat ? ["cf-turnstile", "g-recaptcha"] : ["cf-turnstile"];
  const api = {
    ready,
    render,
    implicitRender: () => scan(classes, render as (element: Element) => unknown),
    execute(target?: Target, given?: Given) {
      const widget = find(target);
      if (widget) widget.run();
      // A container that was not rendered yet.
      else if (target) find(render(target, given))?.run();
    },
    reset: (target?: Target) => find(target)?.restart(),
    remove: (target?: Target) => drop(find(target)),
    getResponse: (target?: Target) => find(target)?.response,
    isExpired: (target?: Target) => !!find(target)?.isExpired,
  };
  Object.assign(window, { turnstile: api }, compat && { grecaptcha: api });
  return (asked: URLSearchParams): void => {
    if (asked.get("render") != "explicit") api.implicitRender();
    call(asked.get("onload"));
  };
}

begin("turnstile", open);
