// The loader: finds widgets on the page, and is `window.munjigi`.
import { begin, call, element, ready, type Page } from "./core";
import { clearance } from "./inline";
import { Misconfigured, read } from "./options";
import type { Widget } from "./widget";

type Target = string | Element | undefined;

function open({ widgets, add, drop, tidy, scan }: Page) {
  let last = 0;

  const find = (target?: Target): Widget | undefined =>
    widgets.get(target as string) ||
    [...widgets.values()].find(({ container }) => !target || container == element(target));

  const render = (target: Target, given: object = {}): string | undefined => {
    const container = element(target);
    tidy();
    try {
      if (!container) throw new Misconfigured("missing-container", `no element ${target}`);
      const there = find(container);
      return there ? there.id : add(`munjigi-${++last}`, container, read(container, given)).id;
    } catch (failure) {
      if (!(failure instanceof Misconfigured)) throw failure;
      console.error(`Munjigi: ${failure.message}`, container);
      return undefined;
    }
  };

  window.munjigi = {
    render,
    execute: (target) => find(target)?.run(),
    reset: (target) => {
      const widget = find(target);
      widget?.life.giveUp();
      widget?.restart();
    },
    remove: (target) => drop(find(target)),
    getResponse: (target) => {
      const widget = find(target);
      widget?.life.taken();
      return widget?.response;
    },
    isExpired: (target) => !!find(target)?.isExpired,
    ready,
    clearance,
  };
  return (asked: URLSearchParams): void => {
    if (asked.get("render") != "explicit") scan(["munjigi"], render);
    call(asked.get("onload"));
  };
}

begin("munjigi", open);
