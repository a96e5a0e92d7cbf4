// One widget: its frame, its hidden field, its messages. core.ts keeps the list of widgets.
import { Life } from "./life";
import type { Lifted, Lifts } from "./more";
import { type Notice, STYLE, notice } from "./notice";
import { type Options } from "./options";
import type { FrameMessage, FrameState, PageMessage } from "./protocol";
import { signals } from "./signals";

const SIZES: Record<string, [string, number]> = {
  normal: ["300px", 65],
  flexible: ["100%", 65],
  compact: ["150px", 140],
  invisible: ["300px", 0],
};

/** The frame's style at rest. */
const PLAIN = "border:0;color-scheme:light;";

/** How long a frame may take to show something before it is reloaded; doubles each time. */
const LOAD_MS = 1e4;
/**
 * How long its document may take to send a message once it is loaded: an iframe reports no errors.
 */
const SPEAK_MS = 1e3;
/** Inserted by the build: whether pages are written for us, and not for another vendor. */
declare const OWN: boolean;
/** Inserted by the build: the way from the edge to the module `more.ts`. */
declare const MORE: string;

/** The `part` of what is ours on a page, by which copies of it are known. */
const PART = "munjigi";

export class Widget {
  /** Of pages that are written for us. */
  readonly life!: Life;
  private frame!: HTMLIFrameElement;
  private readonly fields: (HTMLInputElement | HTMLTextAreaElement)[];
  private nonce!: string;
  /** Whether the frame is listening. */
  private isReady!: boolean;
  state?: FrameState | undefined;
  private height: number;
  /** Whether the frame shows a picture. */
  private opened?: boolean | undefined;
  /** The frame is above the page. */
  private lifted?: Lifted | undefined;
  /** The size of widget and picture, once it is known. */
  private wanted?: [number, number] | undefined;
  private kept = "";
  private expiresAt = 0;
  private refreshAt = 0;
  private loads = 0;
  /** Shown if the frame cannot be fetched. */
  notice?: Notice | undefined;
  private timers: { load?: number; refresh?: number } = {};
  private focusedAt = 0;
  /** Whether the frame was told to start without a click. */
  private touched: boolean;
  private executed?: boolean;
  /** Whether the frame was told to start and still waits for a click. */
  private waits?: boolean;
  /** Whether the visitor used the form since the last token. */
  private active?: boolean;

  constructor(
    readonly id: string,
    readonly container: Element,
    private readonly options: Options,
    private readonly edge: URL,
    /** The parts of all scripts' widgets. */
    private readonly live: WeakSet<Element>,
  ) {
    if (OWN) this.life = new Life(this, options.holds);
    this.touched = options.start == "render";
    this.height = SIZES[options.wishes.size]![1];
    // Copies: the page has cloned a form, or shows one that it kept. What lives is of another script.
    for (const part of container.querySelectorAll(`[part=${PART}]`)) if (!live.has(part)) part.remove();
    this.fields = options.fields(id);
    for (const field of this.fields) this.own(field);
    container.append(...this.fields);
    this.load();
    // Where scripts load late, the visitor may be in the form already.
    const { activeElement, body } = document;
    if (OWN && activeElement != body && (this.form as Node).contains(activeElement)) this.begin();
  }

  private own(part: Element): void {
    part.part = PART;
    this.live.add(part);
  }

  /** The form around it, or the whole page. */
  get form(): EventTarget {
    return this.container.closest("form") || document;
  }

  /** Whether the page has left its frame where it was. */
  get isWhole(): boolean {
    return this.container.contains(this.frame);
  }

  /** Inserts a new frame, and repeats that after growing pauses until one shows something. */
  private load(): void {
    this.lower();
    this.frame?.remove();
    this.state = undefined;
    this.isReady = false;
    this.nonce = crypto.getRandomValues(new Uint32Array(4)).join("");
    const frame = (this.frame = document.createElement("iframe"));
    this.own(frame);
    frame.title = "Munjigi CAPTCHA";
    frame.referrerPolicy = "origin";
    frame.src = `${this.edge}v1/frame/${this.options.sitekey}#${this.nonce}`;
    frame.onload = () => this.isReady || this.expect(SPEAK_MS);
    this.layout();
    this.container.append(frame);
    this.loads++;
    this.expect();
  }

  /** Waits this long for a message from the frame. */
  private expect(milliseconds = LOAD_MS * 2 ** Math.min(this.loads - 1, 4)): void {
    clearTimeout(this.timers.load);
    this.timers.load = setTimeout(() => this.lose(), milliseconds);
  }

  private more(): Promise<typeof import("./more")> {
    return import(this.edge + MORE);
  }

