// Turn the thing until it faces as in the other picture: by dragging, by two buttons, by arrow keys.
import { type Board, type Place, type Shape, aria, make, say, slice } from "./board";

/** Dragging this far turns the thing by one view. */
const DRAG_PX = 18;

/** The near side moves to the left. */
const ARROW = '<svg viewBox="0 0 26 26" aria-hidden="true"><path d="M22 7c1 6-6 9-17 9m5-5-5 5 5 5"/></svg>';

export function turn([views, reference]: HTMLImageElement[], shape: Shape, place: Place): Board {
  const { words } = place;
  const count = shape.columns * shape.rows;
  const element = make("div", "turn");
  const thing = make("div", "thing");
  let view = 0;
  thing.tabIndex = 0;
  aria(thing, { role: "slider", labelledby: "q", valuemin: 1, valuemax: count });

  const name = (): string => say(words.view, { n: view + 1, m: count });
  const face = (next: number): void => {
    view = (next + count) % count;
    slice(thing, views!, shape, view);
    aria(thing, { valuenow: view + 1, valuetext: name() });
  };
  const step = (by: number): void => {
    place.act();
    face(view + by);
  };
  thing.onkeydown = (event) => {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (by) step(by);
    else if (event.key == "Enter") place.confirm();
    else return;
    event.preventDefault();
  };
  let from: number | undefined;
  thing.onpointerdown = (event) => {
    from = event.clientX;
    thing.setPointerCapture(event.pointerId);
    place.act();
  };
  thing.onpointermove = ({ clientX }) => {
    if (from === undefined) return;
    const by = Math.trunc((clientX - from) / DRAG_PX);
    from += by * DRAG_PX;
    if (by) face(view + by);
  };
  thing.onpointerup = thing.onpointercancel = () => (from = undefined);

  const press = (by: number, label: string): HTMLElement => {
    const button = make("button", by < 0 ? "left" : "right");
    button.type = "button";
    button.innerHTML = ARROW;
    aria(button, { label });
    button.onclick = () => {
      step(by);
      place.tell(name());
    };
    return button;
  };
  const keys = make("div", "keys");
  keys.append(press(-1, words.left), press(1, words.right));
  const shown = make("figure");
  const model = make("div", "model");
  aria(model, { role: "img", label: words.reference });
  slice(model, reference!, { columns: 1, rows: 1 }, 0);
  const caption = make("figcaption", "", words.reference);
  aria(caption, { hidden: true });
  shown.append(model, caption);
  const own = make("div", "own");
  own.append(thing, keys);
  element.append(own, shown);
  face(0);
  return { element, focus: (how) => thing.focus(how), answer: () => view };
}
