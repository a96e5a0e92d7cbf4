// The loader: finds widgets on the page, and is `window.munjigi`.
import { begin, call, element, ready, source } from "./core";
import { Misconfigured, read } from "./options";
import type { Widget } from "./widget";

type Target = string | Element | undefined;

function open({ origin, searchParams }: URL): void {
  const { widgets, add, drop, scan } = begin(origin);
  let last = 0;

  const find = (target?: Target): Widget | undefined =>
    widgets.get(target as string) ||
    [...widgets.values()].find(({ container }) => !target || container == element(target));

  const render = (target: Target, given: object = {}): string | undefined => {
    const container = element(target);
    try {
      if (!container) throw new Misconfigured("missing-container", `no element ${target}`);
      const there = find(container);
      return there ? there.id : add(`munjigi-${++last}`, container, read(container, given)).id;
    } catch (failure) {
      if (!(failure instanceof Misconfigured)) throw failure;
      console.error(`Munjigi: ${failure.code}: ${failure.message}`, container);
      return undefined;
    }
  };

  window.munjigi = {
    render,
    execute: (target) => find(target)?.execute(),
    reset: (target) => find(target)?.reset(),
    remove: (target) => drop(find(target)),
    getResponse: (target) => find(target)?.response,
    isExpired: (target) => !!find(target)?.isExpired,
    ready,
  };
  scan(searchParams.get("render") == "explicit" ? [] : ["munjigi"], render);
  call(searchParams.get("onload"));
}

const from = source();
if (window.munjigi) console.error("Munjigi: loaded-twice");
else if (from) open(from);