  /** The frame or one of its files could not be fetched: says so, and retries. */
  private lose(): void {
    const { options, timers } = this;
    const again = options.wishes.retry == "auto";
    let seconds = 2 ** Math.min(this.loads, 6);
    if (!this.notice) {
      this.notice = notice(this.language, () => this.load());
      this.frame.before(this.notice.element);
    }
    const { say } = this.notice;
    const tick = (): void => {
      say(again && seconds);
      if (!seconds--) this.load();
    };
    clearTimeout(timers.load);
    const countdown = again && (timers.load = setInterval(tick, 1e3));
    tick();
    this.layout();
    const { notice: shown } = this;
    // Browsers refuse a frame without a word.
    if (this.isReady || (self == top && origin != "null")) this.fail("offline");
    else
      this.more()
        .then(({ refuse }) => refuse(this.edge + "", shown.button, countdown))
        .catch(() => "offline")
        .then((code) => shown == this.notice && this.fail(code));
  }

  /** The frame is there, or is no longer waited for. */
  private settle(): void {
    const { element } = this.notice || {};
    clearTimeout(this.timers.load);
    this.notice = undefined;
    this.layout();
    if (element?.contains(document.activeElement)) this.frame.focus();
    element?.remove();
  }

  /** The browser has a connection again. */
  online(): void {
    if (!this.state) this.load();
  }

  private layout(): void {
    if (this.lifted) return;
    const { height, notice, state } = this;
    const { appearance, wishes } = this.options;
    const shown =
      height &&
      (appearance == "always" ||
        (appearance == "execute" && this.executed) ||
        notice ||
        this.waits ||
        (state && !/idle|work|pass/.test(state)));
    const place =
      shown &&
      `display:block;width:${SIZES[wishes.size]![0]};height:${height}px;min-width:${wishes.size == "flexible" ? 300 : 0}px;`;
    const { style } = this.frame;
    style.cssText = PLAIN + ((!notice && place) || "position:absolute;width:0;height:0");
    if (!place || !this.isReady || notice) style.visibility = "hidden";
    if (notice)
      notice.button.style.cssText = place
        ? place + STYLE + (wishes.theme == "auto" ? "light dark" : wishes.theme)
        : "display:none";
  }

  /** Lifts the frame out of the page's flow, so that nothing else on the page moves. */
  private lift(): void {
    const { container, frame, options } = this;
    const lifts: Lifts = {
      shown: frame,
      around: container,
      hasPlace: /norm|flex/.test(options.wishes.size),
      focused: document.activeElement,
      wanted: () => this.wanted,
      tell: (type) => this.post({ type }),
    };
    this.opened = true;
    this.more().then(
      ({ lift }) => {
        if (this.opened && frame == this.frame) this.lifted ||= lift(lifts);
      },
      () => {
        // The picture is under the widget, and moves what is below it.
        if (this.wanted) this.height = this.wanted[1];
        this.opened = undefined;
        this.layout();
      },
    );
  }

  private lower(): void {
    if (!this.opened) return;
    this.lifted?.[1]();
    this.opened = this.lifted = this.wanted = undefined;
    this.layout();
  }

  /** Places the picture step below the widget if there is room, otherwise over the page. */
  place(scrolled?: boolean): void {
    this.lifted?.[0](scrolled);
  }

  private post(message: PageMessage): void {
    if (this.isReady)
      this.frame.contentWindow?.postMessage(
        { munjigi: 1, nonce: this.nonce, ...message },
        this.edge.origin,
      );
  }

  private go(type: "interaction" | "execute"): void {
    this.post({ type, signals: signals(this.focusedAt) });
  }

  /** The requested language, or the page's. */
  private get language(): string {
    const { language } = this.options.wishes;
    if (language && language != "auto") return language;
    return this.container.closest<HTMLElement>("[lang]")?.lang || "";
  }

  /** Tells the frame how to look: at first, and when the page's colours change. */
  dress(dark: boolean): void {
    const { language } = this;
    const { wishes } = this.options;
    const theme = wishes.theme == "auto" ? (dark ? "dark" : "light") : wishes.theme;
    this.post({ type: "start", options: { ...wishes, theme, language } });
  }

