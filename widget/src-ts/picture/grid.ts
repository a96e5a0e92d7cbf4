// Choose every tile that shows the thing. One stop of the Tab key; arrow keys move, Space chooses,
// Enter confirms.
import { type Board, type Place, type Shape, aria, make, offset, say, slice } from "./board";

const isChosen = (tile: Element): boolean => tile.getAttribute("aria-checked") == "true";

export function grid([image]: HTMLImageElement[], shape: Shape, place: Place): Board {
  const { columns, rows } = shape;
  const count = columns * rows;
  const element = make("div", "tiles");
  aria(element, { role: "group", labelledby: "q" });
  element.style.gridTemplateColumns = `repeat(${columns},1fr)`;
  let at = 0;
  const tiles = Array.from({ length: count }, (_, index) => {
    const tile = make("button");
    tile.type = "button";
    const label = say(place.words.tile, { n: index + 1, m: count });
    aria(tile, { role: "checkbox", checked: false, label });
    tile.tabIndex = index ? -1 : 0;
    const inner = make("i");
    slice(inner, image!, shape, index);
    tile.append(inner);
    tile.onclick = (event) => {
      place.act(offset(event, tile));
      go(index);
      aria(tile, { checked: !isChosen(tile) });
    };
    return tile;
  });
  const go = (index: number): void => {
    tiles[at]!.tabIndex = -1;
    at = index;
    tiles[at]!.tabIndex = 0;
    tiles[at]!.focus();
  };
  element.append(...tiles);
  element.onkeydown = (event) => {
    const { key } = event;
    const forward = getComputedStyle(element).direction == "rtl" ? -1 : 1;
    const across = { ArrowLeft: -forward, ArrowRight: forward }[key] ?? 0;
    const down = { ArrowUp: -1, ArrowDown: 1 }[key] ?? 0;
    if (across || down) {
      const column = (at % columns) + across;
      const row = Math.floor(at / columns) + down;
      place.act();
      if (column >= 0 && column < columns && row >= 0 && row < rows) go(row * columns + column);
    } else if (key == "Enter") place.confirm();
    else return;
    event.preventDefault();
  };
  return {
    element,
    focus: (how) => tiles[at]!.focus(how),
    answer() {
      const chosen = tiles.flatMap((tile, index) => (isChosen(tile) ? [index] : []));
      return chosen.length ? chosen : undefined;
    },
  };
}
