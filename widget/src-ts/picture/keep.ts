// Keeps keys, wheel and clicks in the dialog: escape closes it, and where it lies over the page the
// tab key goes around in it and the page behind stays where it is.
import type { Panel } from "./panel";

const root = document.documentElement;
const isOver = (): boolean => root.dataset.place == "over";

export function keep(panel: Panel, close: () => void, enter: () => void): void {
  const { element } = panel;
  document.addEventListener("keydown", (event) => {
    if (element.hidden) return;
    if (event.key == "Escape") close();
    // From the dialog itself the arrow keys lead into the picture.
    if (event.target == element && event.key.startsWith("Arrow") && !panel.isBusy) {
      event.preventDefault();
      enter();
    }
    if (event.key == "Tab" && isOver()) around(event, element);
  });
  document.addEventListener("click", ({ target }) => {
    if (target == document.body && isOver()) close();
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
