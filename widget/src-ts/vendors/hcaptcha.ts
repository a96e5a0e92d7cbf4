// `/1/api.js`: the loader with the interface that pages written for hCaptcha call.
import { begin, call, element, type Page } from "../core";
import { Misconfigured, parse } from "../options";
import { area, draw, promise, telling, type Given, type Held } from "./promised";

type Target = string | Element | undefined;

const NAMES = {
  "before-interactive-callback": "open-callback",
  "after-interactive-callback": "close-callback",
  "timeout-callback": "chalexpired-callback",
};

/** Maps our errors to hCaptcha's client errors. */
function code(own: string): string {
  if (own == "closed") return "challenge-closed";
  if (/expired|timeout|exhausted/.test(own)) return "challenge-expired";
  if (own == "offline") return "network-error";
  if (own == "rate-limited") return own;
  if (/sitekey|hostname|paused|^invalid/.test(own)) return "invalid-data";
  return "challenge-error";
}

function open({ asked, add, drop, tidy, scan }: Page) {
  const compat = asked.get("recaptchacompat") != "off";
  const all = new Map<string, Held>();
  let last = 0;

  const find = (id?: string): Held | undefined => (id ? all.get(String(id)) : [...all.values()].find(({ widget }) => widget.isWhole));

  const render = (target: Target, given: Given = {}): string | undefined => {
    const container = element(target);
    tidy();
    const raw = (name: string): unknown => {
      const value = given[name] ?? container?.getAttribute("data-" + name);
      // A custom theme is based on one of the two.
      if (name == "theme") return value == "dark" ? "dark" : "light";
      if (name == "language") return given.hl ?? container?.getAttribute("data-hl") ?? asked.get("hl");
      if (name == "execution") return raw("size") == "invisible" ? "execute" : "";
      return value;
    };
    try {
      if (!container) throw new Misconfigured("missing-container", `no element ${target}`);
      const there = [...all.values()].find(({ widget }) => widget.container == container && widget.isWhole);
      if (there) return there.id;
      const id = (++last).toString(36).padStart(11, "0");
      const options = telling(parse(raw, ""), NAMES, code, () => all.get(id));
      options.fields = () => {
        const fields = [area("h-captcha-response", "h-captcha-response-" + id)];
        if (compat) fields.unshift(area("g-recaptcha-response", "g-recaptcha-response-" + id));
        return fields;
      };
      const widget = add(id, container, options);
      all.set(id, { id, widget, options });
      container.setAttribute("data-hcaptcha-widget-id", id);
      return id;
    } catch (failure) {
      if (!(failure instanceof Misconfigured)) throw failure;
      console.error(`Munjigi: ${failure.message}`, container);
      return undefined;
    }
  };

  const refused = (why: string): Promise<never> => Promise.reject(why);
  const api = {
    render,
    execute(id?: string, { async: promised }: { async?: boolean } = {}) {
      const held = find(id);
      if (!promised) return held?.widget.run();
      if (!held) return refused(all.size ? "invalid-captcha-id" : "missing-captcha");
      return promise(held).then((response) => ({ response, key: held.id }));
    },
    reset: (id?: string) => find(id)?.widget.restart(),
    close: (id?: string) => find(id)?.widget.close(),
    remove(id?: string) {
      const held = find(id);
      if (!held) return;
      all.delete(held.id);
      drop(held.widget);
    },
    getResponse: (id?: string) => find(id)?.widget.response ?? "",
    getRespKey: (id?: string) => (find(id)?.widget.response ? find(id)!.id : ""),
    setData: () => {},
  };
  const { grecaptcha } = window as { grecaptcha?: { render?: unknown } };
  Object.assign(window, { hcaptcha: api }, compat && !grecaptcha?.render && { grecaptcha: api });
  return (asked: URLSearchParams): void => {
    if (asked.get("render") != "explicit")
      scan(compat ? ["h-captcha", "g-recaptcha"] : ["h-captcha"], (found) => draw(found, render, api.execute));
    call(asked.get("onload"));
  };
}

begin("hcaptcha", open);
