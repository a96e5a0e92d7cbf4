// The picture step, loaded when one is required. src/picture.rs decides what it shows when, and
// passes it as a number; only this module knows what is chosen. The dialog and the three kinds of
// picture are in picture/.
import { Event_, View_ } from "./numbers";
import { area } from "./picture/area";
import { type Board, type Place, type Words, make, say } from "./picture/board";
import { grid } from "./picture/grid";
import { image } from "./picture/images";
import { keep } from "./picture/keep";
import { Panel } from "./picture/panel";
import { Tracer } from "./picture/trace";
import { turn } from "./picture/turn";
import type { Answer, PictureStep } from "./protocol";
import { why } from "./why";

/** What the frame passes to this module. */
export interface Frame {
  /** Sends the machine what the visitor did. */
  send(event: Event_): void;
  /** Gives the page the required size. */
  fit(): void;
  /** The widget itself. */
  strip: HTMLElement;
}

export interface Picture {
  /** Loads a step's images; rejects with an HTTP status, 0 without an answer. */
  load(step: PictureStep): Promise<void>;
  /** Shows the step; returns whether the focus was in what was closed. */
  show(view: View_, number: number): boolean;
  /** The last confirmed answer. */
  answer(): Answer;
  /** The size required below the widget; nothing while closed. */
  size(): [number, number] | undefined;
  /** The page has found a place. */
  place(place: "under" | "over"): void;
}

export type Connect = (frame: Frame) => Promise<Picture>;

/** Inserted by the build. */
declare const STYLE: string;
declare const TEXTS: Record<string, string>;

/** How long a page may take to find a place; one with an old loader never does. */
const PLACE_MS = 1e3;
/** Gap between the widget and the step below it. */
const GAP_PX = 4;
/** Wrong answers after which another way comes first. */
const PATIENCE = 2;

const BOARDS = { grid, area, turn };
const FIELDS = { grid: "cells", area: "points", turn: "views" };

const root = document.documentElement;

class Dialog implements Picture {
  private readonly panel: Panel;
  private readonly here: Place;
  private readonly things: Map<string, string>;
  private view = View_.Closed;
  private step!: PictureStep;
  private images: HTMLImageElement[][] = [];
  /** The step has not been shown yet. */
  private fresh = false;
  private board!: Board;
  /** The rounds answered so far. */
  private given: (number | number[])[] = [];
  private trace = new Tracer();
  private last!: Answer;
  /** The answer that was sent last, as text. */
  private sent = "";
  private wanted: [number, number] | undefined;
  /** The widget's own size. */
  private base: [number, number] | undefined;

  constructor(
    private readonly frame: Frame,
    private readonly words: Words,
  ) {
    const { send, fit } = frame;
    this.things = new Map(Object.entries(words.things));
    this.panel = new Panel(words, {
      shut: () => send(Event_.Close),
      another: () => {
        this.panel.notice("");
        send(Event_.Another);
      },
      way: () => send(Event_.Way),
      confirm: () => this.confirm(),
      fit: () => {
        this.wanted = undefined;
        fit();
      },
    });
    this.here = {
      words,
      act: (offset) => this.trace.act(performance.now(), offset),
      tell: (text) => this.panel.tell(text),
      confirm: () => this.confirm(),
    };
    keep(this.panel, () => send(Event_.Close), () => this.board.focus());
  }

  async load(step: PictureStep): Promise<void> {
    this.images = await Promise.all(step.rounds.map((round) => Promise.all(round.images.map(image))));
    this.step = step;
    this.given = [];
    this.sent = "";
    this.fresh = true;
  }

  show(view: View_, number: number): boolean {
    const { panel, words } = this;
    const { element } = panel;
    if (view == View_.Wrong || view == View_.Stale || view == View_.Unsent) {
      const texts = { [View_.Wrong]: words.wrong, [View_.Stale]: words.stale, [View_.Unsent]: words.unsent };
      panel.notice(texts[view]);
      return false;
    }
    const before = this.view;
    this.view = view;
    if (view == View_.Closed) {
      const within = element.contains(document.activeElement);
      element.hidden = true;
      delete root.dataset.place;
      this.base = this.wanted = undefined;
      return within;
    }
    if (element.hidden) {
      element.hidden = false;
      setTimeout(() => root.dataset.place || this.place("under"), PLACE_MS);
    }
    if (view == View_.Asked) this.ask(number);
    else if (view == View_.Answering) panel.busy(words.checking);
    else if (view == View_.Working) panel.busy(say(words.working, { n: number }), number);
    else {
      const text = say(view == View_.Offline ? words.offline : words.busy, { n: number });
      panel.wait(text, words.retry);
      if (before != view) panel.tell(text);
    }
    return false;
  }

