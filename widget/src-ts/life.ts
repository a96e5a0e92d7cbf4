// The life of a page around a token: its form is sent, perhaps too early, reset, and sent again;
// the page goes and comes back; the clock jumps. docs/integration.md has it as a table.
import type { Widget } from "./widget";

/** What comes this soon after a form was sent belongs to the same click, or to its second one. */
const AGAIN_MS = 1e3;
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
      return this.sent(performance.now() - actedAt < ACT_MS);
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    this.held = [form, button];
    if (widget.state != "working") widget.execute();
  }

  /** The page took the token out of the form. */
  sent(byVisitor: boolean): void {
    if (byVisitor && this.widget.response) this.sentAt ||= performance.now();
  }

  /** Sends the form that has waited as it would have been sent, unless the page just did. */
  send(read = this.read): void {
    if (!this.held) return;
    const [form, button] = this.held;
    this.held = undefined;
    if (read) return;
    this.sent(this.sends = true);
    if (form.isConnected) form.requestSubmit(button?.form == form ? button : null);
    this.sends = false;
  }

  /** The visitor uses the form: after it was sent, that takes another token. */
  touch(): boolean {
    const isAgain = this.sentAt && performance.now() - this.sentAt > AGAIN_MS && !this.renews;
    if (isAgain) this.renews = true;
    return !!isAgain;
  }

  /** There is another token, or none. */
  clear(): void {
    this.sentAt = 0;
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

  /** The visitor set the picture aside, or the page does: the form waits no longer. */
  giveUp(): void {
    this.held = undefined;
  }

  /** The form was reset: it has its token again, or starts from the beginning. */
  refill(): void {
    if (this.sentAt) this.widget.reset();
    else this.widget.keep(this.widget.response || "");
  }

  /** The page is back as it was left; its token may have been used. */
  comeBack(): void {
    this.held = undefined;
    if (this.widget.response) this.widget.reset();
  }

  /** The page asks for the token. */
  taken(): void {
    if (acting) this.sent(true);
  }
}

/** Tells widgets what happens to their forms and to the page. */
export function follow(each: (then: (widget: Widget) => void) => void): void {
  const on = (type: string, then: (event: Event) => void): void => addEventListener(type, then, true);
  const act = (event: Event): void => {
    const isOne =
      (event as KeyboardEvent).key == "Enter" ||
      (event.type == "click" && (event.target as Element).closest?.("button,input,a,[role=button]"));
    if (!event.isTrusted || !isOne) return;
    actedAt = performance.now();
    acting = true;
    setTimeout(() => (acting = false));
  };
  const of = (form: EventTarget | null, then: (life: Life) => void): void =>
    each(({ form: own, life }) => own == form && then(life));

  // Password managers and autofill tell the page in events of their own.
  on("input", (event) => each((widget) => event.composedPath().includes(widget.form) && widget.begin()));
  on("click", act);
  on("keydown", act);
  on("submit", (event) => event.isTrusted && of(event.target, (life) => life.submit(event as SubmitEvent)));
  // `new FormData(form)` and `form.submit()`, too.
  on("formdata", ({ target }) => of(target, (life) => life.reads()));
  // The fields are empty only afterwards.
  on("reset", ({ target }) => setTimeout(() => of(target, (life) => life.refill())));
  on("pageshow", (event) => (event as PageTransitionEvent).persisted && each(({ life }) => life.comeBack()));
}
