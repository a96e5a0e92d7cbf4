// Point at the thing. A click places the mark; arrow keys move it, with Shift by more; Space places
// it where it is, Enter confirms.
import { type Board, type Place, type Shape, aria, make, say } from "./board";

/** In thousandths across and down. */
const STEP = 20;
const LEAP = 100;
/** How long the keys rest before the position is announced. */
const REST_MS = 400;

export function area([image]: HTMLImageElement[], _: Shape, place: Place): Board {
  const element = make("div", "area");
  const mark = make("i");
  let point = [500, 500];
  let placed = false;
  let timer = 0;
  element.tabIndex = 0;
  aria(element, { role: "application", labelledby: "q", describedby: "hint" });
  element.style.backgroundImage = `url("${image!.src}")`;
  element.style.aspectRatio = `${image!.naturalWidth}/${image!.naturalHeight}`;
  element.append(mark);

  const go = (across: number, down: number): void => {
    point = [across, down].map((part) => Math.max(0, Math.min(1000, Math.round(part))));
    placed = true;
    element.classList.add("placed");
    mark.style.left = `${point[0]! / 10}%`;
    mark.style.top = `${point[1]! / 10}%`;
  };
  const tell = (): void =>
    place.tell(
      say(place.words.spot, { x: Math.round(point[0]! / 10), y: Math.round(point[1]! / 10) }),
    );
  element.onclick = ({ clientX, clientY }) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    place.act();
    element.classList.remove("aimed");
    go(((clientX - left) / width) * 1000, ((clientY - top) / height) * 1000);
  };
  element.onkeydown = (event) => {
    const { key } = event;
    const step = event.shiftKey ? LEAP : STEP;
    const across = { ArrowLeft: -step, ArrowRight: step }[key] ?? 0;
    const down = { ArrowUp: -step, ArrowDown: step }[key] ?? 0;
    if (across || down || key == " ") {
      place.act();
      element.classList.add("aimed");
      go(point[0]! + across, point[1]! + down);
      clearTimeout(timer);
      timer = setTimeout(tell, REST_MS);
    } else if (key == "Enter") place.confirm();
    else return;
    event.preventDefault();
  };
  return { element, focus: (how) => element.focus(how), answer: () => (placed ? point : undefined) };
}
