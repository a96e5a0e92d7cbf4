// What a loader fetches when it is needed. A picture is shown above the page, so that nothing else
// on it moves; until this is here, and without it, the frame grows where it is. And a frame that
// the browser refuses to show says why.

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

/** Inserted by the build, by language: that the site is set up wrongly, and that it is in another. */
declare const REFUSED: Record<string, [misconfigured: string, embedded: string]>;

/** How long until the frame is tried again, in case it was something else. */
const AGAIN_MS = 6e4;

/** What each button did before: it tries again. */
const retries = new WeakMap<HTMLElement, () => void>();
/** When each will do so by itself. */
const timers = new WeakMap<HTMLElement, number>();

/**
 * Says on the button why the frame is refused although its edge answers: browsers show it in pages
 * of the site's hosts alone, and in no page that has no host. Takes the place of the countdown if
 * there is one, and returns the code of the error. Rejects if the edge does not answer.
 */
export async function refuse(edge: string, button: HTMLElement, countdown?: number | false): Promise<string> {
  const signal = AbortSignal.timeout?.(5e3) ?? null;
  const { ok } = await fetch(edge + "v1/munjigi.d.ts", { cache: "no-store", credentials: "omit", signal });
  if (!ok) throw ok;
  if (!retries.has(button)) retries.set(button, button.onclick as () => void);
  const retry = retries.get(button)!;
  if (countdown) {
    clearInterval(countdown);
    clearTimeout(timers.get(button));
    timers.set(button, setTimeout(() => button.isConnected && retry(), AGAIN_MS));
  }
  const isEmbedded = origin != "null";
  button.textContent = REFUSED[button.lang]![isEmbedded ? 1 : 0];
  if (isEmbedded) {
    // A page of its own has a host of the site, and all that the visitor needs.
    // On the line of the last word.
    const says = (button.textContent += "\u00a0↗");
    // It may have been something else, such as an answer that was lost.
    button.onclick = () => {
      clearTimeout(timers.get(button));
      // Not where it says by now that there is no connection.
      if (button.textContent == says) open(location.href);
      retry();
    };
  }
  console.error(
    isEmbedded
      ? `Munjigi: this page is in a frame of ${[...(location.ancestorOrigins || ["another site"])].join(" in ")}, which is no host or embedder of the site`
      : "Munjigi: this page has no host: it is a file, or in a sandbox without allow-same-origin",
  );
  return "hostname-not-allowed";
}
