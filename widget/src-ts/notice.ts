// What the page shows if the frame cannot be fetched: the widget's text for that, on a button that
// retries.

/** Inserted by the build: "No connection", by language. */
declare const OFFLINE: Record<string, string>;

/** Similar to the frame, in the browser's own colours; the theme is at the end. */
export const STYLE =
  "border:1px solid gray;border-radius:6px;background:Canvas;color:CanvasText;font:14px system-ui;color-scheme:";

export interface Notice {
  element: HTMLElement;
  button: HTMLElement;
  /** Says when it retries, if it does. */
  say(seconds: number | false): void;
}

export function notice(asked: string, retry: () => void): Notice {
  const element = document.createElement("div");
  const button = document.createElement("button");
  const language = [asked, ...navigator.languages, "en"]
    .map((tag) => tag.slice(0, 2))
    .find((tag) => OFFLINE[tag])!;
  element.role = "alert";
  button.type = "button";
  button.lang = language;
  button.dir = "auto";
  // Announced once, not every second.
  button.ariaLive = "off";
  button.onclick = retry;
  element.append(button);
  return {
    element,
    button,
    say(seconds) {
      button.textContent = `${OFFLINE[language]} ↻ ${seconds === false ? "" : seconds + " s"}`;
    },
  };
}