  /** Handles a message if it is for this widget. */
  receive({ source, data }: MessageEvent, dark: boolean): void {
    if (source != this.frame.contentWindow || data?.munjigi != 1 || data.nonce != this.nonce)
      return;
    const { call } = this.options;
    const message: FrameMessage = data;
    switch (message.type) {
      case "ready":
        // It was moved, and knows no longer what it had.
        if (this.state) this.restart();
        this.isReady = true;
        this.expect();
        this.layout();
        this.dress(dark);
        if (this.executed) this.go("execute");
        else if (this.touched) this.go("interaction");
        break;
      case "state":
        this.waits = this.touched && message.state == "idle" && this.state == "idle";
        this.state = message.state;
        this.settle();
        this.options.changed?.();
        break;
      case "token": {
        const life = message.expires_in * 1000;
        this.active = false;
        if (OWN) this.life.clear();
        this.expiresAt = Date.now() + life;
        this.refreshAt = Date.now() + life - Math.min(3e4, life / 5);
        clearTimeout(this.timers.refresh);
        this.timers.refresh = setTimeout(
          () => this.active && this.refresh(),
          this.refreshAt - Date.now(),
        );
        this.keep(message.token);
        if (OWN) this.life.tells();
        call("callback", message.token);
        if (OWN) this.life.send();
        break;
      }
      case "expired":
        this.keep("");
        call("expired-callback");
        break;
      case "error":
        if (this.state) this.fail(message.code);
        else this.lose();
        break;
      case "resize":
        if (this.opened) {
          this.wanted = [message.width, message.height];
          this.place();
        } else {
          this.height = message.height;
          this.layout();
        }
        break;
      case "open":
        call("before-interactive-callback");
        this.lift();
        break;
      case "close":
        this.lower();
        if (OWN && message.aside) this.life.giveUp();
        call("after-interactive-callback");
    }
  }

  private fail(code: string): void {
    // The form goes without a token, and its back end decides: it may be the edge that is away.
    if (OWN && code != "timeout") this.life.send(false);
    const name = /timeout|expired/.test(code) ? "timeout-callback" : "error-callback";
    if (!this.options.call(name, code))
      console.error(`Munjigi: ${code}, see ${this.edge}errors/${code}`);
  }

  keep(token: string): void {
    this.kept = token;
    for (const field of this.fields) {
      // Some pages clean fields up that are empty.
      if (!this.container.contains(field)) this.container.append(field);
      field.value = token;
      if (OWN) field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  private refresh(): void {
    if (this.options.refresh != "auto" || !this.refreshAt || Date.now() < this.refreshAt) return;
    if (document.hidden) return;
    this.refreshAt = 0;
    this.go("execute");
  }

  /** The visitor used the form. */
  touch(type: string): void {
    if (type == "focusin") this.focusedAt ||= performance.now();
    this.active = true;
    this.refresh();
    // Pages that start it on demand ask for another one themselves.
    if (OWN && this.options.start != "execute" && this.life.touch()) this.go("execute");
    this.begin();
  }

  /** Starts at the first sign of a visitor, if that is how it starts. */
  begin(): void {
    if (this.touched || this.options.start != "interaction") return;
    this.touched = true;
    this.go("interaction");
  }

  run(): void {
    this.executed = true;
    this.layout();
    this.go("execute");
  }

  restart(): void {
    this.touched = this.options.start == "render";
    this.executed = false;
    this.expiresAt = this.refreshAt = 0;
    if (OWN) this.life.clear();
    this.options.gone?.();
    clearTimeout(this.timers.refresh);
    this.keep("");
    this.post({ type: "reset" });
    // A form that waits goes on waiting.
    if (OWN && this.life.waits) this.run();
    else if (this.touched) this.go("interaction");
  }

  /** The form was reset: it has its token again, or starts from the beginning. */
  refill(): void {
    if (OWN) this.life.giveUp();
    if (OWN && this.life.isSent) this.restart();
    else this.keep(this.response || "");
  }

  /** The page is back as it was left; its token may have been used. */
  comeBack(): void {
    if (OWN) this.life.giveUp();
    if (this.response) this.restart();
  }

  /** Dismisses the picture step. */
  close(): void {
    if (this.opened) this.restart();
  }

  remove(): void {
    this.options.gone?.();
    clearTimeout(this.timers.refresh);
    this.post({ type: "remove" });
    this.settle();
    this.lower();
    this.frame.remove();
    this.fields.forEach((field) => field.remove());
  }

  /** The token. One whose time is over, also by a clock that jumps, is none: it starts again. */
  get response(): string | undefined {
    if (this.kept && this.isExpired) {
      this.restart();
      this.options.call("expired-callback");
    }
    return this.kept || undefined;
  }

  /** Whether it cannot continue without the visitor. */
  get isAsking(): boolean {
    return !!this.opened || this.waits || this.state == "asking";
  }

  get isExpired(): boolean {
    return !!this.expiresAt && Date.now() >= this.expiresAt;
  }
}
