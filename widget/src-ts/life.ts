// The life of a page around a token: its form is sent, perhaps too early, reset, and sent again;
// the page goes and comes back; the clock jumps. docs/integration.md has it as a table.
import type { Widget } from "./widget";

/** Inserted by the build: whether pages are written for us, and not for another vendor. */
declare const OWN: boolean;

/** What comes this soon after a form was sent belongs to the same click, or to its second one. */
const AGAIN_MS = 1e3;
/** The same where the browser sends the form: until the next page is there, people click again. */
const LEAVING_MS = 1e4;
/** What only reads the form has a token at most this many times `AGAIN_MS` after the last one. */
const SLOWEST = 9;
/** A form is sent by the visitor if their click or Enter is this recent. */
const ACT_MS = 500;

/** When the visitor last pressed a button or Enter, by `performance.now()`. */
let actedAt = -ACT_MS;
/** Whether what runs is what the page does because of that. */
let acting = false;

/** What a widget knows of its form. */
export class Life {
  /** When the token went with the form, by `performance.now()`; 0 for not yet. */
  private sentAt = 0;
  /** Whether another token is on its way in the place of that one. */
  private renews?: boolean;
  /** How often that was so since the form was submitted. */
  private times = 0;
  /** Until when the browser leads to the next page, by `performance.now()`. */
  private leavesBy = 0;
  /** The form that waits for a token, and the button that sends it. */
  private held?: [HTMLFormElement, HTMLButtonElement | null] | undefined;
  /** Whether that form is sent now. */
  private sends?: boolean;
  /** Whether the page has read the form since it was told of the token, as `form.submit()` does. */
  private read?: boolean;

  constructor(
    private readonly widget: Widget,
    private readonly holds: boolean,
  ) {}

  /** The form is sent. Without a token that no one has used it waits for one. */
  submit(event: SubmitEvent): void {
    const { widget } = this;
    const form = event.target as HTMLFormElement;
    const button = event.submitter as HTMLButtonElement | null;
    // It cannot pass, old browsers cannot send the form again, or the form only closes a dialog.
    const isLost = widget.notice || /fail|off/.test(widget.state || "") || !form.requestSubmit ||
      (button?.formMethod || form.method) == "dialog";
    if (this.sends || (widget.response && !this.renews) || !this.holds || isLost) {
      this.held = undefined;
      this.times = 0;
      this.sent(this.sends || performance.now() - actedAt < ACT_MS);
      // Unless the page sends it in its own way, or the answer comes elsewhere: in `_blank`
      // or a window with a name.
      const stays = !/^(_(self|top|parent))?$/i.test(button?.formTarget || form.target);
      setTimeout(() => event.defaultPrevented || stays || (this.leavesBy ||= performance.now() + LEAVING_MS));
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    this.held = [form, button];
    if (widget.state != "working") widget.run();
  }

  /** The page took the token out of the form. */
  sent(byVisitor?: boolean): void {
    if (byVisitor && this.widget.response) this.sentAt ||= performance.now();
  }

  /** Sends the form that has waited as it would have been sent, unless the page just did. */
  send(read = this.read): void {
    if (!this.held) return;
    const [form, button] = this.held;
    this.held = undefined;
    if (read) return;
    this.sends = true;
    try {
      if (form.isConnected) form.requestSubmit(button?.form == form ? button : null);
    } finally {
      this.sends = false;
    }
  }

  /** The visitor uses the form: after it was sent, that takes another token. */
  touch(): boolean {
    const now = performance.now();
    const pause = AGAIN_MS * (1 + Math.min(this.times, SLOWEST));
    if (!this.sentAt || now < this.sentAt + pause || now < this.leavesBy || this.renews) return false;
    this.times++;
    return (this.renews = true);
  }

  /** There is another token, or none. */
  clear(): void {
    this.sentAt = this.leavesBy = 0;
    this.renews = false;
  }

  /** The page is told of the token, and may send the form itself. */
  tells(): void {
    this.read = false;
  }

  /** The page reads the form's fields, to send them or for a purpose of its own. */
  reads(): void {
    this.read = true;
    this.sent(acting);
  }

  /** The form waits no longer: the visitor changes it, or sets the picture aside. */
  giveUp(): void {
    this.held = undefined;
  }

  /** Whether a form waits. */
  get waits(): boolean {
    return !!this.held;
  }

  /** Whether the token went with the form. */
  get isSent(): boolean {
    return !!this.sentAt;
  }

  /** The page asks for the token. */
  taken(): void {
    if (acting) this.sent(true);
  }
}

/** Tells widgets what happens to their forms and to the page. */
export function follow(each: (then: (widget: Widget) => void) => void): void {
  const on = (type: string, then: (event: Event) => void): void => addEventListener(type, then, true);
  const of = (form: EventTarget | null, then: (widget: Widget) => void): void =>
    each((widget) => widget.form == form && then(widget));

  // The fields are empty only afterwards.
  on("reset", ({ target }) => setTimeout(() => of(target, (widget) => widget.refill())));
  on("pageshow", (event) => (event as PageTransitionEvent).persisted && each((widget) => widget.comeBack()));
  if (!OWN) return;

  const act = (event: Event): void => {
    const isOne =
      (event as KeyboardEvent).key == "Enter" ||
      (event.type == "click" && (event.target as Element).closest?.("button,input,a,[role=button]"));
    if (!event.isTrusted || !isOne) return;
    actedAt = performance.now();
    acting = true;
    setTimeout(() => (acting = false));
  };

  // Password managers and autofill tell the page in events of their own.
  on("input", (event) =>
    each((widget) => {
      if (!event.composedPath().includes(widget.form)) return;
      if (event.isTrusted) widget.life.giveUp();
      widget.begin();
    }),
  );
  on("click", act);
  on("keydown", act);
  on("submit", (event) => event.isTrusted && of(event.target, ({ life }) => life.submit(event as SubmitEvent)));
  // `new FormData(form)` and `form.submit()`, too.
  on("formdata", ({ target }) => of(target, ({ life }) => life.reads()));
}
