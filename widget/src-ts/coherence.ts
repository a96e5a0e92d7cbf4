// Asks the browser the same questions in the frame, in an empty frame inside it and in a worker.
// What they answer stays here: only whether the answers agree is sent, as bits that are numbered and
// explained in docs/privacy.md.

/** Numbered as `Check` in crates/protocol/src/signals.rs. */
const enum Check_ {
  Agent,
  Languages,
  Platform,
  Webdriver,
  Headless,
  Natives,
}

/** What all three are asked, in the order of `Check_`. */
export type Answers = (string | undefined)[];

export const answers = ({ userAgent, languages, platform }: Navigator): Answers => [
  userAgent,
  languages?.join(),
  platform,
];

let inWorker = false;
let inFrame = false;
let found = 0;

const note = (finds: unknown, check: Check_): void => {
  if (finds) found |= 1 << check;
};

/** A missing answer is no other answer. */
function compare(others: Answers): void {
  answers(navigator).forEach((own, check) => note(own != (others[check] ?? own), check));
  note(/Headless/.test(others[0]!), Check_.Headless);
}

/** Takes a worker's answers. */
export function hear(others: Answers): void {
  inWorker = true;
  compare(others);
}

/** Asks an empty frame, whose functions nobody has replaced yet. */
export function look(): void {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  document.body.append(frame);
  const inner = frame.contentWindow as (Window & typeof globalThis) | null;
  if (inner) {
    inFrame = true;
    compare(answers(inner.navigator));
    note(navigator.webdriver || inner.navigator.webdriver, Check_.Webdriver);
    const code = (native: unknown): unknown => native && inner.Function.prototype.toString.call(native);
    const getter = ({ Navigator }: typeof inner): unknown =>
      code(Object.getOwnPropertyDescriptor(Navigator.prototype, "webdriver")?.get);
    const batch = ({ PointerEvent }: typeof inner): unknown => code(PointerEvent?.prototype.getCoalescedEvents);
    note(
      getter(window) != getter(inner) || navigator.hasOwnProperty("webdriver") || batch(window) != batch(inner),
      Check_.Natives,
    );
  }
  frame.remove();
}

/** Which checks were made and what they found, for the attempt with this id alone. */
export function agreement(id: Uint8Array): number {
  const ofFrame = (1 << Check_.Webdriver) | (1 << Check_.Natives);
  const made = inFrame ? (inWorker ? 63 : ofFrame) : 0;
  return ((made | (found << 12)) ^ new DataView(id.buffer).getUint32(0, true)) >>> 0;
}
