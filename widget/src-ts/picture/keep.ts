// Keeps keys, wheel and clicks in the dialog: Escape closes it, and while it covers the page the
// Tab key cycles inside it and the page behind does not scroll.
import type { Panel } from "./panel";

/** Over the page, a click beside the picture this soon is the second one of a double click. */
const DOUBLE_MS = 500;

const root = document.documentElement;
const isOver = (): boolean => root.dataset.place == "over";

export function keep(panel: Panel, close: () => void, enter: () => void): void {
  const { element } = panel;
  document.addEventListener("keydown", (event) => {
    if (element.hidden) return;
    if (event.key == "Escape") close();
    // From the dialog itself, arrow keys lead into the picture.
    if (event.target == element && event.key.startsWith("Arrow") && !panel.isBusy) {
      event.preventDefault();
      enter();
    }
    if (event.key == "Tab" && isOver()) around(event, element);
  });
  let overAt = 0;
  new MutationObserver(() => (overAt = performance.now())).observe(root, { attributeFilter: ["data-place"] });
  document.addEventListener("click", ({ target }) => {
    if (target == document.body && isOver() && performance.now() > overAt + DOUBLE_MS) close();
  });
  addEventListener(
    "wheel",
    (event) => {
      const scrolls = element.scrollHeight > element.clientHeight;
      const within = scrolls && element.contains(event.target as Node);
      if (isOver() && !within && !event.ctrlKey) event.preventDefault();
    },
    { passive: false },
  );
}

function around(event: KeyboardEvent, element: HTMLElement): void {
  const stops = [...element.querySelectorAll<HTMLElement>("button,[tabindex]")].filter(
    (stop) => stop.tabIndex == 0 && stop.offsetParent && !stop.closest("[inert]"),
  );
  const first = stops[0]!;
  const last = stops[stops.length - 1]!;
  const at = document.activeElement;
  if (event.shiftKey ? at == first || at == element : at == last) {
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }
}
