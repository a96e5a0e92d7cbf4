// Shows the frame above the page while it has a picture, so that nothing else on the page moves.
// Fetched when the first picture opens; until then, and without it, the frame grows where it is.

/** The frame's style at rest. */
const PLAIN = "border:0;color-scheme:light;";
const LIFTED = PLAIN + "display:block;margin:0;padding:0;overflow:hidden;background:none;z-index:2147483647;";

/** What the widget says of itself; names that the loader's build leaves as they are. */
export interface Lifts {
  shown: HTMLIFrameElement;
  /** The element around it. */
  around: Element;
  /** Whether there is a widget under which the picture may be. */
  hasPlace: boolean;
  /** What had the focus when the picture came. */
  focused: Element | null;
  /** The size of widget and picture, once it is known. */
  wanted(): [number, number] | undefined;
  /** Tells the frame where its picture is. */
  tell(place: "under" | "over"): void;
}

/** Places the picture again, and puts the frame back. */
export type Lifted = [place: (scrolled?: boolean) => void, lower: () => void];

export function lift({ shown: frame, around, hasPlace, focused, wanted, tell }: Lifts): Lifted {
  /** Keeps the widget's place. */
  const spare = document.createElement("div");
  let under: boolean | undefined;
  spare.style.cssText = frame.style.cssText;
  frame.after(spare);
  frame.popover = "manual";
  frame.showPopover?.();

  /** Below the widget if there is room, otherwise over the page. */
  const place = (scrolled?: boolean): void => {
    const size = wanted();
    if (!size) return;
    const [width, height] = size;
    const box = spare.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const left = getComputedStyle(around).direction == "rtl" ? box.right - width : box.left;
    if (!scrolled) {
      under =
        hasPlace &&
        !!frame.showPopover &&
        box.height > 0 &&
        box.top >= 0 &&
        box.top + height <= clientHeight &&
        left >= 0 &&
        left + width <= clientWidth;
      tell(under ? "under" : "over");
    }
    frame.style.cssText =
      LIFTED +
      (under
        ? `position:absolute;inset:auto;left:${left + scrollX}px;top:${box.top + scrollY}px;width:${width}px;height:${height}px`
        : "position:fixed;inset:0;width:100%;height:100%");
  };
  place();
  return [
    place,
    () => {
      frame.hidePopover?.();
      frame.popover = null;
      spare.remove();
      if (document.activeElement == frame && focused != frame) (focused as HTMLElement | null)?.focus();
    },
  ];
}