  answer(): Answer {
    return this.last;
  }

  size(): [number, number] | undefined {
    const { element } = this.panel;
    const { strip } = this.frame;
    if (element.hidden) return undefined;
    // Over the page it has another size, which the page does not ask for.
    if (root.dataset.place == "over" && this.wanted) return this.wanted;
    // The widget's earlier size: while the page moves the frame, it has no width in Firefox.
    const [width, height] = (this.base ??= [strip.offsetWidth || 300, strip.offsetHeight]);
    root.style.setProperty("--strip", `${width}px`);
    const tall = Math.ceil(element.getBoundingClientRect().height);
    this.wanted = [Math.max(element.offsetWidth, width), height + GAP_PX + tall];
    return this.wanted;
  }

  place(place: "under" | "over"): void {
    const { element, isBusy } = this.panel;
    const first = !root.dataset.place;
    if (element.hidden || root.dataset.place == place) return;
    root.dataset.place = place;
    element.setAttribute("aria-modal", String(place == "over"));
    if (!first) return;
    // A visitor who pressed the widget continues in the picture; others are shown that it is there.
    const goesOn = document.hasFocus() && !isBusy;
    (goesOn ? this.board : element).focus({ preventScroll: true });
  }

  /** The picture waits for an answer: a new one, or the same again with the earlier choice. */
  private ask(wrong: number): void {
    const { given, panel } = this;
    panel.wayFirst(wrong >= PATIENCE);
    if (this.fresh) {
      this.fresh = false;
      this.trace = new Tracer();
      this.trace.begin(performance.now());
      this.deal();
      if (panel.element.contains(document.activeElement)) this.board.focus();
    } else {
      if (given.length == this.step.rounds.length) given.pop();
      panel.open(this.label());
    }
  }

  /** Shows the next round. */
  private deal(): void {
    const { given, images, panel, step, things, words } = this;
    const { rows, columns, rounds, type } = step;
    const at = given.length;
    const { prompt } = rounds[at]!;
    // A name that no locale has is shown as received: the label of an operator's photo.
    const [indefinite, definite = indefinite] = things.get(prompt)?.split("|") ?? [prompt];
    panel.ask(
      words[type],
      (type == "grid" ? indefinite : definite)!,
      words[`hint-${type}`],
      rounds.length > 1 ? say(words.round, { n: at + 1, m: rounds.length }) : "",
    );
    this.board = BOARDS[type](images[at]!, { rows, columns }, this.here);
    panel.put(this.board.element, type);
    panel.open(this.label());
  }

  /** The label of the button that confirms the round. */
  private label(): string {
    const { given, step, words } = this;
    return given.length + 1 < step.rounds.length ? words.next : words.confirm;
  }

  /** The visitor confirms a round, or does not wait for the next retry. */
  private confirm(): void {
    const { board, given, panel, step, view, words } = this;
    if (view != View_.Asked) return this.frame.send(Event_.Click);
    const choice = board.answer();
    if (choice === undefined)
      return panel.notice(words[step.type == "grid" ? "none-grid" : "none-area"]);
    panel.told();
    given.push(choice);
    if (given.length == step.rounds.length) return this.settle();
    panel.notice("");
    this.deal();
    panel.tell(say(words.round, { n: given.length + 1, m: step.rounds.length }));
    this.board.focus();
  }

  /**
   * All rounds are answered. An answer that was sent before is sent again unchanged: the edge
   * checks only one answer, and its reply may have been lost.
   */
  private settle(): void {
    const { type } = this.step;
    const now = JSON.stringify(this.given);
    if (now != this.sent) {
      const trace = this.trace.features(performance.now());
      this.last = { type, [FIELDS[type]]: JSON.parse(now), trace } as unknown as Answer;
      this.sent = now;
    }
    this.frame.send(Event_.Answer);
  }
}

/** The style is a separate file, because the frame's policy allows no other. */
function style(): Promise<unknown> {
  const link = make("link");
  link.rel = "stylesheet";
  link.href = STYLE;
  document.head.append(link);
  return new Promise((then, or) => {
    link.onload = then;
    link.onerror = () => {
      link.remove();
      why(link.href).then(or);
    };
  });
}

globalThis.munjigiPicture = async (frame) => {
  const texts = async (): Promise<Words> => {
    const answer = await fetch(TEXTS[root.lang]!);
    if (!answer.ok) throw answer.status;
    return answer.json();
  };
  const [words] = await Promise.all([texts(), style()]);
  return new Dialog(frame, words);
};
