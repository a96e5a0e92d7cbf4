// The dialog's own parts: the question, the status, and the four buttons. ../picture.ts decides
// what a press means.
import { type Words, aria, make } from "./board";

export interface Presses {
  shut(): void;
  another(): void;
  way(): void;
  confirm(): void;
  /** The size has changed. */
  fit(): void;
}

const root = document.documentElement;

export class Panel {
  readonly element = make("section");
  readonly foot = make("footer");
  private readonly question = make("h2");
  private readonly round = make("span", "round");
  private readonly hint = make("p", "hint");
  private readonly note = make("p", "note");
  private readonly stage = make("div", "stage");
  private readonly veil = make("div", "veil");
  private readonly state = make("p");
  private readonly bar = make("div", "bar");
  private readonly voice = make("p", "voice");
  private readonly another: HTMLElement;
  private readonly way: HTMLElement;
  private readonly confirm: HTMLElement;
  private board?: HTMLElement;

  constructor(words: Words, presses: Presses) {
    const { element, foot, bar, hint, note, question, round, stage, state, veil, voice } = this;
    const about = make("p", "about", words.about);
    const head = make("header");
    const shut = button("", "shut", presses.shut);
    const help = button(words.help, "", () => {
      about.hidden = !about.hidden;
      aria(help, { expanded: !about.hidden });
      presses.fit();
    });
    this.another = button(words.new, "", presses.another);
    this.way = button(words.way, "", presses.way);
    this.confirm = button("", "confirm", presses.confirm);
    question.id = "q";
    hint.id = "hint";
    about.id = "about";
    about.hidden = element.hidden = veil.hidden = true;
    element.tabIndex = -1;
    aria(element, { role: "dialog", labelledby: "q", describedby: "hint about" });
    aria(bar, { role: "progressbar", label: words.checking });
    aria(voice, { role: "status" });
    aria(shut, { label: words.close });
    aria(help, { expanded: false, controls: "about" });
    head.append(question, round, shut);
    veil.append(state, bar);
    foot.append(this.another, this.way, help, this.confirm);
    element.append(head, hint, note, stage, about, foot, voice);
    document.body.append(element);
  }

  /** Announces something to screen readers, even if it is the same text again. */
  tell(text: string): void {
    this.voice.textContent = "";
    requestAnimationFrame(() => (this.voice.textContent = text));
  }

  /** Shows something to everybody. */
  notice(text: string): void {
    this.note.textContent = text;
    if (text) this.tell(text);
  }

  /** Shows a question; `sentence` contains a placeholder for the thing. */
  ask(sentence: string, thing: string, hint: string, round: string): void {
    const [before, after] = sentence.split("{thing}");
    this.question.replaceChildren(before!, make("b", "", thing), after!);
    this.hint.textContent = hint;
    this.round.textContent = round;
  }

  /** The keys are explained once; then their place is kept, so that nothing jumps. */
  told(): void {
    this.hint.classList.add("told");
  }

  put(board: HTMLElement, type: string): void {
    this.board = board;
    this.stage.dataset.type = type;
    this.stage.replaceChildren(board, this.veil);
  }

  /** Puts another way first, or after another picture. */
  wayFirst(first: boolean): void {
    const { foot, way } = this;
    way.classList.toggle("first", first);
    if (first && foot.firstChild != way) foot.prepend(way);
    if (!first) this.another.after(way);
  }

  /** The picture can be answered; `confirm` is the label of the button for that. */
  open(confirm: string): void {
    this.veil.hidden = true;
    this.lock(false);
    this.confirm.textContent = confirm;
    if (this.board) this.board.inert = false;
  }

  /** Something is in progress, with its percentage if that is known. */
  busy(text: string, percent?: number): void {
    const { bar, board, element, foot, state, veil } = this;
    this.lock(true);
    veil.hidden = false;
    state.textContent = text;
    bar.hidden = percent === undefined;
    aria(bar, { valuenow: percent ?? 0 });
    root.style.setProperty("--v", `${(percent ?? 0) / 100}`);
    if (board) board.inert = true;
    // The focus must not fall out of the dialog together with its element.
    const at = document.activeElement;
    if ((element.contains(at) || at == document.body) && !foot.contains(at)) element.focus();
  }

  /** It waits before a retry; a press retries at once. */
  wait(text: string, retry: string): void {
    this.busy(text);
    this.lock(false);
    this.confirm.textContent = retry;
  }

  get isBusy(): boolean {
    return !this.veil.hidden;
  }

  private lock(locked: boolean): void {
    for (const button of [this.another, this.way, this.confirm]) aria(button, { disabled: locked });
  }
}

function button(text: string, kind: string, press: () => void): HTMLButtonElement {
  const element = make("button", kind, text);
  element.type = "button";
  element.onclick = () => {
    if (element.getAttribute("aria-disabled") != "true") press();
  };
  return element;
}
